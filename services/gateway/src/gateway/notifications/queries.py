"""What is asked about notifications."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, String, and_, func, literal_column, null, select, union_all
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.copies.models import Course
from gateway.models import User
from gateway.notifications.commands.notify import channels_of
from gateway.notifications.domain.kinds import KINDS
from gateway.notifications.domain.texts import wording
from gateway.notifications.models import Broadcast, BroadcastRead, Notification, NotificationPreference
from gateway.notifications.schemas import NotificationPage, NotificationView, Preference
from shared.errors import NotFound
from shared.pagination import Key, PageRequest, order_of, paginate


async def list_notifications(
    session: AsyncSession, user_id: int, page: PageRequest, *, unread: bool | None
) -> NotificationPage:
    """The user's list, newest first: what was told to the user, and what everyone was told since the user joined."""
    told = _told(user_id).subquery("told")
    wanted = _titled(told)
    if unread is not None:
        wanted = wanted.where(told.c.is_read.is_(not unread))
    allowed = {"created_date": told.c.created_date, "id": told.c.id}
    keys = order_of(page, allowed, [], Key(told.c.id, descending=True))
    found = await paginate(session, wanted, page, keys, _view)
    return NotificationPage(**dict(found), unread_count=await count_unread(session, user_id))


async def count_unread(session: AsyncSession, user_id: int) -> int:
    told = _told(user_id, unread_only=True).subquery("told")
    return await session.scalar(select(func.count()).select_from(told)) or 0


async def get_notification(session: AsyncSession, user_id: int, notification_id: int) -> NotificationView:
    """One of the user's. Raises NotFound."""
    told = _told(user_id).subquery("told")
    row = (await session.execute(_titled(told).where(told.c.id == notification_id))).one_or_none()
    if row is None:
        raise NotFound
    return _view(row)


async def list_preferences(session: AsyncSession, user_id: int) -> list[Preference]:
    """How the user is told of each kind; of those never set, by the defaults."""
    found = await session.scalars(select(NotificationPreference).where(NotificationPreference.user_id == user_id))
    chosen = {one.type: one for one in found}
    return [
        Preference(type=kind, web=channels.web, email=channels.email, email_cadence=channels.email_cadence)
        for kind, channels in ((kind, channels_of(chosen.get(kind), kind)) for kind in KINDS)
    ]


def _titled(told: Any) -> Select[Any]:
    return select(told, Course.title.label("course_title")).outerjoin(Course, Course.course_id == told.c.course_id)


def _told(user_id: int, *, unread_only: bool = False) -> Any:
    """The user's own rows and the broadcasts, as one list."""
    own = select(
        Notification.id,
        Notification.type,
        Notification.course_id,
        Notification.data,
        Notification.is_read,
        Notification.created_date,
        null().cast(String).label("title"),
        null().cast(String).label("body"),
    ).where(Notification.user_id == user_id, Notification.is_web)
    read: ColumnElement[bool] = BroadcastRead.broadcast_id.is_not(None)
    everyones = (
        select(
            Broadcast.id,
            Broadcast.type,
            null().cast(BigInteger).label("course_id"),
            literal_column("'{}'::jsonb", JSONB).label("data"),
            read.label("is_read"),
            Broadcast.created_date,
            Broadcast.title.cast(String).label("title"),
            Broadcast.body,
        )
        .join(User, and_(User.id == user_id, User.date_joined <= Broadcast.created_date))
        .outerjoin(BroadcastRead, and_(BroadcastRead.broadcast_id == Broadcast.id, BroadcastRead.user_id == user_id))
        .outerjoin(
            NotificationPreference,
            and_(NotificationPreference.user_id == user_id, NotificationPreference.type == Broadcast.type),
        )
        .where(NotificationPreference.web.is_not(False))
    )
    if unread_only:
        own, everyones = own.where(Notification.is_read.is_(False)), everyones.where(read.is_(False))
    return union_all(own, everyones)


def _view(row: Any) -> NotificationView:
    data = {**row.data, "course_id": row.course_id} if row.course_id else row.data
    title, body = (row.title, row.body) if row.body is not None else wording(row.type, row.data, row.course_title)
    return NotificationView(
        id=row.id,
        type=row.type,
        title=title,
        body=body,
        data=data,
        is_read=row.is_read,
        created_date=row.created_date,
    )
