"""Versions of a course: numbers and titles unique in a family, and archived ones."""

from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"

STATEMENTS = (
    "ALTER TABLE courses ADD COLUMN is_archived boolean NOT NULL DEFAULT false",
    "ALTER TABLE courses ADD CONSTRAINT ck_courses_is_archived CHECK (NOT (is_published AND is_archived))",
    "ALTER TABLE courses ADD CONSTRAINT uq_courses_family_id_version UNIQUE (family_id, version)",
    "CREATE UNIQUE INDEX uq_courses_family_id_title ON courses (family_id, lower(title)) WHERE NOT is_deleted",
    "DROP INDEX ix_courses_family_id",
)
"""`is_archived` has a default for the processes of the release before, which do not write it."""


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
