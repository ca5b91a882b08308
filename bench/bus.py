"""What an event costs: processor time of publishing it, of handling it, and of both when events come one by one.

python -m bench.bus

Processor time (user and system) of this process, PostgreSQL and RabbitMQ for each event: on a shared machine it moves
less than the clock. The relay and the consumers are those of the services; the outbox is enrollment's.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import uvloop
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bench.side_by_side import cpu_seconds
from gateway.consumers import HANDLERS as GATEWAY
from shared import outbox
from shared.broker import Publisher, Topology, close_quietly, connect
from shared.contracts import Event
from shared.contracts.enrollment.events import ProgressUpdated
from shared.database import Database
from shared.inbox import Consumer, Handlers
from shared.relay import Relay
from shared.runtime.server import LocalServer
from shared.runtime.stack import Stack

DRAINED = 20_000
ONE_BY_ONE = 2_000
A_SECOND = 200
COURSE = 1
LIMIT_S = 600


async def _nothing(session: AsyncSession, event: Event) -> None:
    """The effect of an event when only the inbox is measured."""


@dataclass(frozen=True)
class Meter:
    """Processor time of this process, PostgreSQL and RabbitMQ."""

    stack: Stack

    def read(self) -> tuple[float, float, float]:
        database, broker = (cpu_seconds([pid]) for pid in self._pids())
        return time.process_time(), database, broker

    def _pids(self) -> Sequence[int]:
        servers = (self.stack.database, self.stack.broker)
        assert all(isinstance(server, LocalServer) for server in servers), "needs servers of its own"
        return [server.process.pid for server in servers if isinstance(server, LocalServer)]


def main() -> None:
    stack = Stack(durable=True)
    try:
        stack.start_servers()
        stack.migrate()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            lines = runner.run(_measure(stack))
    finally:
        stack.close()
    print("\n".join(lines))


async def _measure(stack: Stack) -> list[str]:
    """Markdown lines."""
    urls = stack.wiring.database_urls
    source, target = (Database(urls[name], pool_size=5, name=name) for name in ("enrollment", "gateway"))
    meter = Meter(stack)
    lines = [
        "| microseconds of processor time for an event | Python | PostgreSQL | RabbitMQ |",
        "|---|---|---|---|",
    ]
    relay = Relay(source, Publisher(stack.broker.url, "bench-relay"), service="enrollment", exchange="syllabus.events")
    noting: Handlers = {ProgressUpdated: _nothing}
    telling: Handlers = {ProgressUpdated: GATEWAY[ProgressUpdated]}

    def consumer(name: str, handlers: Handlers) -> Consumer:
        retries, topology = Publisher(stack.broker.url, "bench-retry"), Topology(name, tuple(handlers))
        return Consumer(target, retries, url=stack.broker.url, topology=topology, handlers=handlers)

    async with _queues(stack, Topology("bench", (ProgressUpdated,))):
        await _record(source, DRAINED)
        lines.append(await _line(meter, "publish, 20,000 waiting", [relay], partial(_published, source), DRAINED))
        noted = partial(_handled, target, "bench.enrollment-progress", DRAINED)
        lines.append(await _line(meter, "inbox alone, 20,000 waiting", [consumer("bench", noting)], noted, DRAINED))
        told, teller = partial(_handled, target, "gateway.enrollment-progress", DRAINED), consumer("gateway", telling)
        lines.append(await _line(meter, "the gateway's log of messages, 20,000 waiting", [teller], told, DRAINED))
    async with _queues(stack, Topology("single", (ProgressUpdated,))):
        noted = partial(_handled, target, "single.enrollment-progress", ONE_BY_ONE)
        parts = [relay, consumer("single", noting), _Steady(source)]
        lines.append(await _line(meter, f"both, {A_SECOND} events a second", parts, noted, ONE_BY_ONE))
    await source.close()
    await target.close()
    return lines


@asynccontextmanager
async def _queues(stack: Stack, topology: Topology) -> AsyncIterator[None]:
    connection = await connect(stack.broker.url, "bench")
    try:
        await topology.declare(connection)
        yield
        channel = await connection.channel()
        for queue in topology.queues:
            await channel.queue_delete(queue)
    finally:
        await close_quietly(connection)


async def _line(
    meter: Meter, name: str, parts: Sequence[object], done: Callable[[], Awaitable[bool]], events: int
) -> str:
    before, begun = meter.read(), time.perf_counter()
    tasks = [asyncio.create_task(part.run()) for part in parts]  # type: ignore[attr-defined]
    async with asyncio.timeout(LIMIT_S):
        while not await done():
            await asyncio.sleep(0.2)
    seconds = time.perf_counter() - begun
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    used = [1e6 * (now - then) / events for now, then in zip(meter.read(), before, strict=True)]
    print(f"{name}: {events / seconds:,.0f} a second", flush=True)
    return f"| {name} | " + " | ".join(f"{each:,.0f}" for each in used) + " |"


class _Steady:
    """Records events at a steady pace, each in a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self) -> None:
        begun = time.perf_counter()
        for number in range(ONE_BY_ONE):
            await asyncio.sleep(max(0.0, begun + number / A_SECOND - time.perf_counter()))
            async with self._database.transaction() as session:
                await outbox.record(session, _event(number, version=DRAINED + number))
        await asyncio.Event().wait()


async def _record(database: Database, events: int) -> None:
    for first in range(0, events, 500):
        async with database.transaction() as session:
            await outbox.record(session, *(_event(n % 100, version=n + 1) for n in range(first, first + 500)))


def _event(enrollment: int, *, version: int) -> ProgressUpdated:
    return ProgressUpdated(
        enrollment_id=enrollment + 1, user_id=enrollment + 1, course_id=COURSE, status="active", version=version,
        progress_percentage=40, completed_lessons=20, total_lessons=48, created_date=datetime.now(UTC),
        progress_id=version, lesson_id=7, is_completed=False, lesson_percentage=40, time_spent=version,
    )  # fmt: skip


async def _published(database: Database) -> bool:
    async with database.reading() as session:
        return not await session.scalar(text("SELECT EXISTS (SELECT FROM outbox WHERE published_at IS NULL)"))


async def _handled(database: Database, consumer: str, events: int) -> bool:
    async with database.reading() as session:
        statement = text("SELECT count(*) FROM inbox WHERE consumer = :consumer")
        return (await session.scalar(statement, {"consumer": consumer}) or 0) >= events


if __name__ == "__main__":
    main()
