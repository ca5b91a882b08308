"""`python -m tests.faults.sabotage NAME SERVICE`: a worker that lacks one of the precautions that keep events safe.

The suite has to notice: what it counts for a system that is sound would be worth nothing otherwise.
"""

import runpy
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import broker, inbox


def publish_without_confirms() -> None:
    """The relay marks as published what the broker never took."""
    publish = broker.Publisher.publish

    async def hope(self: broker.Publisher, messages: Iterable[Any], exchange: str = "") -> None:
        with suppress(broker.BrokerAway):
            await publish(self, messages, exchange)

    broker.Publisher.publish = hope  # type: ignore[method-assign]


def handle_without_inbox() -> None:
    """Each delivery has its effect, and the catalog does not look at versions either."""
    from catalog import consumers

    take: Callable[..., Awaitable[None]] = consumers.take_enrollments

    async def all_are_new(session: AsyncSession, consumer: str, event_ids: Sequence[str]) -> set[str]:
        return set(event_ids)

    async def take_as_new(session: AsyncSession, events: Sequence[Any]) -> None:
        ids = [event.enrollment_id for event in events]
        await session.execute(text("DELETE FROM enrollments WHERE enrollment_id = ANY(:ids)"), {"ids": ids})
        await take(session, events)

    inbox.claim = all_are_new
    consumers.take_enrollments = take_as_new


if __name__ == "__main__":
    _, name, service = sys.argv
    {"publish_without_confirms": publish_without_confirms, "handle_without_inbox": handle_without_inbox}[name]()
    sys.argv = [service, "worker"]
    runpy.run_module(service, run_name="__main__")
