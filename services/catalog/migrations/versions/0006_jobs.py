"""Jobs: courses made from archives."""

from alembic import op

from shared.migrations import create_job_tables

revision: str = "0006"
down_revision: str | None = "0005"


def upgrade() -> None:
    create_job_tables(op, "catalog")
