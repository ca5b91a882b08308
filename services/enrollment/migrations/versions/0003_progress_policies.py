"""How courses measure progress, and what it takes to count it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"

_COUNTERS = (
    ("policy_revision", sa.BigInteger),
    ("lesson_points", sa.BigInteger),
    ("lesson_points_total", sa.BigInteger),
    ("timely_seconds", sa.BigInteger),
    ("expected_seconds", sa.BigInteger),
    ("assessments_passed", sa.Integer),
    ("assessments_required", sa.Integer),
)


def upgrade() -> None:
    op.add_column("lessons", sa.Column("duration_minutes", sa.Integer))
    for name, kind in _COUNTERS:
        op.add_column("enrollments", sa.Column(name, kind, nullable=False, server_default="0"))
    _create_policies()
    _create_copies()


def _create_policies() -> None:
    weights = ("lesson_weight", "time_weight", "assessment_weight")
    op.create_table(
        "progress_policies",
        sa.Column("course_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("revision", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("applied_revision", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("method", sa.Text, nullable=False, server_default="lessons"),
        *(sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("10000")) for name in weights),
        sa.Column("type_weights", JSONB, nullable=False, server_default=sa.text("'{}'")),
        sa.Column("sequential", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("updated_date", sa.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("course_id", name="pk_progress_policies"),
        sa.ForeignKeyConstraint(["course_id"], ["courses.course_id"], name="fk_progress_policies_course_id"),
        sa.CheckConstraint(
            "method IN ('lessons', 'time', 'assessments', 'weighted')", name=op.f("ck_progress_policies_method")
        ),
        sa.CheckConstraint(
            "least(lesson_weight, time_weight, assessment_weight) >= 0", name=op.f("ck_progress_policies_weights")
        ),
    )
    op.create_index(
        "ix_progress_policies_stale",
        "progress_policies",
        ["course_id"],
        postgresql_where=sa.text("applied_revision < revision"),
    )


def _create_copies() -> None:
    op.create_table(
        "assessments",
        sa.Column("assessment_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("course_id", sa.BigInteger, nullable=False),
        sa.Column("lesson_id", sa.BigInteger, nullable=False),
        sa.Column("is_required", sa.Boolean, nullable=False),
        sa.Column("is_deleted", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("assessment_id", name="pk_assessments"),
    )
    op.create_index("ix_assessments_course_id", "assessments", ["course_id"])
    op.create_table(
        "attempts",
        sa.Column("attempt_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("assessment_id", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("has_passed", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("attempt_id", name="pk_attempts"),
    )
    op.create_index("ix_attempts_user_id_assessment_id", "attempts", ["user_id", "assessment_id"])
