"""Attempts with the answers given in them, what they come to, and what single learners are granted."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import INET, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assessment.models.assessments import Assessment, ScoringPolicy
from assessment.models.table import Moment, Points, Table

AttemptStatus = Literal["in_progress", "pending_review", "graded"]
SubmittedBy = Literal["user", "system"]


class Attempt(Table):
    """One go of a learner at an assessment. Scores are null until it is graded; `expires_at` is null without limit."""

    __tablename__ = "attempts"
    __table_args__ = (
        UniqueConstraint("assessment_id", "user_id", "attempt_number"),
        Index(
            "uq_attempts_open",
            "assessment_id",
            "user_id",
            unique=True,
            postgresql_where=text("status = 'in_progress'"),
        ),
        Index(None, "user_id", "assessment_id"),
        Index(None, "assessment_id", "start_time", "id"),
        Index("ix_attempts_running", "expires_at", postgresql_where=text("status = 'in_progress'")),
        CheckConstraint("status IN ('in_progress', 'pending_review', 'graded')", name="status"),
        CheckConstraint("submitted_by IN ('user', 'system')", name="submitted_by"),
        CheckConstraint("score >= 0 AND score <= max_score", name="score"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger)
    assessment_id: Mapped[int] = mapped_column(ForeignKey(Assessment.id))
    user_id: Mapped[int] = mapped_column(BigInteger)
    attempt_number: Mapped[int] = mapped_column(Integer)
    status: Mapped[AttemptStatus] = mapped_column(String(20))
    paper: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """`domain.paper.Paper` as JSON: the questions in the order drawn, with the key."""
    passing_score: Mapped[int] = mapped_column(Integer)
    score: Mapped[Decimal | None] = mapped_column(Points)
    previous_score: Mapped[Decimal | None] = mapped_column(Points)
    """The score before it was last graded anew."""
    max_score: Mapped[Decimal] = mapped_column(Points)
    passed: Mapped[bool | None]
    start_time: Mapped[datetime] = mapped_column(Moment)
    end_time: Mapped[datetime | None] = mapped_column(Moment)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    submitted_by: Mapped[SubmittedBy | None] = mapped_column(String(10))
    ip_address: Mapped[str | None] = mapped_column(INET)
    user_agent: Mapped[str] = mapped_column(Text)
    is_erased: Mapped[bool] = mapped_column(default=False, server_default=false())
    """The learner asked to be forgotten: the texts are gone, so the score can only stay as it is."""
    assessment: Mapped[Assessment] = relationship(lazy="raise_on_sql")
    """Only where it was loaded with the attempt (`store.with_assessment`)."""


class AttemptAnswer(Table):
    """What a learner answered. Question and answers are those of the attempt's paper, so no foreign keys on them: the
    teacher may have taken them away since.
    """

    __tablename__ = "attempt_answers"
    __table_args__ = (
        UniqueConstraint("attempt_id", "question_id"),
        Index("ix_attempt_answers_awaiting", "attempt_id", postgresql_where=text("awaits_grade")),
        Index(
            "uq_attempt_answers_attachment_key",
            "attachment_key",
            unique=True,
            postgresql_where=text("attachment_key IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey(Attempt.id, ondelete="CASCADE"))
    question_id: Mapped[int] = mapped_column(BigInteger)
    selected_answer_id: Mapped[int | None] = mapped_column(BigInteger)
    selected_answer_ids: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    text_answer: Mapped[str | None] = mapped_column(Text)
    response: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    is_correct: Mapped[bool | None]
    points_earned: Mapped[Decimal | None] = mapped_column(Points)
    feedback: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime] = mapped_column(Moment)
    awaits_grade: Mapped[bool] = mapped_column(default=False, server_default=false())
    """The attempt is closed, and a person must grade this."""
    graded_by: Mapped[int | None] = mapped_column(BigInteger)
    """Who graded it by hand, which no machine overrules; null where a machine did."""
    graded_at: Mapped[datetime | None] = mapped_column(Moment)
    rubric_grades: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB(none_as_null=True))
    attachment_key: Mapped[str | None] = mapped_column(String(64))
    """Name of the attached file in storage; random, and never told."""
    attachment: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """What is told of it: `{file_name, mime_type, file_size}`."""


class Standing(Table):
    """What was last told of a learner's standing in an assessment.

    `version` grows with each change of what the standing follows from. Whoever tells a standing locks this row first,
    after the attempt: so of two who grade at once the second sees what the first did.
    """

    __tablename__ = "standings"
    __table_args__ = (Index(None, "assessment_id", "scoring_policy"),)

    assessment_id: Mapped[int] = mapped_column(ForeignKey(Assessment.id), primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(BigInteger)
    scoring_policy: Mapped[ScoringPolicy] = mapped_column(String(20))
    """The policy that it was told by."""
    has_passed: Mapped[bool | None]
    """Null where it was told before this was written down."""


class Override(Table):
    """What one learner is granted in an assessment beyond its rules."""

    __tablename__ = "overrides"

    assessment_id: Mapped[int] = mapped_column(ForeignKey(Assessment.id), primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    extra_attempts: Mapped[int] = mapped_column(Integer)
    extra_time_seconds: Mapped[int] = mapped_column(Integer)
    due_date: Mapped[datetime | None] = mapped_column(Moment)
    created_date: Mapped[datetime] = mapped_column(Moment)
    updated_date: Mapped[datetime] = mapped_column(Moment)
