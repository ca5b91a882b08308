"""What is old goes; what a user who asks to be forgotten was told goes at once."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.notifications.models import Broadcast, BroadcastRead, Digest, Notification, NotificationPreference

KEPT = timedelta(days=180)
BATCH = 1000


async def forget_old_notifications(session: AsyncSession, *, now: datetime) -> bool:
    """Drop some of what is older than half a year; whether there may be more."""
    old = now - KEPT
    aged = select(Notification.id).where(Notification.created_date < old).limit(BATCH)
    gone = await _delete(session, delete(Notification).where(Notification.id.in_(aged)))
    await session.execute(delete(Broadcast).where(Broadcast.created_date < old))
    digests = select(Digest.id).where(Digest.created_date < old).limit(BATCH)
    await session.execute(delete(Digest).where(Digest.id.in_(digests)))
    return gone == BATCH


async def forget_reader(session: AsyncSession, user_id: int) -> dict[str, int]:
    """Drop all that a user was told and prefers. Returns the number of rows, by table. Safe to repeat."""
    tables = (Notification, Digest, BroadcastRead, NotificationPreference)
    return {
        table.__tablename__: await _delete(session, delete(table).where(table.user_id == user_id)) for table in tables
    }


async def _delete(session: AsyncSession, statement: Any) -> int:
    done: CursorResult[Any] = await session.execute(statement)  # type: ignore[assignment]
    return done.rowcount
