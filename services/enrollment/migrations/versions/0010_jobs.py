"""Jobs: enrolling many at once."""

from alembic import op

from shared.migrations import create_job_tables

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    create_job_tables(op, "enrollment")
