"""users, tokens, subscriptions; outbox and inbox"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import CITEXT

from shared.migrations import create_bus_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
SEARCH_TEXT = "lower(email::text || ' '::text || first_name::text || ' '::text || last_name::text)"


def upgrade() -> None:
    create_bus_tables(op)
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("email", CITEXT, nullable=False, unique=True),
        sa.Column("password_hash", sa.String, nullable=False),
        sa.Column("first_name", sa.String(150), nullable=False),
        sa.Column("last_name", sa.String(150), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("date_joined", TIME, nullable=False),
        sa.Column("updated_date", TIME, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("search_text", sa.String, sa.Computed(SEARCH_TEXT, persisted=True), nullable=False),
        sa.CheckConstraint("role IN ('student', 'instructor', 'administrator')", name="role"),
        sa.CheckConstraint("char_length(email::text) <= 254", name="email_length"),
    )
    op.create_index(
        "ix_users_search_text",
        "users",
        ["search_text"],
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    op.create_index("ix_users_role", "users", ["role", "id"])
    op.create_index("ix_users_date_joined", "users", ["date_joined", "id"])
    op.create_table(
        "tokens",
        sa.Column("user_id", sa.BigInteger, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("lookup", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_date", TIME, nullable=False),
    )
    op.create_table(
        "subscriptions",
        sa.Column("user_id", sa.BigInteger, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("tier", sa.String(20), nullable=False),
        sa.Column("expires_at", TIME),
        sa.Column("created_date", TIME, nullable=False),
        sa.Column("updated_date", TIME, nullable=False),
        sa.CheckConstraint("tier IN ('free', 'premium')", name="tier"),
    )


def downgrade() -> None:
    for table in ("subscriptions", "tokens", "users", "inbox", "outbox"):
        op.drop_table(table)
    op.execute("DROP SEQUENCE outbox_id, outbox_position")
