"""Indexes of more filters, and the version of the copy of a course's rating."""

from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"

STATEMENTS = (
    "ALTER TABLE courses ADD COLUMN rating_revision bigint NOT NULL DEFAULT 0",
    """
    CREATE INDEX ix_courses_listed_duration ON courses (duration_minutes) WHERE is_published AND NOT is_deleted
    """,
    """
    CREATE INDEX ix_courses_listed_language
        ON courses (lower(language), created_date DESC)
        WHERE is_published AND NOT is_deleted
    """,
    """
    CREATE INDEX ix_courses_tags
        ON courses USING gin (tags jsonb_path_ops)
        WHERE is_published AND NOT is_deleted
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
