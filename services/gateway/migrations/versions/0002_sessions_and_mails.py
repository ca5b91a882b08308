"""sessions, links in mails, mails on their way, verified addresses"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import CITEXT

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
KINDS = "('password_reset', 'email_verification')"


def upgrade() -> None:
    # The default stays: processes of before this migration insert users too.
    op.add_column("users", sa.Column("is_email_verified", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "sessions",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("user_id", sa.BigInteger, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("created_date", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id", "expires_at"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_table(
        "mail_links",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("user_id", sa.BigInteger, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("created_date", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.CheckConstraint(f"purpose IN {KINDS}", name="purpose"),
    )
    op.create_index("ix_mail_links_user_id", "mail_links", ["user_id", "purpose", "created_date"])
    op.create_index("ix_mail_links_expires_at", "mail_links", ["expires_at"])
    op.create_table(
        "mails",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("recipient", CITEXT, nullable=False),
        sa.Column("created_date", TIME, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_attempt_at", TIME, nullable=False),
        sa.CheckConstraint("char_length(recipient::text) <= 254", name="recipient_length"),
    )
    op.create_index("ix_mails_next_attempt_at", "mails", ["next_attempt_at", "id"])


def downgrade() -> None:
    for table in ("mails", "mail_links", "sessions"):
        op.drop_table(table)
    op.drop_column("users", "is_email_verified")
