"""An event, from the commit of the change to the commit of its effect in another service.

PostgreSQL itself keeps the times of commits. The yardstick is the bare broker: a persistent message from its
publishing to its delivery on a queue of the same kind, in the same seconds.
"""

import asyncio
import threading
import time

import aio_pika
import httpx
import psycopg
from psycopg.conninfo import make_conninfo

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


def keep_commit_times(stack: Stack) -> None:
    """Have the private PostgreSQL note when each transaction was committed."""
    with psycopg.connect(stack.database.url, autocommit=True) as admin:
        admin.execute("ALTER SYSTEM SET track_commit_timestamp = on")
    stack.database.stop()
    stack.database.start_again()


def measure(stack: Stack) -> tuple[list[float], list[float]]:
    """Sorted milliseconds: of events from commit to effect, and of bare messages."""
    floor: list[float] = []
    beside = threading.Thread(target=lambda: floor.extend(asyncio.run(_floor(stack.broker.url))))
    beside.start()
    lags = _enroll_many(stack)
    beside.join()
    return sorted(lags), sorted(floor)


def _enroll_many(stack: Stack) -> list[float]:
    """Enroll learners in a course at a steady pace; the lag of each event in milliseconds.

    Their identities are signed with the stack's own key: registering hundreds would measure password hashing.
    """
    signer = Signer("gateway", stack.wiring.keys / "gateway.pem")
    transport = httpx.HTTPTransport(uds=str(stack.wiring.socket("enrollment")))
    begun = time.perf_counter()
    with httpx.Client(transport=transport, base_url="http://enrollment") as client:
        for number in range(EVENTS):
            time.sleep(max(0.0, begun + number / A_SECOND - time.perf_counter()))
            token = signer.for_user(Identity(FIRST_LEARNER + number, "student", "Ben Ch", True))
            answer = client.post(f"/api/courses/course-{COURSE}/enroll/", headers={HEADER: token})
            answer.raise_for_status()
    with psycopg.connect(make_conninfo(stack.database.url, dbname=stack.database_name), autocommit=True) as admin:
        deadline = time.monotonic() + 30
        while True:
            lags = [float(row[0]) for row in admin.execute(_LAGS, [COURSE, FIRST_LEARNER])]
            if len(lags) == EVENTS:
                return lags
            assert time.monotonic() < deadline, f"{len(lags)} of {EVENTS} events arrived"
            time.sleep(0.1)


async def _floor(url: str) -> list[float]:
    """Milliseconds from publishing to delivery, at the same pace, on a quorum queue."""
    lags: list[float] = []
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue("bench.floor", durable=True, arguments={"x-queue-type": "quorum"})

        async def arrive(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            lags.append((time.perf_counter() - float(message.body)) * 1000)
            await message.ack()

        await queue.consume(arrive)
        begun = time.perf_counter()
        for number in range(EVENTS):
            await asyncio.sleep(max(0.0, begun + number / A_SECOND - time.perf_counter()))
            message = aio_pika.Message(
                str(time.perf_counter()).encode(), delivery_mode=aio_pika.DeliveryMode.PERSISTENT
            )
            await channel.default_exchange.publish(message, queue.name)
        async with asyncio.timeout(30):
            while len(lags) < EVENTS:
                await asyncio.sleep(0.01)
        await channel.queue_delete(queue.name)
    return lags
