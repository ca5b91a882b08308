"""How fast the relay empties an outbox that is full, against bare publishing with confirms in the same window."""

import asyncio
import statistics
import time

import aio_pika
import psycopg
import uvloop
from psycopg.conninfo import make_conninfo

from bench.report import Figure
from shared.relay import BATCH
from shared.runtime.stack import Stack

ROUNDS = 5
EVENTS = 4000
SERVICE = "certificate"
"""Whose relay: one that has nothing else to do here."""
TYPE = f"{SERVICE}.drain.measured.v1"
DATA = b'{"note": "%b"}' % (b"x" * 300)

_RECORD = f"""
    INSERT INTO {SERVICE}.outbox (event_id, type, aggregate_id, version, data)
    SELECT gen_random_uuid(), %s, number::text, 1, %s::json FROM generate_series(1, %s) AS number
"""
_DRAINED = f"""
    SELECT count(*) FILTER (WHERE published_at IS NULL) AS left
    FROM {SERVICE}.outbox WHERE type = %s
"""


def measure(stack: Stack) -> Figure:
    """The relay and the bare publisher in turns, to the same queue."""
    with psycopg.connect(make_conninfo(stack.database.url, dbname=stack.database_name), autocommit=True) as admin:
        rounds = uvloop.run(_rounds(stack.broker.url, admin))
    own, bare = (statistics.median(rates) for rates in zip(*rounds, strict=True))
    ratio = statistics.median(a / b for a, b in rounds)
    return Figure("outbox drain, of bare confirmed publishing", ratio, 0.3, 0.6, f"{own:,.0f} of {bare:,.0f} events/s")


async def _rounds(url: str, admin: psycopg.Connection[tuple[int, ...]]) -> list[tuple[float, float]]:
    """Events in a second in each round: of the relay, of the bare publisher."""
    rounds = []
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        exchange = await channel.get_exchange("syllabus.events", ensure=False)
        queue = await channel.declare_queue("bench.drain", durable=True, arguments={"x-queue-type": "quorum"})
        await queue.bind(exchange, TYPE)
        for _ in range(ROUNDS):
            rounds.append((EVENTS / await asyncio.to_thread(_drain, admin), EVENTS / await _publish(exchange)))
            await queue.purge()
        await channel.queue_delete(queue.name)
    return rounds


def _drain(admin: psycopg.Connection[tuple[int, ...]]) -> float:
    """Seconds from the commit of the events until the last is published."""
    with admin.transaction():
        admin.execute(_RECORD, [TYPE, DATA.decode(), EVENTS])
        admin.execute(f"SELECT pg_notify('{SERVICE}_outbox', '')")
    begun = time.perf_counter()
    while admin.execute(_DRAINED, [TYPE]).fetchone() != (0,):
        if time.perf_counter() - begun > 60:
            raise RuntimeError("the outbox is not empty after 60 s")
        time.sleep(0.005)
    return time.perf_counter() - begun


async def _publish(exchange: aio_pika.abc.AbstractExchange) -> float:
    """Seconds for as many bare messages, with as many on their way as the relay has."""
    begun = time.perf_counter()
    for _ in range(EVENTS // BATCH):
        messages = (aio_pika.Message(DATA, delivery_mode=aio_pika.DeliveryMode.PERSISTENT) for _ in range(BATCH))
        await asyncio.gather(*(exchange.publish(message, TYPE, mandatory=True) for message in messages))
    return time.perf_counter() - begun
