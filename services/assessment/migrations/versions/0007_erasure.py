"""Attempts of learners who asked to be forgotten."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    # With a default: processes of the release before insert rows without it.
    op.add_column("attempts", sa.Column("is_erased", sa.Boolean, nullable=False, server_default=sa.false()))
