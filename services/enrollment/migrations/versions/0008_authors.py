"""What a user wrote and did is found by the user: for their export, and to forget them."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    for table in ("topics", "replies", "review_votes", "reply_reports"):
        op.create_index(f"ix_{table}_user_id", table, ["user_id"])
