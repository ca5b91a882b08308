"""When a holder was erased; and which request a completion came from, to be told on with its certificate."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | Sequence[str] | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("certificates", sa.Column("erased_at", sa.DateTime(timezone=True)))
    op.add_column("completions", sa.Column("correlation_id", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("completions", "correlation_id")
    op.drop_column("certificates", "erased_at")
