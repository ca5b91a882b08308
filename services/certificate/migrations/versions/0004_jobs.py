"""Bulk work, by jobs."""

from collections.abc import Sequence

from alembic import op

from shared.migrations import create_job_tables

revision: str = "0004"
down_revision: str | Sequence[str] | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    create_job_tables(op, "certificate")


def downgrade() -> None:
    for table in ("job_rows", "jobs"):
        op.drop_table(table)
