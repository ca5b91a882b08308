"""Assessments: what is asked, and by which rules. With its questions and their answers one is an aggregate."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assessment.models.table import Moment, Table

QuestionType = Literal[
    "multiple_choice", "true_false", "multiple_select", "short_answer", "essay", "fill_blank", "matching"
]
FeedbackMode = Literal["immediate", "after_completion", "never"]
ScoringPolicy = Literal["highest", "latest", "first", "average"]


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
