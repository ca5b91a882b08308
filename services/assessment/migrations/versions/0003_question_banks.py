"""Question banks: questions belong to an assessment or to a bank, and assessments draw from banks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

revision = "0003"
down_revision = "0002"

MOMENT = TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "question_banks",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("course_id", sa.BigInteger, nullable=False),
        sa.Column("title", sa.String(255), nullable=False),
        sa.Column("is_deleted", sa.Boolean, nullable=False),
        sa.Column("created_date", MOMENT, nullable=False),
        sa.Column("updated_date", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_question_banks"),
        sa.ForeignKeyConstraint(["course_id"], ["courses.course_id"], name="fk_question_banks_course_id"),
    )
    op.create_index("ix_question_banks_course_id", "question_banks", ["course_id"])
    op.add_column("questions", sa.Column("bank_id", sa.BigInteger))
    op.alter_column("questions", "assessment_id", nullable=True)
    op.create_foreign_key("fk_questions_bank_id", "questions", "question_banks", ["bank_id"], ["id"])
    op.create_check_constraint("place", "questions", "num_nonnulls(assessment_id, bank_id) = 1")
    op.create_index("ix_questions_bank_id_order", "questions", ["bank_id", "order"])
    # With a default: processes of the release before insert rows without it.
    op.add_column("assessments", sa.Column("draws", JSONB, nullable=False, server_default=sa.text("'[]'")))
