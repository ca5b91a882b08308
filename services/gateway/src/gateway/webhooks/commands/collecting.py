"""From the feed of events to deliveries that wait: each webhook has its own place in the feed, so none loses an event.

Webhooks that are at the same place, as all are that have caught up, share one look at the feed.
"""

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.aggregate.feed import SERVICES, EventFeed, Wanted, get_feed, write_cursor
from gateway.webhooks.domain.types import matching
from gateway.webhooks.models import Delivery, Webhook
from shared.contracts.log import LoggedEvent, LogPage
from shared.database import Database
from shared.errors import ServiceUnavailable
from shared.event_log import read_log
from shared.peers import Params, Peers
from shared.settings import ServiceName

AT_ONCE = 100
"""Events in one look."""
MOST_WAITING = 1000
"""Deliveries of one webhook; beyond, its events wait in the feed."""
KEPT = timedelta(days=30)


@dataclass(frozen=True)
class _Group:
    """Webhooks at the same place, with the types that each wants."""

    place: str
    wanted: dict[int, frozenset[str]]

    @property
    def types(self) -> list[str]:
        return sorted(frozenset().union(*self.wanted.values()))


async def collect(database: Database, peers: Peers, *, now: datetime) -> bool:
    """Write down what is to be delivered; whether there may be more at once. Safe to run twice at once."""
    async with database.reading() as session:
        groups = await _groups(session)
    full = False
    for group in groups:
        feed = await get_feed(peers, database, Wanted(SERVICES, group.types, AT_ONCE), group.place, wait_s=0)
        if feed.next != group.place:
            async with database.transaction() as session:
                await _write_down(session, group, feed, now)
        full = full or len(feed.results) == AT_ONCE
    return full


async def end_of_feed(database: Database, peers: Peers) -> str:
    """Where the feed ends now. A service that does not answer is read from its oldest event on; what is older than the
    webhook is passed over.
    """

    async def ask(service: ServiceName) -> int | None:
        if service == "gateway":
            async with database.reading() as session:
                return (await read_log(session, service, after=0, types=[], limit=0)).next
        try:
            params: Params = {"after": 0, "limit": 0}
            page = await peers.get(service, "/internal/events/", LogPage, params)
        except ServiceUnavailable:
            return None
        return page.next if page else None

    ends = await asyncio.gather(*map(ask, SERVICES))
    return write_cursor({service: end for service, end in zip(SERVICES, ends, strict=True) if end is not None})


async def forget_old_deliveries(session: AsyncSession, *, now: datetime) -> None:
    """Drop what came to its end 30 days ago."""
    old = Delivery.created_date < now - KEPT
    await session.execute(delete(Delivery).where(old, Delivery.status != "pending"))


async def _groups(session: AsyncSession) -> list[_Group]:
    waiting = (
        select(func.count())
        .where(Delivery.webhook_id == Webhook.id, Delivery.status == "pending")
        .correlate(Webhook)
        .scalar_subquery()
    )
    rows = await session.execute(
        select(Webhook.id, Webhook.place, Webhook.event_types).where(Webhook.is_active, waiting < MOST_WAITING)
    )
    places: dict[str, dict[int, frozenset[str]]] = defaultdict(dict)
    for webhook_id, place, event_types in rows:
        if types := matching(event_types):
            places[place][webhook_id] = types
    return [_Group(place, wanted) for place, wanted in places.items()]


async def _write_down(session: AsyncSession, group: _Group, feed: EventFeed, now: datetime) -> None:
    """Those that another process moved on meanwhile, or somebody switched off, are left."""
    at_place = select(Webhook).where(Webhook.id.in_(group.wanted), Webhook.place == group.place, Webhook.is_active)
    rows = []
    for webhook in await session.scalars(at_place.order_by(Webhook.id).with_for_update()):
        webhook.place = feed.next
        rows += [
            _row(webhook.id, event, now)
            for event in feed.results
            if event.type in group.wanted[webhook.id] and event.time >= webhook.created_date
        ]
    await session.flush()
    if rows:
        await session.execute(insert(Delivery).on_conflict_do_nothing(), rows)


def _row(webhook_id: int, event: LoggedEvent, now: datetime) -> dict[str, object]:
    return {
        "webhook_id": webhook_id,
        "event_id": event.id,
        "event_type": event.type,
        "payload": event.model_dump_json(include=_FIELDS),
        "status": "pending",
        "is_redelivery": False,
        "attempts": 0,
        "log": [],
        "created_date": now,
    }


_FIELDS = set(LoggedEvent.model_fields)
"""Without the place in the log, which is ours."""
