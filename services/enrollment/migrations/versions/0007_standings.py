"""A learner's standing in an assessment, as its newest version tells it."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "standings",
        sa.Column("user_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("assessment_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("has_passed", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "assessment_id", name="pk_standings"),
    )
