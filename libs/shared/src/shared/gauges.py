"""How full the queues of a consumer are, asked of the broker every so often, for `/metrics`.

A service may see its own queues only, so each tells of its own; every worker tells the same, take the maximum.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from aio_pika.abc import AbstractConnection

from shared.broker import (
    CONNECTION_LOST,
    RETRY_DELAYS_S,
    Topology,
    close_quietly,
    connect,
    dead_letters,
    no_stray_cancellation,
    retry_queue,
)
from shared.stopping import stop_if_cancelled
from shared.telemetry import DEAD_LETTERS, QUEUE_CONSUMERS, QUEUE_DEPTH, RETRY_DEPTH, UNROUTED

EVERY_S = 15.0
LONGEST_BACKOFF_S = 60.0
LIMIT_S = 10.0


async def measure_queues(url: str, topology: Topology) -> None:
    """Until cancelled. A broker that is away leaves the last numbers standing; `RECONNECTS` tells of that."""
    backoff = EVERY_S
    while True:
        connection: AbstractConnection | None = None
        with suppress(*CONNECTION_LOST):
            try:
                connection = await connect(url, f"{topology.consumer}-gauges")
                while True:
                    async with asyncio.timeout(LIMIT_S):
                        await measure(connection, topology)
                    backoff = EVERY_S
                    await asyncio.sleep(EVERY_S)
            finally:
                if connection is not None:
                    await close_quietly(connection)
        stop_if_cancelled()
        await asyncio.sleep(backoff)
        backoff = min(backoff * 2, LONGEST_BACKOFF_S)


async def measure(connection: AbstractConnection, topology: Topology) -> None:
    """Set the gauges once. Raises what a lost connection or a missing queue raises."""
    names = [f"{topology.prefix}syllabus.unrouted"]
    for queue in topology.queues:
        names += [queue, dead_letters(queue), *(retry_queue(queue, delay) for delay in set(RETRY_DELAYS_S))]
    counts = await _counts(connection, names)
    UNROUTED.set(counts[names[0]][0])
    for queue in topology.queues:
        label = queue.removeprefix(topology.prefix)
        waiting, listening = counts[queue]
        QUEUE_DEPTH.labels(label).set(waiting)
        QUEUE_CONSUMERS.labels(label).set(listening)
        DEAD_LETTERS.labels(label).set(counts[dead_letters(queue)][0])
        RETRY_DEPTH.labels(label).set(sum(counts[retry_queue(queue, delay)][0] for delay in set(RETRY_DELAYS_S)))


async def _counts(connection: AbstractConnection, names: list[str]) -> Mapping[str, tuple[int, int]]:
    """Messages ready and consumers of each queue."""
    counts = {}
    with no_stray_cancellation():
        async with connection.channel() as channel:
            for name in names:
                told = (await channel.declare_queue(name, passive=True)).declaration_result
                counts[name] = (told.message_count or 0, told.consumer_count or 0)
    return counts
