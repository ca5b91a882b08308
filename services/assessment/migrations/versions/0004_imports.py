"""Assessments that came with imported courses, until the courses are known here."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "imports",
        sa.Column("lesson_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("course_id", sa.BigInteger, nullable=False),
        sa.Column("content", JSONB),
        sa.PrimaryKeyConstraint("lesson_id", name="pk_imports"),
    )
    op.create_index("ix_imports_course_id", "imports", ["course_id"], postgresql_where=sa.text("content IS NOT NULL"))
