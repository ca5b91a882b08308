"""Telling everyone."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.notifications.commands.fanouts import tell
from gateway.notifications.commands.notify import Notice
from gateway.notifications.domain.kinds import BroadcastKind
from gateway.notifications.models import Broadcast
from shared import outbox
from shared.contracts.gateway.events import BroadcastCreated


async def broadcast(
    session: AsyncSession, kind: BroadcastKind, title: str, body: str, *, administrator_id: int, now: datetime
) -> Broadcast:
    """Put something into everyone's list, and have it mailed to those who asked for that.

    It costs one row, and one for each mail.
    """
    told = Broadcast(type=kind, title=title, body=body, created_by=administrator_id, created_date=now)
    session.add(told)
    await session.flush()
    event = BroadcastCreated(version=1, broadcast_id=told.id, type=kind, title=title, body=body)
    await outbox.record(session, event)
    mail = Notice(kind, f"broadcast:{told.id}", data={"broadcast_id": told.id, "title": title, "body": body})
    await tell(session, "mail_readers", mail, now=now)
    return told
