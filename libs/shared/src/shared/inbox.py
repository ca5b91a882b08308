"""The inbox: from the broker to an effect, exactly once.

A consumer takes events from one queue, one batch after another. In a single transaction it notes each event's id in
`inbox` and carries out its effect; an id that stands there already is skipped. Only then it acknowledges. A crash
anywhere repeats the delivery and not the effect.

A failure of the database is waited out with the batch in hand. An event whose handler fails goes to a retry queue,
and after the last attempt, or at once when it cannot be read, to the dead letters.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, LiteralString

import structlog
from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractConnection
from aiormq.abc import DeliveredMessage
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import tracing
from shared.broker import (
    CONNECTION_LOST,
    PROBE,
    RETRY_DELAYS_S,
    BrokerAway,
    Envelope,
    Publisher,
    Topology,
    close_quietly,
    connect,
    dead_letters,
    no_stray_cancellation,
    retry_queue,
)
from shared.contracts import Event
from shared.database import Database, driver_of, is_away, is_contended
from shared.errors import ServiceUnavailable
from shared.stopping import stop_if_cancelled
from shared.telemetry import CONSUME_LAG, CONSUMED, DEAD_LETTERED, DUPLICATES, RECONNECTS, REDELIVERED, RETRIED, begin

BATCH = 50
PREFETCH = 100
LONGEST_BACKOFF_S = 30.0
KEPT_DAYS = 40
"""Longer than the outbox keeps what it could replay."""

CREATE_TABLES = (
    """
    CREATE TABLE inbox (
        consumer text NOT NULL,
        event_id uuid NOT NULL,
        handled_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (consumer, event_id)
    )
    """,
    "CREATE INDEX inbox_handled_at ON inbox USING brin (handled_at)",
)
"""For the first migration of a service."""

Handler = Callable[[AsyncSession, Any], Awaitable[None]]
"""`async def on_course(session, event)`: the effect of one event, in the session's transaction."""
Handlers = Mapping[type[Event], Handler]
"""What a service does about which event. An event of a type not named here is dropped."""


@dataclass(frozen=True)
class BatchHandler:
    """The effect of many events at once: of those in a batch that follow one another and have this same handler.

    It must come out as if they were handled one after the other. It records no events, as what several caused has no
    one cause. When it fails, it is called with each alone.
    """

    run: Callable[[AsyncSession, Sequence[Any]], Awaitable[None]]

    async def __call__(self, session: AsyncSession, event: Event) -> None:
        await self.run(session, [event])


_CLAIM: LiteralString = """
    INSERT INTO inbox (consumer, event_id)
    SELECT %s, unnest(%s::uuid[]) ON CONFLICT DO NOTHING RETURNING event_id::text
"""
_FORGET = text("DELETE FROM inbox WHERE handled_at < now() - make_interval(days => CAST(:days AS integer))")

log = structlog.get_logger()


@dataclass(frozen=True)
class Delivery:
    """An event as it came, read."""

    envelope: Envelope
    event: Event


class Unreadable(Exception):
    """The message is none of ours, or its data does not fit its type."""


