"""Grading by hand, rubrics, overrides for single learners, the score before a regrade, and what was cloned."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

revision = "0002"
down_revision = "0001"

MOMENT = TIMESTAMP(timezone=True)
POINTS = sa.Numeric(12, 2)


def upgrade() -> None:
    op.add_column("assessments", sa.Column("cloned_from", sa.BigInteger))
    op.add_column("attempts", sa.Column("previous_score", POINTS))
    add_grading()
    create_rubrics()
    create_overrides()


def add_grading() -> None:
    # With a default: processes of the release before insert rows without it.
    op.add_column("attempt_answers", sa.Column("awaits_grade", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("attempt_answers", sa.Column("graded_by", sa.BigInteger))
    op.add_column("attempt_answers", sa.Column("graded_at", MOMENT))
    op.add_column("attempt_answers", sa.Column("rubric_grades", JSONB))
    op.create_index(
        "ix_attempt_answers_awaiting", "attempt_answers", ["attempt_id"], postgresql_where=sa.text("awaits_grade")
    )


def create_rubrics() -> None:
    op.create_table(
        "rubrics",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("owner_id", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("title", sa.String(255), nullable=False),
        sa.Column("criteria", JSONB, nullable=False),
        sa.Column("is_used", sa.Boolean, nullable=False),
        sa.Column("is_deleted", sa.Boolean, nullable=False),
        sa.Column("created_date", MOMENT, nullable=False),
        sa.Column("updated_date", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rubrics"),
    )
    op.create_index("ix_rubrics_owner_id_id", "rubrics", ["owner_id", "id"])


def create_overrides() -> None:
    op.create_table(
        "overrides",
        sa.Column("assessment_id", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("extra_attempts", sa.Integer, nullable=False),
        sa.Column("extra_time_seconds", sa.Integer, nullable=False),
        sa.Column("due_date", MOMENT),
        sa.Column("created_date", MOMENT, nullable=False),
        sa.Column("updated_date", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("assessment_id", "user_id", name="pk_overrides"),
        sa.ForeignKeyConstraint(["assessment_id"], ["assessments.id"], name="fk_overrides_assessment_id"),
    )
