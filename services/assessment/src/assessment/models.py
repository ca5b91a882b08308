"""Tables. Assessments and attempts are owned here; courses, lessons and enrollments are copies by event.

Two aggregates: an assessment with its questions and their answers, and an attempt with the answers given in it. An
attempt carries in `paper` all that was asked and how it is scored, so that it needs the assessment no more.

Rows are locked in one order everywhere: imports of a course, course, assessment, enrollment, attempts by id, standings.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import INET, JSONB, TIMESTAMP, TSVECTOR
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from shared.contracts.enrollment.events import EnrollmentStatus
from shared.database import CONSTRAINT_NAMES

QuestionType = Literal[
    "multiple_choice", "true_false", "multiple_select", "short_answer", "essay", "fill_blank", "matching"
]
FeedbackMode = Literal["immediate", "after_completion", "never"]
ScoringPolicy = Literal["highest", "latest", "first", "average"]
AttemptStatus = Literal["in_progress", "pending_review", "graded"]
SubmittedBy = Literal["user", "system"]

Moment = TIMESTAMP(timezone=True)
Points = Numeric(12, 2)


class Table(DeclarativeBase):
    """Base of the tables."""

    metadata = MetaData(naming_convention=CONSTRAINT_NAMES)


class Assessment(Table):
    """What is asked on a lesson, and by which rules. Deleting is soft: attempts stay."""

    __tablename__ = "assessments"
    __table_args__ = (
        Index("uq_assessments_lesson_id", "lesson_id", unique=True, postgresql_where=text("NOT is_deleted")),
        Index(None, "course_id"),
        Index(None, "created_date", "id"),
        Index(None, "title", "id"),
        Index(
            "ix_assessments_policy_changed_at",
            "policy_changed_at",
            postgresql_where=text("policy_changed_at IS NOT NULL"),
        ),
        CheckConstraint("passing_score BETWEEN 0 AND 100", name="passing_score"),
        CheckConstraint("penalty_fraction BETWEEN 0 AND 1", name="penalty_fraction"),
        CheckConstraint("feedback_mode IN ('immediate', 'after_completion', 'never')", name="feedback_mode"),
        CheckConstraint("scoring_policy IN ('highest', 'latest', 'first', 'average')", name="scoring_policy"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger)
    lesson_id: Mapped[int] = mapped_column(BigInteger)
    course_id: Mapped[int] = mapped_column(BigInteger)
    title: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(Text)
    time_limit: Mapped[int] = mapped_column(Integer)
    """Minutes; 0 is unlimited."""
    passing_score: Mapped[int] = mapped_column(Integer)
    """Percentage."""
    max_attempts: Mapped[int] = mapped_column(Integer)
    is_required: Mapped[bool]
    randomize_questions: Mapped[bool]
    randomize_answers: Mapped[bool]
    show_results: Mapped[bool]
    feedback_mode: Mapped[FeedbackMode] = mapped_column(String(20))
    partial_credit: Mapped[bool]
    penalty_fraction: Mapped[Decimal] = mapped_column(Numeric(5, 4))
    scoring_policy: Mapped[ScoringPolicy] = mapped_column(String(20))
    cooldown_first_seconds: Mapped[int] = mapped_column(Integer)
    cooldown_next_seconds: Mapped[int] = mapped_column(Integer)
    available_from: Mapped[datetime | None] = mapped_column(Moment)
    due_date: Mapped[datetime | None] = mapped_column(Moment)
    available_until: Mapped[datetime | None] = mapped_column(Moment)
    draws: Mapped[list[dict[str, int]]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    """`{bank, count}`: so many questions of that bank, drawn at random for each attempt."""
    is_deleted: Mapped[bool] = mapped_column(default=False)
    cloned_from: Mapped[int | None] = mapped_column(BigInteger)
    """The assessment that this one was copied from, when its course was."""
    policy_changed_at: Mapped[datetime | None] = mapped_column(Moment)
    """Since when learners' standings may have to be told anew; null when all are told."""
    created_date: Mapped[datetime] = mapped_column(Moment)
    updated_date: Mapped[datetime] = mapped_column(Moment)

    questions: Mapped[list["Question"]] = relationship(
        cascade="all, delete-orphan", order_by="Question.order", lazy="raise"
    )


class Import(Table):
    """An assessment that came with an imported course, one for each lesson. The row stays when it is made: once."""

    __tablename__ = "imports"
    __table_args__ = (Index(None, "course_id", postgresql_where=text("content IS NOT NULL")),)

    lesson_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    course_id: Mapped[int] = mapped_column(BigInteger)
    content: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """`AssessmentWrite` as JSON, until the copy of the course has the lesson and the assessment is made."""


