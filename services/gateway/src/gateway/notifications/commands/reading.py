"""Readers: what they have read, and how they want to be told."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CursorResult, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.models import User
from gateway.notifications.models import Broadcast, BroadcastRead, Notification, NotificationPreference
from gateway.notifications.schemas import Preference
from shared.errors import NotFound


async def mark_read(session: AsyncSession, user_id: int, notification_id: int) -> None:
    """Mark one of the user's notifications as read. Safe to repeat. Raises NotFound."""
    own = (Notification.id == notification_id, Notification.user_id == user_id, Notification.is_web)
    if await session.scalar(update(Notification).where(*own).values(is_read=True).returning(Notification.id)):
        return
    if not await _mark_broadcasts(session, user_id, notification_id):
        raise NotFound


async def mark_all_read(session: AsyncSession, user_id: int) -> int:
    """Mark everything in the user's list as read. Returns how much was not."""
    unread = (Notification.user_id == user_id, Notification.is_web, Notification.is_read.is_(False))
    marked: CursorResult[Any] = await session.execute(  # type: ignore[assignment]
        update(Notification).where(*unread).values(is_read=True)
    )
    return marked.rowcount + await _mark_broadcasts(session, user_id, None)


async def _mark_broadcasts(session: AsyncSession, user_id: int, broadcast_id: int | None) -> int:
    """One broadcast, or all of them. Returns how many were marked; for one, 1 also when it was before."""
    shown = (
        select(User.id, Broadcast.id)
        .join(Broadcast, Broadcast.created_date >= User.date_joined)
        .outerjoin(
            NotificationPreference,
            (NotificationPreference.user_id == User.id) & (NotificationPreference.type == Broadcast.type),
        )
        .where(User.id == user_id, NotificationPreference.web.is_not(False))
    )
    if broadcast_id is not None:
        shown = shown.where(Broadcast.id == broadcast_id)
    marks = insert(BroadcastRead).from_select(["user_id", "broadcast_id"], shown)
    if broadcast_id is None:
        marks = marks.on_conflict_do_nothing()
    else:  # a mark that is there already counts
        marks = marks.on_conflict_do_update(
            index_elements=["user_id", "broadcast_id"], set_={"broadcast_id": marks.excluded.broadcast_id}
        )
    return len((await session.execute(marks.returning(BroadcastRead.broadcast_id))).all())


async def set_preferences(session: AsyncSession, user_id: int, wanted: Sequence[Preference]) -> None:
    """Set how the user is told of these kinds. Of several entries for a kind the last one holds."""
    rows = {one.type: {"user_id": user_id, **one.model_dump()} for one in wanted}
    if not rows:
        return
    statement = insert(NotificationPreference).values([rows[kind] for kind in sorted(rows)])
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["user_id", "type"],
            set_={name: statement.excluded[name] for name in ("web", "email", "email_cadence")},
        )
    )