class Consumer:
    """Handles the events of all queues of a topology until cancelled, and starts anew whenever the broker was away."""

    def __init__(
        self, database: Database, publisher: Publisher, *, url: str, topology: Topology, handlers: Handlers
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._url = url
        self._topology = topology
        self._handlers = {event.TYPE: (event, handler) for event, handler in handlers.items()}

    async def run(self) -> None:
        backoff = 0.5
        while True:
            connection: AbstractConnection | None = None
            try:
                connection = await connect(self._url, f"{self._topology.consumer}-consumer")
                if made := await self._topology.declare(connection):
                    log.warning("queues were missing; events since then may need a replay", queues=made)
                backoff = 0.5
                await self._consume_all(connection)
            except (*CONNECTION_LOST, BrokerAway) as error:
                stop_if_cancelled()
                RECONNECTS.labels("consumer").inc()
                log.warning("consumer lost the broker", error=str(error), again_in=backoff)
            finally:
                if connection is not None:
                    await close_quietly(connection)
            await asyncio.sleep(backoff)
            backoff = min(backoff * 2, LONGEST_BACKOFF_S)

    async def _consume_all(self, connection: AbstractConnection) -> None:
        """Handle all queues, until one of them is lost: then that is raised, and the others end.

        No TaskGroup: on Python 3.11 it loses a cancellation that comes while one of its tasks fails, and leaves behind
        one that nobody asked for.
        """
        tasks = [asyncio.create_task(self._consume(connection, queue)) for queue in self._topology.queues]
        try:
            if not tasks:
                await asyncio.Event().wait()
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in ended:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _consume(self, connection: AbstractConnection, queue: str) -> None:
        """Handle one queue in order. Raises ConnectionError when its channel or its queue is gone."""
        channel = await (await connection.channel(publisher_confirms=False)).get_underlay_channel()
        await channel.basic_qos(prefetch_count=PREFETCH)
        arrived: asyncio.Queue[DeliveredMessage | None] = asyncio.Queue()
        channel.closing.add_done_callback(lambda _: arrived.put_nowait(None))
        channel.on_consumer_cancel_callbacks.add(lambda _: arrived.put_nowait(None))

        async def arrive(message: DeliveredMessage) -> None:
            arrived.put_nowait(message)

        with no_stray_cancellation():
            await channel.basic_consume(queue, arrive)
            while True:
                messages = [await arrived.get()]
                while len(messages) < BATCH and not arrived.empty():
                    messages.append(arrived.get_nowait())
                batch = [message for message in messages if message is not None]
                if batch:
                    await self.handle(queue, batch)
                    assert batch[-1].delivery_tag is not None
                    await channel.basic_ack(batch[-1].delivery_tag, multiple=True, wait=False)
                if len(batch) < len(messages):
                    raise ConnectionError(f"no longer consuming {queue}")

    async def handle(self, queue: str, messages: Sequence[DeliveredMessage]) -> None:
        """Give each message its effect or its place in a retry queue or among the dead letters.

        Returns when all can be acknowledged. Raises BrokerAway when one could not be put away.
        """
        deliveries = []
        if redelivered := sum(1 for message in messages if message.redelivered):
            REDELIVERED.labels(queue.removeprefix(self._topology.prefix)).inc(redelivered)
        for message in messages:
            if message.header.properties.message_type == PROBE:
                continue
            try:
                delivery = self._read(message)
            except Unreadable as error:
                await self._bury(queue, message, error)
            else:
                if delivery is not None:
                    deliveries.append(delivery)
        if not deliveries:
            return
        if len(deliveries) > 1 and await self._attempt(queue, deliveries) is None:
            return
        # One of them fails: alone, each succeeds or fails for itself.
        for delivery in deliveries:
            if (failure := await self._attempt(queue, [delivery])) is not None:
                await self._put_off(queue, delivery.envelope, failure)

    def _read(self, message: DeliveredMessage) -> Delivery | None:
        """The event in a message; None when it is of a type that is not handled here."""
        try:
            envelope = Envelope.of_delivery(message)
            if envelope.type not in self._handlers:
                return None
            return Delivery(envelope, self._handlers[envelope.type][0].model_validate_json(envelope.data))
        except (KeyError, ValueError, TypeError, ValidationError) as error:
            raise Unreadable(f"{type(error).__name__}: {error}") from error

    async def _attempt(self, queue: str, deliveries: Sequence[Delivery]) -> Exception | None:
        """Carry out in one transaction; returns why not.

        Waits as long as the database, or an owner asked, is away, and as others hold the rows: no fault of the events.
        """
        backoff = 0.5
        while True:
            try:
                await self._carry_out(queue, deliveries)
            except Exception as error:
                stop_if_cancelled()
                if not (isinstance(error, ServiceUnavailable) or is_away(error) or is_contended(error)):
                    return error
                log.warning("waiting to handle events", queue=queue, error=type(error).__name__, again_in=backoff)
                await asyncio.sleep(backoff)
                backoff = min(backoff * 2, LONGEST_BACKOFF_S)
            else:
                return None

    async def _carry_out(self, queue: str, deliveries: Sequence[Delivery]) -> None:
        consumer = queue.removeprefix(self._topology.prefix)
        handled = []
        async with self._database.transaction() as session:
            fresh = await claim(session, consumer, [delivery.envelope.event_id for delivery in deliveries])
            for delivery in deliveries:
                if delivery.envelope.event_id in fresh:
                    fresh.discard(delivery.envelope.event_id)
                    handled.append(delivery)
            for handler, turn in self._turns(handled):
                first = turn[0].envelope
                begin(first.correlation_id, cause_id=first.event_id if len(turn) == 1 else None)
                with tracing.span(f"process {first.type}", "consumer", parent=first.traceparent, queue=consumer):
                    if isinstance(handler, BatchHandler):
                        await handler.run(session, [delivery.event for delivery in turn])
                    else:
                        await handler(session, turn[0].event)
                    if session.new or session.dirty or session.deleted:
                        await session.flush()  # the next handler's statements see it, also those as text
        now = datetime.now(UTC)
        for kind, count in Counter(delivery.envelope.type for delivery in handled).items():
            CONSUMED.labels(consumer, kind).inc(count)
        lag = CONSUME_LAG.labels(consumer)
        for delivery in handled:
            lag.observe((now - delivery.envelope.time).total_seconds())
        DUPLICATES.labels(consumer).inc(len(deliveries) - len(handled))

    def _turns(self, deliveries: Sequence[Delivery]) -> Iterator[tuple[Handler, list[Delivery]]]:
        """What is handled at once: an event; or several, of one trace or none, where their handler takes them so."""

        def alike(delivery: Delivery) -> tuple[Handler, str | None]:
            return self._handlers[delivery.envelope.type][1], tracing.sampled(delivery.envelope.traceparent)

        for (handler, _), found in groupby(deliveries, alike):
            if isinstance(handler, BatchHandler):
                yield handler, list(found)
            else:
                yield from ((handler, [delivery]) for delivery in found)

    async def _put_off(self, queue: str, envelope: Envelope, failure: Exception) -> None:
        consumer = queue.removeprefix(self._topology.prefix)
        begin(envelope.correlation_id, cause_id=envelope.event_id)
        if envelope.attempt > len(RETRY_DELAYS_S):
            log.error(
                "event given up",
                queue=consumer,
                event_id=envelope.event_id,
                type=envelope.type,
                exc_info=failure,
            )
            DEAD_LETTERED.labels(consumer).inc()
            message, target = envelope.to_message(), dead_letters(queue)
            message.headers["syllabus_error"] = _short(failure)
        else:
            delay = RETRY_DELAYS_S[envelope.attempt - 1]
            log.warning(
                "event put off", queue=consumer, event_id=envelope.event_id, type=envelope.type,
                attempt=envelope.attempt, again_in=delay, exc_info=failure,
            )  # fmt: skip
            RETRIED.labels(consumer).inc()
            message, target = (
                replace(envelope, attempt=envelope.attempt + 1).to_message(),
                retry_queue(queue, delay),
            )
        await self._publisher.publish([(message, target)])

    async def _bury(self, queue: str, message: DeliveredMessage, error: Unreadable) -> None:
        consumer, properties = queue.removeprefix(self._topology.prefix), message.header.properties
        log.error(
            "event unreadable",
            queue=consumer,
            message_id=properties.message_id,
            type=properties.message_type,
            error=_short(error),
        )
        DEAD_LETTERED.labels(consumer).inc()
        copy = Message(
            message.body,
            message_id=properties.message_id,
            type=properties.message_type,
            content_type=properties.content_type,
            delivery_mode=DeliveryMode.PERSISTENT,
            headers={**(properties.headers or {}), "syllabus_error": _short(error)},
        )
        await self._publisher.publish([(copy, dead_letters(queue))])


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".partition("\n")[0][:500]


async def claim(session: AsyncSession, consumer: str, event_ids: Sequence[str]) -> set[str]:
    """Note events as handled by `consumer`; returns those that were not before. One statement."""
    claimed = await (await driver_of(session)).execute(_CLAIM, (consumer, list(event_ids)))
    return {event_id for (event_id,) in await claimed.fetchall()}


async def forget_old(session: AsyncSession) -> None:
    """Drop the notes of events that can no longer be replayed."""
    await session.execute(_FORGET, {"days": KEPT_DAYS})
