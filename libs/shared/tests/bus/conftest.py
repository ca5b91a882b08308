"""A service's end of the bus, on a real broker: a relay and a consumer, started and stopped by the test."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import broker
from shared.broker import Envelope, Publisher, Topology, connect
from shared.contracts.enrollment.events import EnrollmentCreated
from shared.database import Database
from shared.inbox import Consumer
from shared.relay import Relay
from shared.telemetry import cause, request_id

LIMIT_S = 20


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it holds; fail after a limit that only a hang reaches."""
    async with asyncio.timeout(LIMIT_S):
        while not await condition():
            await asyncio.sleep(0.01)


@dataclass
class Bus:
    """The consumer writes a row into `effects` for each event it handles, unless the event's number is in `failing`."""

    database: Database
    url: str
    topology: Topology
    failing: set[int] = field(default_factory=set)
    traces: list[tuple[str, str | None]] = field(default_factory=list)
    """Request id and causing event, as each handling of an event saw them."""

    @property
    def queue(self) -> str:
        return next(iter(self.topology.queues))

    async def on_enrollment(self, session: AsyncSession, event: EnrollmentCreated) -> None:
        self.traces.append((request_id(), cause()))
        await session.execute(
            text("INSERT INTO effects (aggregate_id, version) VALUES (:id, :version)"),
            {"id": event.enrollment_id, "version": event.version},
        )
        if event.enrollment_id in self.failing:
            raise ValueError("this one fails")

    def make_consumer(self) -> Consumer:
        return Consumer(
            self.database, Publisher(self.url, "test-retry"), url=self.url, topology=self.topology,
            handlers={EnrollmentCreated: self.on_enrollment},
        )  # fmt: skip

    def make_relay(self) -> Relay:
        publisher = Publisher(self.url, "test-relay")
        return Relay(self.database, publisher, service="enrollment", exchange=self.topology.exchange)

    async def effects(self) -> list[tuple[int, int]]:
        async with self.database.reading() as session:
            rows = await session.execute(text("SELECT aggregate_id, version FROM effects ORDER BY place"))
            return [(row[0], row[1]) for row in rows]

    async def unpublished(self) -> int:
        async with self.database.reading() as session:
            return await session.scalar(text("SELECT count(*) FROM outbox WHERE published_at IS NULL")) or 0

    @asynccontextmanager
    async def channel(self) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
        connection = await connect(self.url, "test")
        async with connection, connection.channel() as channel:
            yield channel

    async def send(self, *messages: aio_pika.Message) -> None:
        """Put messages straight into the queue."""
        async with self.channel() as channel:
            for message in messages:
                await channel.default_exchange.publish(message, self.queue)

    async def take(self, queue: str) -> AbstractIncomingMessage:
        """Take one message from a queue, waiting for it."""
        async with self.channel() as channel, asyncio.timeout(LIMIT_S):
            found = await channel.get_queue(queue, ensure=False)
            while True:
                message = await found.get(no_ack=True, fail=False)
                if message is not None:
                    return message
                await asyncio.sleep(0.02)

    async def depth(self, queue: str) -> int:
        async with self.channel() as channel:
            declared = await channel.declare_queue(queue, passive=True)
            return declared.declaration_result.message_count or 0

    async def is_consumed(self) -> bool:
        """Whether the queue exists and a consumer is attached to it."""
        async with self.channel() as channel:
            try:
                declared = await channel.declare_queue(self.queue, passive=True)
            except aio_pika.exceptions.ChannelNotFoundEntity:
                return False
            return bool(declared.declaration_result.consumer_count)


@asynccontextmanager
async def running(*parts: Any) -> AsyncIterator[None]:
    """Run relays or consumers beside the block."""
    tasks = [asyncio.create_task(part.run()) for part in parts]
    try:
        yield
    finally:
        for task in tasks:
            assert not task.done(), "a relay or consumer ended by itself"
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@pytest.fixture
async def bus(database: Database, amqp_url: str, bus_prefix: str) -> AsyncIterator[Bus]:
    made = Bus(database, amqp_url, Topology("enrollment", (EnrollmentCreated,), bus_prefix))
    connection = await connect(amqp_url, "test")
    async with connection:
        await made.topology.declare(connection)
    yield made
    async with made.channel() as channel:
        for queue in made.topology.queues:
            delays = {broker.retry_queue(queue, delay) for delay in broker.RETRY_DELAYS_S}
            for name in (queue, broker.dead_letters(queue), *delays):
                await channel.queue_delete(name)
        await channel.queue_delete(f"{made.topology.prefix}syllabus.unrouted")
        await channel.exchange_delete(made.topology.exchange)
        await channel.exchange_delete(f"{made.topology.prefix}syllabus.unrouted")


@pytest.fixture
def wait_until() -> Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]:
    return until


@pytest.fixture
def run() -> Callable[..., Any]:
    return running


@pytest.fixture
def message_of() -> Callable[..., aio_pika.Message]:
    """An event as a message, as the relay would publish it."""

    def make(
        event: EnrollmentCreated, *, event_id: str, attempt: int = 1, event_type: str | None = None
    ) -> aio_pika.Message:
        return Envelope(
            event_id=event_id, type=event_type or event.TYPE, source="enrollment", aggregate_id=event.aggregate_id,
            version=event.version, time=datetime.now(UTC), data=event.model_dump_json().encode(), attempt=attempt,
        ).to_message()  # fmt: skip

    return make
