"""An event, from the commit of the change to the commit of its effect in another service.

PostgreSQL itself keeps the times of commits. The yardstick is the bare broker: a persistent message from its
publishing to its delivery on a queue of the same kind, in the same seconds.
"""

import asyncio
import statistics
import threading
import time

import aio_pika
import httpx
import psycopg
from psycopg.conninfo import make_conninfo

from demo.api import Api
from demo.content import all_courses
from shared.auth import HEADER, Identity, Signer
from shared.runtime.stack import Stack

EVENTS = 400
A_SECOND = 40
FIRST_LEARNER = 1_000_000

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


def measure(stack: Stack, guest: Api) -> list[str]:
    """Markdown lines: the way of an event, and the broker's floor."""
    floor: list[float] = []
    beside = threading.Thread(target=lambda: floor.extend(asyncio.run(_floor(stack.broker.url))))
    beside.start()
    lags = _enroll_many(stack, guest)
    beside.join()
    rows = {"commit → effect committed in the catalog": lags, "bare broker, published → delivered": floor}
    lines = [
        "## An event from commit to consumer",
        "",
        f"{EVENTS} enrollments at {A_SECOND} a second: outbox, relay, quorum queue, inbox, effect.",
        "",
        "| what | p50 ms | p99 ms |",
        "|---|---|---|",
    ]
    for name, times in rows.items():
        times.sort()
        lines.append(f"| {name} | {statistics.median(times):.2f} | {times[len(times) * 99 // 100]:.2f} |")
    p50 = statistics.median(lags) / statistics.median(floor)
    p99 = lags[len(lags) * 99 // 100] / floor[len(floor) * 99 // 100]
    lines.append(f"| ratio | {p50:.1f} | {p99:.1f} |")
    return lines


def _enroll_many(stack: Stack, guest: Api) -> list[float]:
    """Enroll learners in a course at a steady pace; the lag of each event in milliseconds.

    Their identities are signed with the stack's own key: registering hundreds would measure password hashing.
    """
    course = next(c for c in guest.get("/courses/")["results"] if c["title"] == all_courses()[0].title)
    signer = Signer("gateway", stack.wiring.keys / "gateway.pem")
    transport = httpx.HTTPTransport(uds=str(stack.wiring.socket("enrollment")))
    begun = time.perf_counter()
    with httpx.Client(transport=transport, base_url="http://enrollment") as client:
        for number in range(EVENTS):
            time.sleep(max(0.0, begun + number / A_SECOND - time.perf_counter()))
            token = signer.for_user(Identity(FIRST_LEARNER + number, "student", "Ben Ch"))
            answer = client.post(f"/api/courses/{course['slug']}/enroll/", headers={HEADER: token})
            answer.raise_for_status()
    with psycopg.connect(make_conninfo(stack.database.url, dbname=stack.database_name), autocommit=True) as admin:
        deadline = time.monotonic() + 30
        while True:
            lags = [float(row[0]) for row in admin.execute(_LAGS, [course["id"], FIRST_LEARNER])]
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
