"""What makes a kept page old: each gateway process listens to the bus with a queue of its own, gone with it.

A change of a course drops its pages and all lists. Figures that the catalog follows by event itself (learners, ratings)
may reach this process before they reach the catalog, so pages with them fade within a second instead.
"""

import asyncio
import json
from contextlib import suppress

import structlog
from aio_pika.abc import AbstractIncomingMessage
from uuid_utils import uuid7

from gateway.cache.pages import COURSES, Pages
from shared.broker import CONNECTION_LOST, close_quietly, connect
from shared.stopping import stop_if_cancelled

FADES_WITHIN_S = 1.0
RECONNECT_S = 1.0
BINDINGS = (
    "catalog.#",
    "enrollment.enrollment.#",
    "enrollment.review.#",
    "enrollment.rating.#",
    "assessment.assessment.#",
    "gateway.user.#",
)

log = structlog.get_logger()


async def follow(pages: Pages, amqp_url: str, prefix: str = "") -> None:
    """Open `pages` while the bus tells of changes; until cancelled."""
    while True:
        try:
            await _listen(pages, amqp_url, prefix)
        except CONNECTION_LOST as error:
            stop_if_cancelled()
            if pages.is_open:
                log.warning("no news of changes; pages are made anew each time", error=type(error).__name__)
        finally:
            pages.close()
        await asyncio.sleep(RECONNECT_S)


async def _listen(pages: Pages, amqp_url: str, prefix: str) -> None:
    connection = await connect(amqp_url, "gateway-pages")
    try:
        channel = await connection.channel()
        queue = await channel.declare_queue(f"{prefix}gateway.pages.{uuid7()}", exclusive=True, auto_delete=True)
        for key in BINDINGS:
            await queue.bind(f"{prefix}syllabus.events", key)
        lost = asyncio.get_running_loop().create_future()

        def end(*_: object) -> None:
            if not lost.done():
                lost.set_result(None)

        for closing in (connection, channel):
            closing.close_callbacks.add(end)

        async def take(message: AbstractIncomingMessage) -> None:
            note(pages, message.routing_key or "", message.body, str(message.headers.get("cloudEvents_partitionkey")))

        await queue.consume(take, no_ack=True)
        pages.is_open = True
        await lost
        raise ConnectionError("the broker has gone")
    finally:
        await close_quietly(connection)


def note(pages: Pages, event: str, body: bytes, aggregate_id: str) -> None:
    """What one event means for the pages."""
    if event.startswith(("catalog.course.", "catalog.assessment.")):
        pages.drop(f"course:{aggregate_id}")
        pages.drop(COURSES)
    elif event.startswith(("catalog.", "gateway.user.updated.", "gateway.user.erased.")):
        pages.drop_all()
    elif event.startswith("enrollment.review."):
        pages.drop(f"course:{_course_in(body)}")
    elif event.startswith(("enrollment.rating.", "enrollment.enrollment.", "assessment.assessment.")):
        pages.fade(f"course:{_course_in(body)}", FADES_WITHIN_S)
        pages.fade(COURSES, FADES_WITHIN_S)


def _course_in(body: bytes) -> int | None:
    with suppress(ValueError, TypeError, KeyError):
        return int(json.loads(body)["course_id"])
    return None
