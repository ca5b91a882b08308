"""The HTTP entrance of notifications."""

from datetime import UTC, datetime

from fastapi import APIRouter

from gateway.notifications.commands.broadcasts import broadcast
from gateway.notifications.commands.reading import mark_all_read, mark_read, set_preferences
from gateway.notifications.queries import get_notification, list_notifications, list_preferences
from gateway.notifications.schemas import (
    AllRead,
    BroadcastCreate,
    BroadcastView,
    NotificationPage,
    NotificationView,
    Preference,
    Preferences,
)
from shared.auth import Administrator, SignedIn
from shared.database import Reading, Transaction
from shared.fields import PathId
from shared.pagination import Paging

router = APIRouter(tags=["Notifications"])


@router.get("/api/notifications/")
async def get_notifications(
    caller: SignedIn, session: Reading, page: Paging, unread: bool | None = None
) -> NotificationPage:
    """One's own notifications, newest first, with the number of unread ones. They are kept for half a year.

    Order by `created_date` or `id`.
    """
    return await list_notifications(session, caller.user_id, page, unread=unread)


@router.post("/api/notifications/{notification_id}/read/")
async def read_notification(notification_id: PathId, caller: SignedIn, session: Transaction) -> NotificationView:
    """Mark one as read. Doing it again changes nothing."""
    await mark_read(session, caller.user_id, notification_id)
    return await get_notification(session, caller.user_id, notification_id)


@router.post("/api/notifications/read-all/")
async def read_all_notifications(caller: SignedIn, session: Transaction) -> AllRead:
    """Mark all of one's own as read."""
    return AllRead(read=await mark_all_read(session, caller.user_id))


@router.post("/api/notifications/broadcast/", status_code=202)
async def post_broadcast(body: BroadcastCreate, caller: Administrator, session: Transaction) -> BroadcastView:
    """Tell everyone who has an account now. It is in all lists at once; mails go out to those who asked for them."""
    told = await broadcast(
        session, body.type, body.title, body.body, administrator_id=caller.user_id, now=datetime.now(UTC)
    )
    return BroadcastView(id=told.id, type=body.type, title=told.title, body=told.body, created_date=told.created_date)


@router.get("/api/user/notification-preferences/")
async def get_preferences(caller: SignedIn, session: Reading) -> list[Preference]:
    """How one is told of each type of notification."""
    return await list_preferences(session, caller.user_id)


@router.put("/api/user/notification-preferences/")
async def put_preferences(body: Preferences, caller: SignedIn, session: Transaction) -> list[Preference]:
    """Choose for each type whether it is listed, whether and how often it is mailed. Types left out stay as they are.

    Mails go to an address that is verified.
    """
    await set_preferences(session, caller.user_id, body)
    return await list_preferences(session, caller.user_id)
