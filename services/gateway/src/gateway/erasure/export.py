"""All that the system holds about a user, from every service at once. The services' bytes are joined, not parsed."""

import asyncio
from datetime import datetime
from typing import Any

import structlog
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.identity.queries import get_user
from gateway.identity.schemas import UserView
from gateway.models import Session
from gateway.upstream.client import UpstreamDown
from gateway.upstream.inside import Inside
from shared.settings import ServiceName

LIMIT_S = 20.0
OTHERS: tuple[ServiceName, ...] = ("catalog", "enrollment", "assessment", "certificate")

log = structlog.get_logger()


class SessionView(BaseModel):
    """A browser in which one is logged in."""

    created_date: datetime
    expires_at: datetime


class OwnData(UserView):
    """One's account."""

    sessions: list[SessionView]


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
    return OwnData(**user.model_dump(), sessions=sessions)


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
