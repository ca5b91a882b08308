"""Events that were given up: seen, handed out once more, or dropped, by command.

    python -m catalog dead-letters list
    python -m catalog dead-letters redrive [--id ID]     after the fault is mended: as if they came for the first time
    python -m catalog dead-letters drop --id ID

A redriven event that had its effect meanwhile is skipped by the inbox.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from shared.broker import Publisher, Topology, connect, dead_letters


@dataclass(frozen=True)
class DeadLetter:
    """An event that was given up, and why."""

    queue: str
    event_id: str
    type: str
    subject: str
    error: str

    @classmethod
    def of(cls, queue: str, message: AbstractIncomingMessage) -> "DeadLetter":
        headers = message.headers
        return cls(
            queue=queue,
            event_id=message.message_id or "",
            type=message.type or "",
            subject=str(headers.get("cloudEvents_subject", "")),
            error=str(headers.get("syllabus_error", "delivered too often: its handler ended the process")),
        )

    def __str__(self) -> str:
        return f"{self.queue}  {self.event_id}  {self.type}  {self.subject}\n    {self.error}"


async def list_dead_letters(url: str, topology: Topology) -> list[DeadLetter]:
    """All dead letters of a consumer; they stay where they are."""
    async with _channel(url) as channel:
        return [DeadLetter.of(queue, message) async for queue, message in _all(channel, topology)]
    # Closing the channel gives back what was taken and not acknowledged.


async def redrive(url: str, topology: Topology, event_id: str | None = None) -> int:
    """Put dead letters (or one) back into their queue for a first attempt; how many. Nothing is lost by a crash."""
    publisher = Publisher(url, f"{topology.consumer}-redrive")
    moved = 0
    try:
        async with _channel(url) as channel:
            async for queue, message in _all(channel, topology):
                if event_id in (None, message.message_id):
                    await publisher.publish([(_first_attempt(message), queue)])
                    await message.ack()
                    moved += 1
    finally:
        await publisher.close()
    return moved


async def drop(url: str, topology: Topology, event_id: str) -> int:
    """Delete the dead letters of one event for good; how many."""
    dropped = 0
    async with _channel(url) as channel:
        async for _, message in _all(channel, topology):
            if message.message_id == event_id:
                await message.ack()
                dropped += 1
    return dropped


@asynccontextmanager
async def _channel(url: str) -> AsyncIterator[AbstractChannel]:
    connection = await connect(url, "dead-letters")
    async with connection:
        yield await connection.channel()


async def _all(channel: AbstractChannel, topology: Topology) -> AsyncIterator[tuple[str, AbstractIncomingMessage]]:
    """Each dead letter once, with the queue it came from; not acknowledged."""
    for queue in topology.queues:
        waiting = await channel.get_queue(dead_letters(queue), ensure=False)
        while (message := await waiting.get(fail=False)) is not None:
            yield queue, message


def _first_attempt(message: AbstractIncomingMessage) -> Message:
    kept = {name: value for name, value in message.headers.items() if name.startswith("cloudEvents_")}
    return Message(
        message.body,
        message_id=message.message_id,
        type=message.type,
        app_id=message.app_id,
        timestamp=message.timestamp,
        correlation_id=message.correlation_id,
        content_type=message.content_type,
        delivery_mode=DeliveryMode.PERSISTENT,
        headers={**kept, "syllabus_attempt": 1},
    )
