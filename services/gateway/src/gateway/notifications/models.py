"""Tables of notifications."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models import Table

NEXT_ID = text("nextval('notification_id')")
"""Notifications and broadcasts take their ids from one sequence: in a user's list they are one kind of thing."""


class Notification(Table):
    """Something one user is told, or is to be mailed of. What it says is made when it is shown (`domain.texts`)."""

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("user_id", "source"),
        CheckConstraint("email_cadence IN ('daily', 'weekly')", name="email_cadence"),
        Index("ix_notifications_list", "user_id", "id", postgresql_where=text("is_web")),
        Index("ix_notifications_unread", "user_id", postgresql_where=text("is_web AND NOT is_read")),
        Index(
            "ix_notifications_to_digest", "email_cadence", "user_id", postgresql_where=text("email_cadence IS NOT NULL")
        ),
        Index("ix_notifications_digest_id", "digest_id", postgresql_where=text("digest_id IS NOT NULL")),
        Index("ix_notifications_created_date", "created_date"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, server_default=NEXT_ID)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    type: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(200))
    """What it tells of: the same thing is told once, however often the event comes."""
    course_id: Mapped[int | None] = mapped_column(BigInteger)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    is_web: Mapped[bool]
    """Whether it is in the list; false when only a mail is wanted."""
    is_read: Mapped[bool]
    email_cadence: Mapped[str | None] = mapped_column(String(10))
    """The digest it waits for."""
    digest_id: Mapped[int | None] = mapped_column(ForeignKey("digests.id", ondelete="SET NULL"))
    created_date: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Broadcast(Table):
    """Something everyone is told. One row, whatever the number of users: it stands in the list of all who joined
    before it.
    """

    __tablename__ = "broadcasts"
    __table_args__ = (
        CheckConstraint("type IN ('maintenance', 'feature_announcement')", name="type"),
        Index("ix_broadcasts_created_date", "created_date"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, server_default=NEXT_ID)
    type: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str]
    created_by: Mapped[int] = mapped_column(BigInteger)
    created_date: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class BroadcastRead(Table):
    """A user has read a broadcast."""

    __tablename__ = "broadcast_reads"
    __table_args__ = (Index("ix_broadcast_reads_broadcast_id", "broadcast_id"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcasts.id", ondelete="CASCADE"), primary_key=True)


class NotificationPreference(Table):
    """By which channels a user wants one kind; without a row, by the kind's defaults."""

    __tablename__ = "notification_preferences"
    __table_args__ = (
        CheckConstraint("email_cadence IN ('immediate', 'daily', 'weekly', 'never')", name="email_cadence"),
        Index("ix_notification_preferences_type", "type", "user_id", postgresql_where=text("email")),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    type: Mapped[str] = mapped_column(String(40), primary_key=True)
    web: Mapped[bool]
    email: Mapped[bool]
    email_cadence: Mapped[str] = mapped_column(String(10))


class Fanout(Table):
    """A notification that is being written down for many, in batches by user id. The row is gone when all have it."""

    __tablename__ = "notification_fanouts"
    __table_args__ = (
        UniqueConstraint("source"),
        CheckConstraint("audience IN ('members', 'staff', 'mail_readers')", name="audience"),
        Index("ix_notification_fanouts_due_at", "due_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    audience: Mapped[str] = mapped_column(String(20))
    """The learners of the course, its staff, or (of a broadcast, which is in all lists) those who want it by mail."""
    type: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(200))
    course_id: Mapped[int | None] = mapped_column(BigInteger)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    except_user: Mapped[int | None] = mapped_column(BigInteger)
    """Whoever did it is not told."""
    after_user_id: Mapped[int] = mapped_column(BigInteger)
    """How far it is: all with an id up to this one have it."""
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    created_date: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Digest(Table):
    """A mail that gathers several notifications."""

    __tablename__ = "digests"
    __table_args__ = (
        CheckConstraint("cadence IN ('daily', 'weekly')", name="cadence"),
        Index("ix_digests_user_id", "user_id"),
        Index("ix_digests_created_date", "created_date"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    cadence: Mapped[str] = mapped_column(String(10))
    created_date: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Deadline(Table):
    """No longer used: `push_assessments` has the deadlines. A process of the release before may still write here; the
    next one takes it away.
    """

    __tablename__ = "assessment_deadlines"
    __table_args__ = (
        Index("ix_assessment_deadlines_due_date", "due_date", postgresql_where=text("due_date IS NOT NULL")),
    )

    assessment_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    course_id: Mapped[int] = mapped_column(BigInteger)
    lesson_id: Mapped[int] = mapped_column(BigInteger)
    title: Mapped[str] = mapped_column(String)
    due_date: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """Null also for one that is deleted."""
    revision: Mapped[int] = mapped_column(BigInteger)
    announced_for: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """The due date that learners were last reminded of."""