class QuestionBank(Table):
    """Questions of a course that assessments draw from."""

    __tablename__ = "question_banks"
    __table_args__ = (Index(None, "course_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.course_id"))
    title: Mapped[str] = mapped_column(String(255))
    is_deleted: Mapped[bool]
    created_date: Mapped[datetime] = mapped_column(Moment)
    updated_date: Mapped[datetime] = mapped_column(Moment)


class Question(Table):
    """A question of an assessment, or of a bank. `config` holds what its type needs beyond answers."""

    __tablename__ = "questions"
    __table_args__ = (
        # Deferred: a new order of all questions is written one row after another.
        UniqueConstraint("assessment_id", "order", deferrable=True, initially="DEFERRED"),
        CheckConstraint("points >= 1", name="points"),
        CheckConstraint("weight > 0", name="weight"),
        CheckConstraint("num_nonnulls(assessment_id, bank_id) = 1", name="place"),
        Index(None, "bank_id", "order"),
        Index("ix_questions_document", "document", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    assessment_id: Mapped[int | None] = mapped_column(ForeignKey(Assessment.id, ondelete="CASCADE"))
    bank_id: Mapped[int | None] = mapped_column(ForeignKey(QuestionBank.id))
    question_text: Mapped[str] = mapped_column(Text)
    question_type: Mapped[QuestionType] = mapped_column(String(20))
    order: Mapped[int] = mapped_column(Integer)
    points: Mapped[int] = mapped_column(Integer)
    weight: Mapped[Decimal] = mapped_column(Numeric(6, 2))
    explanation: Mapped[str] = mapped_column(Text)
    config: Mapped[dict[str, Any]] = mapped_column(JSONB)
    document: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed(
            "setweight(to_tsvector('stemmed'::regconfig, question_text), 'A'::\"char\")"
            " || setweight(to_tsvector('stemmed'::regconfig, COALESCE((config ->> 'text'::text), ''::text)),"
            " 'B'::\"char\")"
            " || setweight(to_tsvector('stemmed'::regconfig, explanation), 'D'::\"char\")",
            persisted=True,
        ),
        deferred=True,
    )
    """Its words by weight, for full-text search; spelled as PostgreSQL gives it back."""

    answers: Mapped[list["Answer"]] = relationship(cascade="all, delete-orphan", order_by="Answer.order", lazy="raise")


class Answer(Table):
    """One of the answers that a question offers."""

    __tablename__ = "answers"
    __table_args__ = (UniqueConstraint("question_id", "order", deferrable=True, initially="DEFERRED"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey(Question.id, ondelete="CASCADE"))
    answer_text: Mapped[str] = mapped_column(String(500))
    is_correct: Mapped[bool]
    explanation: Mapped[str] = mapped_column(Text)
    order: Mapped[int] = mapped_column(Integer)


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


class Rubric(Table):
    """By what essays are graded; it belongs to who made it. Papers hold it as it was when they were drawn.

    Once a paper holds it, a change makes a new `version`; until then it is changed as it is.
    """

    __tablename__ = "rubrics"
    __table_args__ = (Index(None, "owner_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    owner_id: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(255))
    criteria: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    is_used: Mapped[bool]
    is_deleted: Mapped[bool]
    created_date: Mapped[datetime] = mapped_column(Moment)
    updated_date: Mapped[datetime] = mapped_column(Moment)


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


class Course(Table):
    """Copy of a course. `revision` is the version of the owner's state; `staff` the ids of its instructors."""

    __tablename__ = "courses"
    __table_args__ = (
        Index(None, "slug"),
        Index(None, "staff", postgresql_using="gin"),
    )

    course_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(BigInteger)
    slug: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    staff: Mapped[list[int]] = mapped_column(JSONB)
    is_published: Mapped[bool]
    is_deleted: Mapped[bool]


class Lesson(Table):
    """Copy of a lesson that stands in its course's outline now."""

    __tablename__ = "lessons"
    __table_args__ = (Index(None, "course_id"),)

    lesson_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    course_id: Mapped[int] = mapped_column(ForeignKey(Course.course_id))
    title: Mapped[str] = mapped_column(Text)


class Enrollment(Table):
    """Copy of who learns which course."""

    __tablename__ = "enrollments"
    __table_args__ = (Index(None, "user_id", "course_id"),)

    enrollment_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[int] = mapped_column(BigInteger)
    course_id: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[EnrollmentStatus] = mapped_column(String(20))
