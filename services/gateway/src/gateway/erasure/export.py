"""All that the system holds about a user, from every service at once. The services' bytes are joined, not parsed."""

import asyncio
from datetime import datetime
from typing import Any, TypeVar

import structlog
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.identity.queries import get_user
from gateway.identity.schemas import UserView
from gateway.models import Session, Table
from gateway.notifications.models import Digest, Notification
from gateway.notifications.queries import list_preferences
from gateway.notifications.schemas import Preference
from gateway.push.domain.messages import user as audience_of
from gateway.push.models import PushAttempt, PushMessage
from gateway.upstream.client import UpstreamDown
from gateway.upstream.inside import Inside
from shared.settings import ServiceName

LIMIT_S = 20.0
MOST_ROWS = 10_000
"""Of one section; the newest."""
OTHERS: tuple[ServiceName, ...] = ("catalog", "enrollment", "assessment", "certificate")

R = TypeVar("R", bound=BaseModel)

log = structlog.get_logger()


class SessionView(BaseModel):
    """A browser in which one is logged in."""

    created_date: datetime
    expires_at: datetime


class NotificationRecord(BaseModel):
    """Something one was told, as it is kept: in the list, by mail, or both."""

    id: int
    type: str
    course_id: int | None
    data: dict[str, Any]
    is_read: bool
    email_cadence: str | None = Field(description="The digest it waits for.")
    created_date: datetime


class DigestRecord(BaseModel):
    """A mail that gathered notifications."""

    cadence: str
    created_date: datetime


class PushedRecord(BaseModel):
    """What was pushed to one's open connections; kept for two days."""

    id: int
    type: str
    course_id: int | None
    assessment_id: int | None
    data: dict[str, Any]
    created_date: datetime


class AttemptClock(BaseModel):
    """Whose clock is shown: an attempt, as the pushing of its time knows it."""

    attempt_id: int
    assessment_id: int
    status: str
    expires_at: datetime | None


class OwnData(UserView):
    """One's account, and what it was told. Of each list the newest 10,000."""

    sessions: list[SessionView]
    notifications: list[NotificationRecord]
    notification_preferences: list[Preference]
    digests: list[DigestRecord]
    pushed: list[PushedRecord]
    attempt_clocks: list[AttemptClock]


class DataExport(BaseModel):
    """What each service holds about a user, in sections named by what they are about; null where it did not answer."""

    user: OwnData
    catalog: dict[str, Any] | None
    enrollment: dict[str, Any] | None
    assessment: dict[str, Any] | None
    certificate: dict[str, Any] | None
    degraded: list[str] = Field(description="Services that did not answer. Ask again for all of it.")


async def get_own_data(session: AsyncSession, user_id: int, *, now: datetime) -> OwnData:
    """The gateway's part. Raises NotFound."""
    user = await get_user(session, user_id, now=now)
    open_ones = select(Session.created_date, Session.expires_at).where(Session.user_id == user_id)
    rows = await session.execute(open_ones.where(Session.expires_at > now).order_by(Session.created_date))
    sessions = [SessionView.model_validate(row._asdict()) for row in rows]
    return OwnData(
        **user.model_dump(),
        sessions=sessions,
        notifications=await _newest(
            session, NotificationRecord, Notification, Notification.user_id == user_id, Notification.id
        ),
        notification_preferences=await list_preferences(session, user_id),
        digests=await _newest(session, DigestRecord, Digest, Digest.user_id == user_id, Digest.id),
        pushed=await _newest(
            session, PushedRecord, PushMessage, PushMessage.audience == audience_of(user_id), PushMessage.id
        ),
        attempt_clocks=await _newest(
            session, AttemptClock, PushAttempt, PushAttempt.user_id == user_id, PushAttempt.attempt_id
        ),
    )


async def _newest(
    session: AsyncSession, record: type[R], table: type[Table], own: ColumnElement[bool], by: Any
) -> list[R]:
    """The newest rows, of `record`'s columns."""
    columns = [getattr(table, name) for name in record.model_fields]
    rows = await session.execute(select(*columns).where(own).order_by(by.desc()).limit(MOST_ROWS))
    return [record.model_validate(row._asdict()) for row in rows]


async def gather(inside: Inside, own: OwnData) -> bytes:
    """A `DataExport` as JSON."""
    found = dict(zip(OTHERS, await asyncio.gather(*(_ask(inside, name, own.id) for name in OTHERS)), strict=True))
    parts = [b'"user":' + own.model_dump_json().encode()]
    parts += [b'"%b":%b' % (name.encode(), part or b"null") for name, part in found.items()]
    missing = ",".join(f'"{name}"' for name, part in found.items() if part is None)
    return b'{%b,"degraded":[%b]}' % (b",".join(parts), missing.encode())


async def _ask(inside: Inside, service: ServiceName, user_id: int) -> bytes | None:
    try:
        found = await inside.get(service, f"/internal/users/{user_id}/export/", limit_s=LIMIT_S)
    except UpstreamDown as error:
        log.warning("export without a service", service=service, error=str(error))
        return None
    return found if found is not None and found[:1] == b"{" and found[-1:] == b"}" else None
