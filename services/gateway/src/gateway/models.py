"""Tables of the gateway: who there is, what they hold in their hands, what they have paid for."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    String,
)
from sqlalchemy.dialects.postgresql import CITEXT
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.database import CONSTRAINT_NAMES


class Table(DeclarativeBase):
    """Base of the tables."""

    metadata = MetaData(naming_convention=CONSTRAINT_NAMES)


class User(Table):
    """A person with an account."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("role IN ('student', 'instructor', 'administrator')", name="role"),
        CheckConstraint("char_length(email::text) <= 254", name="email_length"),
        Index(
            "ix_users_search_text",
            "search_text",
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
        ),
        Index("ix_users_role", "role", "id"),
        Index("ix_users_date_joined", "date_joined", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    email: Mapped[str] = mapped_column(CITEXT, unique=True)
    """As it was typed; two that differ only in case are the same address."""
    password_hash: Mapped[str]
    """Argon2id, with its parameters."""
    first_name: Mapped[str] = mapped_column(String(150))
    last_name: Mapped[str] = mapped_column(String(150))
    role: Mapped[str] = mapped_column(String(20))
    is_active: Mapped[bool]
    date_joined: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    updated_date: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revision: Mapped[int] = mapped_column(BigInteger)
    """Number of changes to what other services know of the user; the `version` of the events."""
    search_text: Mapped[str] = mapped_column(
        Computed("lower(email::text || ' '::text || first_name::text || ' '::text || last_name::text)", persisted=True)
    )


class Token(Table):
    """A user's one token, so that a copy of this table gives none away (`identity.tokens`)."""

    __tablename__ = "tokens"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    lookup: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    """Keyed hash, by which a request's token is found."""
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """Encrypted, so that the next login can be given the same one."""
    created_date: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Subscription(Table):
    """What a user has paid for. Every user has one row."""

    __tablename__ = "subscriptions"
    __table_args__ = (CheckConstraint("tier IN ('free', 'premium')", name="tier"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    tier: Mapped[str] = mapped_column(String(20))
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """Null: never."""
    created_date: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    updated_date: Mapped[datetime] = mapped_column(DateTime(timezone=True))
