"""Assessments, attempts, and the copies they need."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, INET, JSONB, TIMESTAMP

from shared.migrations import create_bus_tables

revision = "0001"
down_revision = None

MOMENT = TIMESTAMP(timezone=True)
POINTS = sa.Numeric(12, 2)


def upgrade() -> None:
    create_bus_tables(op)
    create_assessments()
    create_questions()
    create_attempts()
    create_copies()


def create_assessments() -> None:
    op.create_table(
        "assessments",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("lesson_id", sa.BigInteger, nullable=False),
        sa.Column("course_id", sa.BigInteger, nullable=False),
        sa.Column("title", sa.String(255), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("time_limit", sa.Integer, nullable=False),
        sa.Column("passing_score", sa.Integer, nullable=False),
        sa.Column("max_attempts", sa.Integer, nullable=False),
        sa.Column("is_required", sa.Boolean, nullable=False),
        sa.Column("randomize_questions", sa.Boolean, nullable=False),
        sa.Column("randomize_answers", sa.Boolean, nullable=False),
        sa.Column("show_results", sa.Boolean, nullable=False),
        sa.Column("feedback_mode", sa.String(20), nullable=False),
        sa.Column("partial_credit", sa.Boolean, nullable=False),
        sa.Column("penalty_fraction", sa.Numeric(5, 4), nullable=False),
        sa.Column("scoring_policy", sa.String(20), nullable=False),
        sa.Column("cooldown_first_seconds", sa.Integer, nullable=False),
        sa.Column("cooldown_next_seconds", sa.Integer, nullable=False),
        sa.Column("available_from", MOMENT),
        sa.Column("due_date", MOMENT),
        sa.Column("available_until", MOMENT),
        sa.Column("is_deleted", sa.Boolean, nullable=False),
        sa.Column("created_date", MOMENT, nullable=False),
        sa.Column("updated_date", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_assessments"),
        sa.CheckConstraint("passing_score BETWEEN 0 AND 100", name="passing_score"),
        sa.CheckConstraint("penalty_fraction BETWEEN 0 AND 1", name="penalty_fraction"),
        sa.CheckConstraint("feedback_mode IN ('immediate', 'after_completion', 'never')", name="feedback_mode"),
        sa.CheckConstraint("scoring_policy IN ('highest', 'latest', 'first', 'average')", name="scoring_policy"),
    )
    op.create_index(
        "uq_assessments_lesson_id",
        "assessments",
        ["lesson_id"],
        unique=True,
        postgresql_where=sa.text("NOT is_deleted"),
    )
    op.create_index("ix_assessments_course_id", "assessments", ["course_id"])
    op.create_index("ix_assessments_created_date_id", "assessments", ["created_date", "id"])
    op.create_index("ix_assessments_title_id", "assessments", ["title", "id"])


def create_questions() -> None:
    op.create_table(
        "questions",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("assessment_id", sa.BigInteger, nullable=False),
        sa.Column("question_text", sa.Text, nullable=False),
        sa.Column("question_type", sa.String(20), nullable=False),
        sa.Column("order", sa.Integer, nullable=False),
        sa.Column("points", sa.Integer, nullable=False),
        sa.Column("weight", sa.Numeric(6, 2), nullable=False),
        sa.Column("explanation", sa.Text, nullable=False),
        sa.Column("config", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_questions"),
        sa.ForeignKeyConstraint(
            ["assessment_id"], ["assessments.id"], name="fk_questions_assessment_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint(
            "assessment_id", "order", name="uq_questions_assessment_id_order", deferrable=True, initially="DEFERRED"
        ),
        sa.CheckConstraint("points >= 1", name="points"),
        sa.CheckConstraint("weight > 0", name="weight"),
    )
    op.create_table(
        "answers",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("question_id", sa.BigInteger, nullable=False),
        sa.Column("answer_text", sa.String(500), nullable=False),
        sa.Column("is_correct", sa.Boolean, nullable=False),
        sa.Column("explanation", sa.Text, nullable=False),
        sa.Column("order", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_answers"),
        sa.ForeignKeyConstraint(["question_id"], ["questions.id"], name="fk_answers_question_id", ondelete="CASCADE"),
        sa.UniqueConstraint(
            "question_id", "order", name="uq_answers_question_id_order", deferrable=True, initially="DEFERRED"
        ),
    )


def create_attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("assessment_id", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("attempt_number", sa.Integer, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("paper", JSONB, nullable=False),
        sa.Column("passing_score", sa.Integer, nullable=False),
        sa.Column("score", POINTS),
        sa.Column("max_score", POINTS, nullable=False),
        sa.Column("passed", sa.Boolean),
        sa.Column("start_time", MOMENT, nullable=False),
        sa.Column("end_time", MOMENT),
        sa.Column("expires_at", MOMENT),
        sa.Column("submitted_by", sa.String(10)),
        sa.Column("ip_address", INET),
        sa.Column("user_agent", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
        sa.ForeignKeyConstraint(["assessment_id"], ["assessments.id"], name="fk_attempts_assessment_id"),
        sa.UniqueConstraint(
            "assessment_id", "user_id", "attempt_number", name="uq_attempts_assessment_id_user_id_attempt_number"
        ),
        sa.CheckConstraint("status IN ('in_progress', 'pending_review', 'graded')", name="status"),
        sa.CheckConstraint("submitted_by IN ('user', 'system')", name="submitted_by"),
        sa.CheckConstraint("score >= 0 AND score <= max_score", name="score"),
    )
    running = sa.text("status = 'in_progress'")
    op.create_index("uq_attempts_open", "attempts", ["assessment_id", "user_id"], unique=True, postgresql_where=running)
    op.create_index("ix_attempts_user_id_assessment_id", "attempts", ["user_id", "assessment_id"])
    op.create_index("ix_attempts_assessment_id_start_time_id", "attempts", ["assessment_id", "start_time", "id"])
    op.create_index("ix_attempts_running", "attempts", ["expires_at"], postgresql_where=running)
    op.create_table(
        "attempt_answers",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("attempt_id", sa.BigInteger, nullable=False),
        sa.Column("question_id", sa.BigInteger, nullable=False),
        sa.Column("selected_answer_id", sa.BigInteger),
        sa.Column("selected_answer_ids", ARRAY(sa.BigInteger)),
        sa.Column("text_answer", sa.Text),
        sa.Column("response", JSONB),
        sa.Column("is_correct", sa.Boolean),
        sa.Column("points_earned", POINTS),
        sa.Column("feedback", sa.Text, nullable=False),
        sa.Column("answered_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attempt_answers"),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempts.id"], name="fk_attempt_answers_attempt_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("attempt_id", "question_id", name="uq_attempt_answers_attempt_id_question_id"),
    )


def create_copies() -> None:
    op.create_table(
        "courses",
        sa.Column("course_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("slug", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("staff", JSONB, nullable=False),
        sa.Column("is_published", sa.Boolean, nullable=False),
        sa.Column("is_deleted", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("course_id", name="pk_courses"),
    )
    op.create_index("ix_courses_slug", "courses", ["slug"])
    op.create_index("ix_courses_staff", "courses", ["staff"], postgresql_using="gin")
    op.create_table(
        "lessons",
        sa.Column("lesson_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("course_id", sa.BigInteger, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("lesson_id", name="pk_lessons"),
        sa.ForeignKeyConstraint(["course_id"], ["courses.course_id"], name="fk_lessons_course_id"),
    )
    op.create_index("ix_lessons_course_id", "lessons", ["course_id"])
    op.create_table(
        "enrollments",
        sa.Column("enrollment_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("course_id", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("enrollment_id", name="pk_enrollments"),
    )
    op.create_index("ix_enrollments_user_id_course_id", "enrollments", ["user_id", "course_id"])
