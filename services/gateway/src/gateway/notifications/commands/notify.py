"""Telling users something: by the list, by mail at once, or by the next digest, as each of them prefers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, and_, any_, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.mail.queue import post_all
from gateway.models import User
from gateway.notifications.domain.kinds import DEFAULTS, Channels, Kind
from gateway.notifications.models import NotificationPreference
from shared import outbox
from shared.contracts.gateway.events import NotificationCreated

# The rows go as one value: hundreds of them as parameters would keep the event loop busy for long.
_WRITE = text("""
    INSERT INTO notifications (user_id, type, source, course_id, data, is_web, is_read, email_cadence, created_date)
    SELECT user_id, :type, :source, :course_id, CAST(:data AS jsonb), is_web, false, email_cadence, :now
    FROM json_to_recordset(CAST(:rows AS json)) AS row (user_id bigint, is_web boolean, email_cadence text)
    ON CONFLICT DO NOTHING RETURNING id, user_id
""")


@dataclass(frozen=True)
class Notice:
    """What is to be told."""

    type: Kind
    source: str
    """What it is about: a user is told once of the same."""
    course_id: int | None = None
    data: dict[str, Any] = field(default_factory=dict)
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
    if not user_ids:
        return
    readers = {reader.user_id: reader for reader in await _readers(session, user_ids, notice)}
    rows = [row for reader in readers.values() if (row := _row(reader, notice)) is not None]
    if not rows:
        return
    said = {"type": notice.type, "source": notice.source, "course_id": notice.course_id, "now": now}
    written = await session.execute(_WRITE, {**said, "data": json.dumps(notice.data), "rows": json.dumps(rows)})
    told = [(number, readers[user_id]) for number, user_id in written]
    mails = [(f"notification:{number}", reader.mailbox) for number, reader in told if _cadence(reader) == "immediate"]
    await post_all(session, [(kind, mailbox) for kind, mailbox in mails if mailbox is not None], now=now)
    events = [
        NotificationCreated(version=1, notification_id=number, user_id=reader.user_id, type=notice.type)
        for number, reader in told
        if reader.channels.web and not notice.mail_only
    ]
    if events:
        await outbox.record(session, *events)


async def notify_administrators(session: AsyncSession, notice: Notice, *, now: datetime) -> None:
    found = await session.scalars(select(User.id).where(User.role == "administrator", User.is_active).limit(1000))
    await notify(session, list(found), notice, now=now)


async def _readers(session: AsyncSession, user_ids: Sequence[int], notice: Notice) -> list[_Reader]:
    chosen = and_(NotificationPreference.user_id == User.id, NotificationPreference.type == notice.type)
    rows = await session.execute(
        select(User.id, User.email, User.is_email_verified, NotificationPreference)
        .outerjoin(NotificationPreference, chosen)
        .where(User.id == any_(literal(list(user_ids), ARRAY(BigInteger))), User.is_active)
        .order_by(User.id)
    )
    return [
        _Reader(user_id, email if is_verified else None, channels_of(preference, notice.type))
        for user_id, email, is_verified, preference in rows
    ]


def channels_of(preference: NotificationPreference | None, kind: Kind) -> Channels:
    if preference is None:
        return DEFAULTS[kind]
    cadence: Any = preference.email_cadence  # the table's check holds it to the cadences
    return Channels(preference.web, preference.email, cadence)


def _cadence(reader: _Reader) -> str:
    return reader.channels.mail if reader.mailbox is not None else "never"


def _row(reader: _Reader, notice: Notice) -> dict[str, Any] | None:
    """Null when nothing would come of it."""
    is_web, cadence = reader.channels.web and not notice.mail_only, _cadence(reader)
    if not is_web and cadence == "never":
        return None
    return {
        "user_id": reader.user_id,
        "is_web": is_web,
        "email_cadence": cadence if cadence in ("daily", "weekly") else None,
    }
