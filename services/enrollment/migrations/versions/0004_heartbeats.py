"""Time as learners' heartbeats tell it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("progress", sa.Column("position_seconds", sa.Integer))
    op.add_column("progress", sa.Column("heartbeat_state", sa.Text))
    op.add_column("progress", sa.Column("counted_until", sa.TIMESTAMP(timezone=True)))
    op.create_table(
        "learner_clocks",
        sa.Column("user_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("counted_until", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_learner_clocks"),
    )
