"""Files attached to answers of essays."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("attempt_answers", sa.Column("attachment_key", sa.String(64)))
    op.add_column("attempt_answers", sa.Column("attachment", JSONB))
    op.create_index(
        "uq_attempt_answers_attachment_key",
        "attempt_answers",
        ["attachment_key"],
        unique=True,
        postgresql_where=sa.text("attachment_key IS NOT NULL"),
    )
