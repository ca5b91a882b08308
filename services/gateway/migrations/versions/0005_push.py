"""courses with their people, and what is pushed"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _copies()
    op.create_table(
        "push_messages",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("audience", sa.String(40), nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("course_id", sa.BigInteger),
        sa.Column("assessment_id", sa.BigInteger),
        sa.Column("data", postgresql.JSON, nullable=False),
        sa.Column("created_date", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_push_messages"),
    )
    op.create_index("ix_push_messages_audience", "push_messages", ["audience", "id"])
    op.create_index("ix_push_messages_created_date", "push_messages", ["created_date"])
    op.create_table(
        "push_lessons",
        sa.Column("enrollment_id", sa.BigInteger, nullable=False),
        sa.Column("lesson_id", sa.BigInteger, nullable=False),
        sa.Column("is_completed", sa.Boolean, nullable=False),
        sa.Column("time_spent", sa.BigInteger, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("enrollment_id", "lesson_id", name="pk_push_lessons"),
    )
    op.create_table(
        "push_milestones",
        sa.Column("enrollment_id", sa.BigInteger, nullable=False),
        sa.Column("reached", sa.SmallInteger, nullable=False),
        sa.PrimaryKeyConstraint("enrollment_id", name="pk_push_milestones"),
    )
    op.create_table(
        "push_attempts",
        sa.Column("attempt_id", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("assessment_id", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("expires_at", TIME),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("attempt_id", name="pk_push_attempts"),
    )
    op.create_index("ix_push_attempts_user_id", "push_attempts", ["user_id", "assessment_id"])
    op.create_table(
        "push_assessments",
        sa.Column("assessment_id", sa.BigInteger, nullable=False),
        sa.Column("course_id", sa.BigInteger, nullable=False),
        sa.Column("lesson_id", sa.BigInteger, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("due_date", TIME),
        sa.Column("deadline_told", TIME),
        sa.Column("is_deleted", sa.Boolean, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("assessment_id", name="pk_push_assessments"),
    )
    op.create_index("ix_push_assessments_due_date", "push_assessments", ["due_date"])


def _copies() -> None:
    op.create_table(
        "courses",
        sa.Column("course_id", sa.BigInteger, nullable=False),
        sa.Column("title", sa.String(255), nullable=False),
        sa.Column("slug", sa.String(255), nullable=False),
        sa.Column("is_published", sa.Boolean, nullable=False),
        sa.Column("is_deleted", sa.Boolean, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("course_id", name="pk_courses"),
    )
    op.create_table(
        "course_staff",
        sa.Column("course_id", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("is_lead", sa.Boolean, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("course_id", "user_id", name="pk_course_staff"),
    )
    op.create_index("ix_course_staff_user_id", "course_staff", ["user_id"])
    op.create_table(
        "course_members",
        sa.Column("course_id", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("enrollment_id", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("course_id", "user_id", name="pk_course_members"),
    )
    op.create_index("ix_course_members_user_id", "course_members", ["user_id"])


def downgrade() -> None:
    for table in (
        "push_assessments", "push_attempts", "push_milestones", "push_lessons", "push_messages",
        "course_members", "course_staff", "courses",
    ):  # fmt: skip
        op.drop_table(table)
