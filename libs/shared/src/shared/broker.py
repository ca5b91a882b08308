"""RabbitMQ: connections, the shape of a message, and the topology of exchanges and queues.

Topology: every event goes to the topic exchange `syllabus.events` with its type as routing key. A consumer owns one
quorum queue for each aggregate it follows (`enrollment.catalog-course`), with a single active consumer, so that events
of one aggregate are handled in order, and beside it `….retry.5s`, `….retry.60s` (which send back when their time is
up) and `….dlq`. What no queue wants goes to `syllabus.unrouted`, so that it cannot hold up the relay.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq import Channel
from aiormq.abc import DeliveredMessage
from aiormq.exceptions import AMQPError, ChannelNotFoundEntity

from shared.contracts import Event
from shared.telemetry import CONFIRM_SECONDS, RECONNECTS
from shared.wire import publish_at_once

CONNECT_LIMIT_S = 5
PUBLISH_LIMIT_S = 5
CLOSE_LIMIT_S = 2
RETRY_DELAYS_S = (5, 60, 60)
"""Waits before the second, third and fourth attempt at an event; after the last it is a dead letter."""
DELIVERY_LIMIT = 20
QUEUE_LIMIT_BYTES = 2_000_000_000
PROBE = "syllabus.probe"
SETTLE_S = 2
"""A quorum queue younger than this may not survive a crash of the broker (docs/adr/0003)."""

CONNECTION_LOST = (AMQPError, OSError, TimeoutError, RuntimeError)
"""What aio-pika raises when the broker goes away (RuntimeError: a channel used after its end)."""

log = structlog.get_logger()


class BrokerAway(Exception):
    """The broker did not confirm. What was being published may or may not have arrived: publish it again."""


@dataclass(frozen=True)
class Envelope:
    """An event on its way: CloudEvents attributes around its data."""

    event_id: str
    type: str
    source: str
    """Name of the service that published it."""
    aggregate_id: str
    version: int
    time: datetime
    data: bytes
    """JSON."""
    correlation_id: str = ""
    causation_id: str | None = None
    attempt: int = 1
    traceparent: str | None = None
    """Of the request or event that caused it, where that was traced."""

    def to_message(self) -> aio_pika.Message:
        """Binary content mode of CloudEvents 1.0 over AMQP. Persistent."""
        aggregate = self.type.split(".")[1]
        headers: dict[str, Any] = {
            "cloudEvents_specversion": "1.0",
            "cloudEvents_id": self.event_id,
            "cloudEvents_source": f"/{self.source}",
            "cloudEvents_type": self.type,
            "cloudEvents_subject": f"{aggregate}/{self.aggregate_id}",
            "cloudEvents_time": self.time.isoformat().replace("+00:00", "Z"),
            "cloudEvents_partitionkey": self.aggregate_id,
            "cloudEvents_sequence": str(self.version),
            "syllabus_attempt": self.attempt,
        }
        if self.causation_id:
            headers["cloudEvents_causationid"] = self.causation_id
        if self.traceparent:
            headers["traceparent"] = headers["cloudEvents_traceparent"] = self.traceparent
        return aio_pika.Message(
            self.data,
            message_id=self.event_id,
            type=self.type,
            app_id=self.source,
            timestamp=self.time,
            correlation_id=self.correlation_id or None,
            content_type="application/json",
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            headers=headers,
        )

    @classmethod
    def of_delivery(cls, message: DeliveredMessage) -> "Envelope":
        """Raises KeyError, ValueError or TypeError when the message is none of ours."""
        headers: dict[str, Any] = message.header.properties.headers or {}
        return cls(
            event_id=str(headers["cloudEvents_id"]),
            type=str(headers["cloudEvents_type"]),
            source=str(headers["cloudEvents_source"]).removeprefix("/"),
            aggregate_id=str(headers["cloudEvents_partitionkey"]),
            version=int(str(headers["cloudEvents_sequence"])),
            time=datetime.fromisoformat(str(headers["cloudEvents_time"])),
            data=message.body,
            correlation_id=message.header.properties.correlation_id or "",
            causation_id=str(headers["cloudEvents_causationid"]) if "cloudEvents_causationid" in headers else None,
            attempt=int(str(headers.get("syllabus_attempt", 1))),
            traceparent=str(headers["traceparent"])[:55] if "traceparent" in headers else None,
        )


async def connect(url: str, name: str) -> AbstractConnection:
    """A plain connection. Whoever uses it rebuilds everything on it when it is lost (docs/adr/0003)."""
    return await aio_pika.connect(
        url, heartbeat=10, timeout=CONNECT_LIMIT_S, client_properties={"connection_name": name}
    )


@contextmanager
def no_stray_cancellation() -> Iterator[None]:
    """When the broker freezes, aiormq ends what waits with a CancelledError that nobody asked for (docs/adr/0003).

    That one becomes a ConnectionError; a real cancellation passes.
    """
    try:
        yield
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise ConnectionError("connection to the broker lost") from None


class Publisher:
    """Publishes with confirms, on a connection of its own that is opened when needed and again after a failure.

    Apart from the consumers' connection, because a broker short of memory stops reading from those that publish.
    """

    def __init__(self, url: str, name: str) -> None:
        self._url = url
        self._name = name
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None

    async def publish(self, messages: Iterable[tuple[aio_pika.Message, str]], exchange: str = "") -> None:
        """Publish `(message, routing key)` pairs in order and wait for every confirm. Raises BrokerAway."""
        try:
            async with asyncio.timeout(PUBLISH_LIMIT_S):
                with no_stray_cancellation():
                    channel = await self._open()
                    with CONFIRM_SECONDS.time():
                        await publish_at_once(channel, messages, exchange)
        except CONNECTION_LOST as error:
            await self._drop()
            RECONNECTS.labels(self._name.rpartition("-")[2]).inc()
            raise BrokerAway(f"{type(error).__name__}: {error}") from error

    async def close(self) -> None:
        await self._drop()

    async def _open(self) -> Channel:
        if self._channel is None or self._channel.is_closed:
            await self._drop()
            self._connection = await connect(self._url, self._name)
            self._channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
        channel = await self._channel.get_underlay_channel()
        assert isinstance(channel, Channel)
        return channel

    async def _drop(self) -> None:
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            await close_quietly(connection)


async def close_quietly(connection: AbstractConnection) -> None:
    """Close a connection that may be lost already, in bounded time."""
    with suppress(*CONNECTION_LOST):
        async with asyncio.timeout(CLOSE_LIMIT_S):
            with no_stray_cancellation():
                await connection.close()


@dataclass(frozen=True)
class Topology:
    """The exchanges, and the queues of one consumer: a queue for each aggregate whose events it handles."""

    consumer: str
    """Name of the service that consumes."""
    events: tuple[type[Event], ...]
    prefix: str = ""

    @property
    def exchange(self) -> str:
        return f"{self.prefix}syllabus.events"

    @property
    def queues(self) -> dict[str, str]:
        """Queue name → binding key: all facts of one aggregate."""
        return {
            f"{self.prefix}{self.consumer}.{owner}-{aggregate}": f"{owner}.{aggregate}.#"
            for owner, aggregate in dict.fromkeys((event.owner(), event.aggregate()) for event in self.events)
        }

    async def declare(self, connection: AbstractConnection) -> list[str]:
        """Make what is missing; safe to repeat. Returns the queues that were not there before."""
        missing = [name for name in self.queues if not await _exists(connection, name)]
        async with connection.channel() as channel:
            unrouted = await channel.declare_exchange(f"{self.prefix}syllabus.unrouted", "fanout", durable=True)
            events = await channel.declare_exchange(
                self.exchange, "topic", durable=True, arguments={"alternate-exchange": unrouted.name}
            )
            leftovers = await channel.declare_queue(
                unrouted.name, durable=True, arguments={"x-queue-type": "quorum", "x-max-length": 100_000}
            )
            await leftovers.bind(unrouted)
            for name, key in self.queues.items():
                await self._declare_queue(channel, name)
                await (await channel.get_queue(name, ensure=False)).bind(events, key)
        return missing

    async def _declare_queue(self, channel: AbstractChannel, name: str) -> None:
        lasting: dict[str, Any] = {
            "x-queue-type": "quorum",
            "x-overflow": "reject-publish",
            "x-max-length-bytes": QUEUE_LIMIT_BYTES,
        }
        await channel.declare_queue(dead_letters(name), durable=True, arguments={"x-queue-type": "quorum"})
        for delay in sorted(set(RETRY_DELAYS_S)):
            await channel.declare_queue(
                retry_queue(name, delay),
                durable=True,
                arguments={
                    **lasting,
                    "x-message-ttl": delay * 1000,
                    "x-dead-letter-exchange": "",
                    "x-dead-letter-routing-key": name,
                    "x-dead-letter-strategy": "at-least-once",
                },
            )
        await channel.declare_queue(
            name,
            durable=True,
            arguments={
                **lasting,
                "x-single-active-consumer": True,
                # The backstop for an event that ends the process each time: attempts are counted by us otherwise.
                "x-delivery-limit": DELIVERY_LIMIT,
                "x-dead-letter-exchange": "",
                "x-dead-letter-routing-key": dead_letters(name),
                "x-dead-letter-strategy": "at-least-once",
            },
        )


def retry_queue(queue: str, delay: int) -> str:
    """Where events of `queue` wait `delay` seconds for another attempt."""
    return f"{queue}.retry.{delay}s"


def dead_letters(queue: str) -> str:
    """Where events of `queue` end that could not be handled."""
    return f"{queue}.dlq"


async def _exists(connection: AbstractConnection, queue: str) -> bool:
    channel = await connection.channel()
    try:
        await channel.declare_queue(queue, passive=True)
    except ChannelNotFoundEntity:
        return False
    await channel.close()
    return True


async def prepare_topology(url: str, topology: Topology) -> None:
    """The job before traffic: declare, let new queues settle, and see that each takes a confirmed message.

    The message is a probe that consumers drop.
    """
    connection = await connect(url, f"{topology.consumer}-topology")
    try:
        made = await topology.declare(connection)
    finally:
        await close_quietly(connection)
    if not made:
        return
    await asyncio.sleep(SETTLE_S)
    publisher = Publisher(url, f"{topology.consumer}-topology")
    try:
        await publisher.publish((aio_pika.Message(b"", type=PROBE), name) for name in made)
    finally:
        await publisher.close()
    log.info("queues made", queues=made)
