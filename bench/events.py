"""An event, from the commit of the change to the commit of its effect in another service.

PostgreSQL itself keeps the times of commits. The yardstick is the bare broker: a persistent message from its
publishing to its delivery on a queue of the same kind, in turns with the events.
"""

import asyncio
import time

import aio_pika
import httpx
import psycopg
import uvloop
from psycopg.conninfo import make_conninfo

from bench.report import Figure
from shared.auth import HEADER, Identity, Signer
from shared.runtime.stack import Stack

EVENTS = 400
A_SECOND = 40
FIRST_LEARNER = 1_000_000
COURSE = 2

_LAGS = """
    SELECT extract(epoch FROM pg_xact_commit_timestamp(handled.xmin) - pg_xact_commit_timestamp(owned.xmin)) * 1000
    FROM enrollment.enrollments owned
    JOIN enrollment.outbox recorded
      ON recorded.aggregate_id = owned.id::text AND recorded.type = 'enrollment.enrollment.created.v1'
    JOIN catalog.inbox handled ON handled.event_id = recorded.event_id
    WHERE owned.course_id = %s AND owned.user_id >= %s
"""


def measure(stack: Stack) -> list[Figure]:
    """Enroll learners at a steady pace; between any two of them, a bare message."""
    floor = sorted(uvloop.run(_enroll_and_publish(stack)))
    lags = sorted(_lags(stack))
    p50, p99 = (lags[len(lags) * part // 100] for part in (50, 99))
    floor50, floor99 = (floor[len(floor) * part // 100] for part in (50, 99))
    what = "event, commit to consumer committed, of the bare broker"
    return [
        Figure(f"{what}: p50", p50 / floor50, 3, 2, f"{p50:.1f} of {floor50:.1f} ms", smaller_is_better=True),
        Figure(f"{what}: p99", p99 / floor99, 5, 3, f"{p99:.1f} of {floor99:.1f} ms", smaller_is_better=True),
    ]


async def _enroll_and_publish(stack: Stack) -> list[float]:
    """Milliseconds from publishing to delivery of the bare messages.

    The learners' identities are signed with the stack's own key: registering hundreds would measure password hashing.
    """
    signer = Signer("gateway", stack.wiring.keys / "gateway.pem")
    transport = httpx.AsyncHTTPTransport(uds=str(stack.wiring.socket("enrollment")))
    arrived: list[float] = []
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://enrollment", timeout=30) as client,
        await aio_pika.connect(stack.broker.url) as connection,
    ):
        channel = await connection.channel()
        queue = await channel.declare_queue("bench.floor", durable=True, arguments={"x-queue-type": "quorum"})

        async def arrive(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            arrived.append((time.perf_counter() - float(message.body)) * 1000)
            await message.ack()

        consumer = await queue.consume(arrive)
        begun = time.perf_counter()
        for number in range(2 * EVENTS):
            await asyncio.sleep(max(0.0, begun + number / (2 * A_SECOND) - time.perf_counter()))
            if number % 2:
                body = str(time.perf_counter()).encode()
                message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
                await channel.default_exchange.publish(message, queue.name)
            else:
                token = signer.for_user(Identity(FIRST_LEARNER + number, "student", "Ben Ch", True))
                answer = await client.post(f"/api/courses/course-{COURSE}/enroll/", headers={HEADER: token})
                answer.raise_for_status()
        async with asyncio.timeout(30):
            while len(arrived) < EVENTS:
                await asyncio.sleep(0.01)
        await queue.cancel(consumer)
        await channel.queue_delete(queue.name)
    return arrived


def _lags(stack: Stack) -> list[float]:
    """Milliseconds of each event, once all have arrived."""
    with psycopg.connect(make_conninfo(stack.database.url, dbname=stack.database_name), autocommit=True) as admin:
        deadline = time.monotonic() + 30
        while True:
            lags = [float(row[0]) for row in admin.execute(_LAGS, [COURSE, FIRST_LEARNER])]
            if len(lags) == EVENTS:
                return lags
            if time.monotonic() > deadline:
                raise RuntimeError(f"{len(lags)} of {EVENTS} events arrived")
            time.sleep(0.1)
