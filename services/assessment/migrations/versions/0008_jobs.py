"""Jobs: regrading is carried out by the worker."""

from alembic import op

from shared.migrations import create_job_tables

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    create_job_tables(op, "assessment")
