"""Beneath aio-pika: many messages in one write.

aio-pika takes a task, a lock, a timer and a write for each: half of what publishing costs (docs/performance.md).
"""

import asyncio
from collections.abc import Iterable
from typing import Any

import aio_pika
from aiormq import Channel, spec
from aiormq.abc import ChannelFrame, FrameType
from pamqp.body import ContentBody
from pamqp.header import ContentHeader
from uuid_utils import uuid7


async def publish_at_once(channel: Channel, messages: Iterable[tuple[aio_pika.Message, str]], exchange: str) -> None:
    """Publish `(message, routing key)` pairs in order, and wait for every confirm.

    Raises when one is refused or comes back, or the channel ends first. After that, or when it is cancelled, the
    channel is to be dropped: confirms may still come.
    """
    frames: list[FrameType] = []
    message_ids: list[str] = []
    for message, key in messages:
        properties = message.properties
        properties.message_id = properties.message_id or str(uuid7())
        message_ids.append(properties.message_id)
        frames += (
            spec.Basic.Publish(exchange=exchange, routing_key=key, mandatory=True),
            ContentHeader(properties=properties, body_size=len(message.body)),
            *_pieces(message.body, channel.max_content_size),
        )
    payload = ChannelFrame.marshall(channel.number, frames)
    async with channel.lock:
        await channel.write_queue.put(payload)
        # Now they will be sent, so they count; nothing can have been confirmed yet.
        confirms = [_expect(channel, message_id) for message_id in message_ids]
    for message_id, confirm in zip(message_ids, confirms, strict=True):
        await confirm
        channel.message_id_delivery_tag.pop(message_id, None)


def _expect(channel: Channel, message_id: str) -> asyncio.Future[Any]:
    """The next confirm. One that comes back is known by its id."""
    channel.delivery_tag += 1
    channel.message_id_delivery_tag[message_id] = channel.delivery_tag
    confirm = channel.confirmations[channel.delivery_tag] = channel.create_future()
    return confirm


def _pieces(body: bytes, size: int) -> Iterable[ContentBody]:
    return (ContentBody(body[start : start + size]) for start in range(0, len(body), size))
