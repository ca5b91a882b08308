"""Telling users something: by the list, by mail at once, or by the next digest, as each of them prefers."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, LiteralString

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.mail.queue import post_all
from gateway.models import User
from gateway.notifications.domain.kinds import DEFAULTS, Channels, Kind
from gateway.notifications.models import NotificationPreference
from shared import outbox
from shared.contracts.gateway.events import NotificationCreated
from shared.database import driver_of

_READERS: LiteralString = """
    SELECT id, asked.type, users.email, is_email_verified, web, preference.email, email_cadence
    FROM unnest(%(user_ids)s::bigint[], %(types)s::text[]) AS asked (id, type)
    JOIN users USING (id)
    LEFT JOIN notification_preferences AS preference ON user_id = id AND preference.type = asked.type
    WHERE is_active
"""
# The rows go as one value: hundreds of them as parameters would keep the event loop busy for long.
_WRITE: LiteralString = """
    INSERT INTO notifications (user_id, type, source, course_id, data, is_web, is_read, email_cadence, created_date)
    SELECT user_id, type, source, course_id, data, is_web, false, email_cadence, %(now)s
    FROM json_to_recordset(%(notices)s::json)
        AS notice (place int, type text, source text, course_id bigint, data jsonb)
    JOIN json_to_recordset(%(rows)s::json) AS row (place int, user_id bigint, is_web boolean, email_cadence text)
        USING (place)
    ORDER BY place, user_id
    ON CONFLICT DO NOTHING RETURNING id, user_id, source
"""


@dataclass(frozen=True)
class Notice:
    """What is to be told."""

    type: Kind
    source: str
    """What it is about: a user is told once of the same."""
    course_id: int | None = None
    data: dict[str, Any] = field(default_factory=dict)
    except_user: int | None = None
    """Whoever did it is not told."""
    mail_only: bool = False
    """It stands in the list by other means."""


@dataclass(frozen=True)
class _Reader:
    user_id: int
    mailbox: str | None
    """Null: no mail, since nobody has said that the address is theirs."""
    channels: Channels


async def notify(session: AsyncSession, user_ids: Sequence[int], notice: Notice, *, now: datetime) -> None:
    """Tell those of these users who are active and want to know. At most four statements; safe to repeat."""
    await notify_of_all(session, [(notice, user_ids)], now=now)


async def notify_of_all(
    session: AsyncSession, notices: Sequence[tuple[Notice, Sequence[int]]], *, now: datetime
) -> None:
    """The same with several notices, each with its users; no more statements."""
    readers = await _readers(
        session,
        {(one, notice.type) for notice, user_ids in notices for one in user_ids if one != notice.except_user},
    )
    wanting = {
        (user_id, notice.source): (place, notice, readers[user_id, notice.type])
        for place, (notice, user_ids) in enumerate(notices)
        for user_id in user_ids
        if user_id != notice.except_user and (user_id, notice.type) in readers
    }
    rows = [row for place, notice, reader in wanting.values() if (row := _row(reader, notice, place)) is not None]
    if not rows:
        return
    said = [
        {"place": place, "type": one.type, "source": one.source, "course_id": one.course_id, "data": one.data}
        for place, (one, _) in enumerate(notices)
    ]
    values = {"notices": json.dumps(said), "rows": json.dumps(rows), "now": now}
    written = await (await driver_of(session)).execute(_WRITE, values)
    told = [(number, *wanting[user_id, source][1:]) async for number, user_id, source in written]
    mails = [
        (f"notification:{number}", reader.mailbox)
        for number, _, reader in told
        if reader.mailbox is not None and reader.channels.mail == "immediate"
    ]
    await post_all(session, mails, now=now)
    events = [
        NotificationCreated(version=1, notification_id=number, user_id=reader.user_id, type=notice.type)
        for number, notice, reader in told
        if reader.channels.web and not notice.mail_only
    ]
    if events:
        await outbox.record(session, *events)


async def notify_administrators(session: AsyncSession, notice: Notice, *, now: datetime) -> None:
    found = await session.scalars(select(User.id).where(User.role == "administrator", User.is_active).limit(1000))
    await notify(session, list(found), notice, now=now)


async def _readers(session: AsyncSession, asked: Collection[tuple[int, Kind]]) -> dict[tuple[int, Kind], _Reader]:
    """Those users who are active, by which channels each wants a kind."""
    if not asked:
        return {}
    user_ids, types = zip(*asked, strict=True)
    values = {"user_ids": list(user_ids), "types": list(types)}
    rows = await (await driver_of(session)).execute(_READERS, values)
    return {
        (user_id, kind): _Reader(
            user_id, email if is_verified else None, DEFAULTS[kind] if web is None else Channels(web, mail, cadence)
        )
        async for user_id, kind, email, is_verified, web, mail, cadence in rows
    }


def channels_of(preference: NotificationPreference | None, kind: Kind) -> Channels:
    if preference is None:
        return DEFAULTS[kind]
    cadence: Any = preference.email_cadence  # the table's check holds it to the cadences
    return Channels(preference.web, preference.email, cadence)


def _cadence(reader: _Reader) -> str:
    return reader.channels.mail if reader.mailbox is not None else "never"


def _row(reader: _Reader, notice: Notice, place: int) -> dict[str, Any] | None:
    """Null when nothing would come of it."""
    is_web, cadence = reader.channels.web and not notice.mail_only, _cadence(reader)
    if not is_web and cadence == "never":
        return None
    return {
        "place": place,
        "user_id": reader.user_id,
        "is_web": is_web,
        "email_cadence": cadence if cadence in ("daily", "weekly") else None,
    }
