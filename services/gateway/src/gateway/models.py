"""Tables of the gateway: who there is, what they hold in their hands, have paid for, and are mailed."""

from datetime import datetime
from uuid import UUID

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
    SmallInteger,
    String,
    false,
    func,
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
    is_email_verified: Mapped[bool] = mapped_column(server_default=false())
    """Whether somebody who reads the address's mail has said that the account is theirs."""
    date_joined: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    updated_date: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    erased_date: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When all that is personal was blanked, for ever (`erasure`)."""
    is_service: Mapped[bool] = mapped_column(server_default=false())
    """Whether it is a program's account, which may read the feed of events and nothing else."""
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


class Session(Table):
    """A browser in which a user is logged in by cookie (`identity.cookies`)."""

    __tablename__ = "sessions"
    __table_args__ = (
        Index("ix_sessions_user_id", "user_id", "expires_at"),
        Index("ix_sessions_expires_at", "expires_at"),
    )

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    """Hash of the cookie's value (`identity.secret`)."""
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_date: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    """Moved ahead while the session is used."""


class IdentityChange(Table):
    """That something of who a user is has changed. Rows come by triggers (migration 0008); for `identity.watch`."""

    __tablename__ = "identity_changes"
    __table_args__ = (Index("ix_identity_changes_changed_at", "changed_at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())


class MailLink(Table):
    """What a link in a mail allows, once."""

    __tablename__ = "mail_links"
    __table_args__ = (
        CheckConstraint("purpose IN ('password_reset', 'email_verification')", name="purpose"),
        Index("ix_mail_links_user_id", "user_id", "purpose", "created_date"),
        Index("ix_mail_links_expires_at", "expires_at"),
    )

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    """Hash of the token in the link (`identity.secret`)."""
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(String(20))
    created_date: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Mail(Table):
    """A mail on its way. The row is gone once it is sent, given up, or found to be for nobody.

    What it says is decided when it is sent, so that no row has a link that works. The recipient need not be a user:
    who asked for a mail to an address is answered before anybody looks whether there is an account.
    """

    __tablename__ = "mails"
    __table_args__ = (
        CheckConstraint("char_length(recipient::text) <= 254", name="recipient_length"),
        Index("ix_mails_next_attempt_at", "next_attempt_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    """What mail it is; where it is about a row of another table, with that row's id: `digest:7`."""
    recipient: Mapped[str] = mapped_column(CITEXT)
    created_date: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    """While one attempt is under way, when the next may begin."""


class IdempotencyKey(Table):
    """A key under which a user's request is done once, for a day (`idempotency`)."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index("ix_idempotency_keys_created_date", "created_date"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    """Keyed hash of the request."""
    holder: Mapped[UUID]
    leased_until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    """When whoever holds the key must have answered."""
    status: Mapped[int | None] = mapped_column(SmallInteger)
    """Of the answer; null while the request is under way."""
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Encrypted; null also when it was too large."""
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
