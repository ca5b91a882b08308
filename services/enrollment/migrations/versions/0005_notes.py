"""Learners' notes on lessons."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_index("ix_lessons_lesson_id", "lessons", ["lesson_id"])
    op.create_table(
        "notes",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("course_id", sa.BigInteger, nullable=False),
        sa.Column("lesson_id", sa.BigInteger, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("is_private", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("tags", ARRAY(sa.Text), nullable=False, server_default="{}"),
        sa.Column("created_date", sa.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_date", sa.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("id", name="pk_notes"),
        sa.ForeignKeyConstraint(["course_id"], ["courses.course_id"], name="fk_notes_course_id"),
        sa.CheckConstraint("cardinality(tags) <= 10", name=op.f("ck_notes_tags")),
    )
    op.create_index("ix_notes_user_id_created_date_id", "notes", ["user_id", "created_date", "id"])
    op.create_index(
        "ix_notes_shared",
        "notes",
        ["course_id", "created_date", "id"],
        postgresql_where=sa.text("NOT is_private"),
    )
