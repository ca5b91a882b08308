"""The relay: from the outbox to the broker.

One relay is active for each service (an advisory lock, freed by the database when the process dies). It takes the
unpublished rows in order, publishes them, waits for every confirm, and marks them on the connection that holds the
lock: whoever has lost it marks nothing any more. A crash between confirm and mark publishes again, and the inbox of
each consumer skips the repeat.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import psycopg
import structlog
from psycopg.rows import TupleRow, namedtuple_row

from shared.broker import BrokerAway, Publisher
from shared.database import Database
from shared.outbox import CHANNEL, ENVELOPE_COLUMNS, envelope_of
from shared.stopping import stop_if_cancelled
from shared.telemetry import OUTBOX_OLDEST_AGE, OUTBOX_UNPUBLISHED, PUBLISHED

BATCH = 200
POLL_S = 1.0
"""How long an event waits at most when its notification is lost, and a second relay between attempts to take over."""
LONGEST_BACKOFF_S = 5.0

_UNPUBLISHED = f"""
    SELECT {ENVELOPE_COLUMNS} FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT %s
"""  # noqa: S608
_MARK = """
    UPDATE outbox SET published_at = now(), position = sent.position
    FROM (
        SELECT recorded_at, id, nextval('outbox_position') AS position
        FROM unnest(%s::timestamptz[], %s::bigint[]) WITH ORDINALITY AS row (recorded_at, id, place)
        ORDER BY place
    ) AS sent
    WHERE outbox.recorded_at = sent.recorded_at AND outbox.id = sent.id AND outbox.recorded_at BETWEEN %s AND %s
"""
"""The bounds say nothing new, but leave out the partitions of all other days before the statement begins."""
_BACKLOG = """
    SELECT count(*), coalesce(extract(epoch FROM now() - min(recorded_at)), 0) FROM outbox WHERE published_at IS NULL
"""

log = structlog.get_logger()

Connection = psycopg.AsyncConnection[TupleRow]


class Relay:
    """Publishes the outbox of `service` to `exchange` until cancelled. Any number may run: one is active."""

    def __init__(self, database: Database, publisher: Publisher, *, service: str, exchange: str) -> None:
        self._database = database
        self._publisher = publisher
        self._service = service
        self._exchange = exchange

    async def run(self) -> None:
        backoff = 0.5
        while True:
            try:
                async with await self._database.connect() as connection:
                    if await self._take_lead(connection):
                        backoff = 0.5
                        await self._publish_as_they_come(connection)
                await asyncio.sleep(POLL_S)
            except psycopg.OperationalError as error:
                stop_if_cancelled()
                log.warning("relay lost the database", error=str(error).partition("\n")[0], again_in=backoff)
                await asyncio.sleep(backoff)
                backoff = min(backoff * 2, LONGEST_BACKOFF_S)

    async def _take_lead(self, connection: Connection) -> bool:
        cursor = await connection.execute("SELECT pg_try_advisory_lock(hashtext(current_schema() || '_relay'))")
        row = await cursor.fetchone()
        return bool(row and row[0])

    async def _publish_as_they_come(self, connection: Connection) -> None:
        with self._database.wakeups.waited_for_here(CHANNEL) as rung:
            connection.add_notify_handler(lambda _: rung.set())
            await connection.execute(f"LISTEN {self._service}_outbox")
            await self._publish_when(rung, connection)

    async def _publish_when(self, rung: asyncio.Event, connection: Connection) -> None:
        backoff = 0.5
        while True:
            rung.clear()
            try:
                while await self.publish_batch(connection) == BATCH:
                    pass
                backoff = 0.5
            except BrokerAway as error:
                stop_if_cancelled()
                log.warning("relay lost the broker", error=str(error), again_in=backoff)
                await self._measure(connection)
                await asyncio.sleep(backoff)
                backoff = min(backoff * 2, LONGEST_BACKOFF_S)
                continue
            if not await _is_woken(rung, connection):
                await self._measure(connection)

    async def publish_batch(self, connection: Connection) -> int:
        """Publish and mark up to BATCH rows; returns how many. Raises BrokerAway with nothing marked."""
        cursor = connection.cursor(row_factory=namedtuple_row)
        rows: Sequence[Any] = await (await cursor.execute(_UNPUBLISHED, (BATCH,))).fetchall()
        if rows:
            envelopes = [envelope_of(row, self._service) for row in rows]
            await self._publisher.publish(
                ((envelope.to_message(), envelope.type) for envelope in envelopes), self._exchange
            )
            times = [row.recorded_at for row in rows]
            await connection.execute(_MARK, (times, [row.id for row in rows], min(times), max(times)))
            for kind, count in Counter(row.type for row in rows).items():
                PUBLISHED.labels(kind).inc(count)
        return len(rows)

    async def _measure(self, connection: Connection) -> None:
        row = await (await connection.execute(_BACKLOG)).fetchone()
        if row:
            OUTBOX_UNPUBLISHED.set(row[0])
            OUTBOX_OLDEST_AGE.set(float(row[1]))


async def _is_woken(rung: asyncio.Event, connection: Connection) -> bool:
    """Wait until rung, by this process or by another's notification; False when nobody did for POLL_S.

    Raises OperationalError when the connection is lost.
    """
    loop, descriptor = asyncio.get_running_loop(), connection.fileno()
    loop.add_reader(descriptor, rung.set)
    try:
        async with asyncio.timeout(POLL_S):
            await rung.wait()
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(descriptor)
    connection.pgconn.consume_input()
    while connection.pgconn.notifies():
        pass
    return True
