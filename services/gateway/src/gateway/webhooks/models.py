"""Tables of webhooks."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    String,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models import Table


class Webhook(Table):
    """A subscription: which events go to which address."""

    __tablename__ = "webhooks"
    __table_args__ = (Index("ix_webhooks_due", "next_attempt_at", postgresql_where=text("is_active")),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    url: Mapped[str] = mapped_column(String(2048))
    event_types: Mapped[list[str]] = mapped_column(ARRAY(String(100)))
    """As they were asked for, with their wildcards."""
    is_active: Mapped[bool]
    disabled_reason: Mapped[str | None] = mapped_column(String(200))
    """Why it was switched off, when nobody asked for it."""
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    """Encrypted (`webhooks.vault`)."""
    old_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The one before, by which deliveries are signed too until `old_secret_until`."""
    old_secret_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    place: Mapped[str] = mapped_column(String(1000))
    """How far it has read the feed of events: a cursor of `aggregate.feed`."""
    next_attempt_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    """When it may be called (again); while it is being called, when its caller must be done."""
    holder: Mapped[UUID | None]
    """Who calls it now."""
    created_date: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    updated_date: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Delivery(Table):
    """An event on its way to a webhook, and what became of it. They go out in the order of their ids."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        CheckConstraint("status IN ('pending', 'delivered', 'failed')", name="status"),
        Index("ix_webhook_deliveries_pending", "webhook_id", "id", postgresql_where=text("status = 'pending'")),
        Index("ix_webhook_deliveries_webhook_id", "webhook_id", "id"),
        Index(
            "uq_webhook_deliveries_event",
            "webhook_id",
            "event_id",
            unique=True,
            postgresql_where=text("NOT is_redelivery"),
        ),
        Index("ix_webhook_deliveries_created_date", "created_date"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    event_id: Mapped[str] = mapped_column(String(40))
    event_type: Mapped[str] = mapped_column(String(100))
    payload: Mapped[str] = mapped_column(Text)
    """The body, as it is signed and sent each time."""
    status: Mapped[str] = mapped_column(String(10))
    is_redelivery: Mapped[bool]
    """Somebody asked for it once more: it is tried once, and holds up nothing."""
    attempts: Mapped[int]
    log: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """Of each attempt: when, how long, what status or what went wrong."""
    created_date: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    completed_date: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
