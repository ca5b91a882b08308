"""Every event of every service as one feed that can be replayed: the services' logs, merged.

The cursor holds the place in each log. Events of one service keep the order in which they were published, so events of
one aggregate do; between services the times decide.
"""

import asyncio
import base64
import heapq
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from pydantic import BaseModel, Field

from shared.contracts.log import LogEntry, LoggedEvent, LogPage
from shared.database import Database
from shared.errors import Invalid, ServiceUnavailable
from shared.event_log import read_log
from shared.fields import LARGEST_ID
from shared.peers import Params, Peers
from shared.settings import ServiceName

SERVICES: tuple[ServiceName, ...] = get_args(ServiceName)
LONGEST_WAIT_S = 20
LOOK_AGAIN_S = 0.25
HEARTBEAT_S = 15.0
LONGEST_STREAM_S = 300.0
COME_AGAIN_MS = 1000

Places = Mapping[ServiceName, int]
"""The position after which to go on, in each service's log; 0 for the beginning."""


class EventFeed(BaseModel):
    """A stretch of the feed. `next` is where to go on, also when nothing came."""

    results: list[LoggedEvent]
    next: str
    degraded: list[str] = Field(description="Services that did not answer; their events come when they do.")


@dataclass(frozen=True)
class Wanted:
    """What is asked for of the feed."""

    sources: Sequence[ServiceName]
    types: Sequence[str]
    limit: int


async def get_feed(peers: Peers, database: Database, wanted: Wanted, cursor: str, *, wait_s: float) -> EventFeed:
    """The events after `cursor`; waits up to `wait_s` for the first when there is none. Raises Invalid."""
    results, places, degraded = await _stretch(peers, database, wanted, read_cursor(cursor), wait_s=wait_s)
    return EventFeed(results=list(results), next=write_cursor(places), degraded=degraded)


async def stream_feed(peers: Peers, database: Database, wanted: Wanted, places: Places) -> AsyncIterator[str]:
    """The events after these places as Server-Sent Events, each with the cursor after it as its id.

    Ends after a while, so that whoever may not read any more is found out; a client comes again by itself.
    """
    until = asyncio.get_running_loop().time() + LONGEST_STREAM_S
    yield f"retry: {COME_AGAIN_MS}\n\n"
    while asyncio.get_running_loop().time() < until:
        entries, after, _ = await _stretch(peers, database, wanted, places, wait_s=HEARTBEAT_S)
        for entry in entries:
            source: ServiceName = entry.source.removeprefix("/")  # type: ignore[assignment]
            places = {**places, source: entry.position}
            data = LoggedEvent(**entry.model_dump(exclude={"position"})).model_dump_json()
            yield f"id: {write_cursor(places)}\nevent: {entry.type}\ndata: {data}\n\n"
        places = after
        if not entries:
            yield ": nothing new\n\n"


async def _stretch(
    peers: Peers, database: Database, wanted: Wanted, places: Places, *, wait_s: float
) -> tuple[Sequence[LogEntry], dict[ServiceName, int], list[str]]:
    """The events after these places, the places after them, and who did not answer."""
    deadline = asyncio.get_running_loop().time() + wait_s
    while True:
        pages, degraded = await _ask_all(peers, database, wanted, places)
        if any(page.results for page in pages.values()) or asyncio.get_running_loop().time() >= deadline:
            break
        places = {**places, **{service: page.next for service, page in pages.items()}}
        await asyncio.sleep(LOOK_AGAIN_S)
    results, after = merge(pages, places, wanted.limit)
    return results, after, degraded


async def _ask_all(
    peers: Peers, database: Database, wanted: Wanted, places: Places
) -> tuple[dict[ServiceName, LogPage], list[str]]:
    async def ask(service: ServiceName) -> LogPage | None:
        after = places.get(service, 0)
        if service == "gateway":
            async with database.reading() as session:
                return await read_log(session, service, after=after, types=wanted.types, limit=wanted.limit)
        params: Params = {"after": after, "type": wanted.types, "limit": wanted.limit}
        try:
            return await peers.get(service, "/internal/events/", LogPage, params)
        except ServiceUnavailable:
            return None

    pages = await asyncio.gather(*map(ask, wanted.sources))
    answered = {service: page for service, page in zip(wanted.sources, pages, strict=True) if page is not None}
    return answered, [service for service in wanted.sources if service not in answered]


def merge(
    pages: Mapping[ServiceName, LogPage], places: Places, limit: int
) -> tuple[Sequence[LogEntry], dict[ServiceName, int]]:
    """The first `limit` entries of all pages, and the places after them."""
    logs = ([(entry, service) for entry in page.results] for service, page in pages.items())
    merged = list(heapq.merge(*logs, key=lambda item: item[0].time))
    after = {**places, **{service: page.next for service, page in pages.items()}}
    for entry, service in reversed(merged[limit:]):
        after[service] = entry.position - 1  # what did not fit comes next time
    return [entry for entry, _ in merged[:limit]], after


def write_cursor(places: Places) -> str:
    return base64.urlsafe_b64encode(json.dumps(places, separators=(",", ":")).encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> dict[ServiceName, int]:
    """Raises Invalid on what is not a cursor of ours. Empty: the beginning."""
    if not cursor:
        return {}
    try:
        places = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(places, dict):
            raise ValueError("not a cursor")
        return {service: _position(places[service]) for service in SERVICES if service in places}
    except (ValueError, TypeError) as error:
        raise Invalid(after="This is not a cursor of this feed. Leave it out to begin at the oldest event.") from error


def _position(value: object) -> int:
    if type(value) is not int or not 0 <= value <= LARGEST_ID:
        raise ValueError("not a position")
    return value
