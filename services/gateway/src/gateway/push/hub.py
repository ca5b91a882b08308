"""The hub: in each process, reads the log of messages on as it grows, and gives each to the outlets that want it.

Woken by NOTIFY, and looks every second in case one was lost. It begins when the first outlet opens. While the
database is away the outlets stay open; afterwards it goes on where it was, so nothing is lost.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import psycopg
import structlog
from prometheus_client import Counter, Gauge, Histogram
from psycopg.rows import TupleRow

from gateway.push.domain.messages import ACCESS, CLOSED, time_left, user
from gateway.push.outlet import FORBIDDEN, GOING_AWAY, SIGNED_OUT, STOPPING, Closing, Outlet
from gateway.push.store import Logged, Running
from shared.database import Database
from shared.errors import ServiceUnavailable
from shared.stopping import stop_if_cancelled
from shared.telemetry import METRICS

BATCH = 500
POLL_S = 1.0
LONGEST_BACKOFF_S = 5.0
START_LIMIT_S = 5.0
PING_EVERY_S = 30
TICK_EVERY_S = 5
LAST_SECONDS = 10
"""Of an attempt: told each second."""
WITHOUT_PAUSE = 200
"""Outlets that are given one message before others get their turn on the loop."""

OPEN = Gauge("syllabus_push_open", "Sockets and streams that are open.", ["kind"], registry=METRICS)
SENT = Counter("syllabus_push_messages_total", "Messages given to sockets and streams.", registry=METRICS)
DELAY = Histogram(
    "syllabus_push_delay_seconds",
    "From the writing of a message to its handing out.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5, 30),
    registry=METRICS,
)

_LAST = "SELECT coalesce(max(id), 0) FROM push_messages"
_NEW = """
    SELECT id, audience, type, course_id, assessment_id, data::text, created_date FROM push_messages
    WHERE id > %s ORDER BY id LIMIT %s
"""
_LOST = Closing(GOING_AWAY, "Connect again, and resume.")

log = structlog.get_logger()

Connection = psycopg.AsyncConnection[TupleRow]
Change = dict[str, Any]
"""Of a person's rights in a course, as `Channel.change` takes it."""


class Hub:
    """The outlets of this process, and the one reader of the log that feeds them."""

    def __init__(self, database: Database) -> None:
        self.position = 0
        """Id of the last message handed out."""
        self._database = database
        self._outlets: dict[Outlet, int] = {}
        """Each with its number, by which pings are spread over time."""
        self._by_audience: dict[str, set[Outlet]] = {}
        self._entering: dict[int, list[list[Change]]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._is_reading = asyncio.Event()
        self._opened = 0
        self._is_stopping = False

    def __len__(self) -> int:
        return len(self._outlets)

    @property
    def outlets(self) -> list[Outlet]:
        return list(self._outlets)

    def count_of(self, user_id: int) -> int:
        """How many outlets a user has open in this process."""
        return sum(outlet.channel.user_id == user_id for outlet in self._by_audience.get(_person(user_id), ()))

    async def ready(self) -> None:
        """Read the log from now on, if that is not done yet. Raises ServiceUnavailable."""
        if self._is_stopping:
            raise ServiceUnavailable
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._read_on()), asyncio.create_task(self._beat())]
            for task in self._tasks:
                task.add_done_callback(self._ended)
        try:
            async with asyncio.timeout(START_LIMIT_S):
                await self._is_reading.wait()
        except TimeoutError as error:
            raise ServiceUnavailable from error

    @contextmanager
    def watching(self, user_id: int) -> Iterator[list[Change]]:
        """Collects changes of a user's rights that arrive while their present ones are being read."""
        seen: list[Change] = []
        self._entering.setdefault(user_id, []).append(seen)
        try:
            yield seen
        finally:
            others = [each for each in self._entering.pop(user_id) if each is not seen]
            if others:
                self._entering[user_id] = others

    def open(self, outlet: Outlet) -> None:
        """Give it every message from now on."""
        outlet.start = self.position
        self._opened += 1
        self._outlets[outlet] = self._opened
        OPEN.labels(outlet.channel.kind).inc()
        self._by_audience.setdefault(_person(outlet.channel.user_id), set()).add(outlet)
        self._place(outlet)

    def close(self, outlet: Outlet) -> None:
        """Safe to repeat."""
        if self._outlets.pop(outlet, None) is None:
            return
        OPEN.labels(outlet.channel.kind).dec()
        for audience in (*outlet.audiences, _person(outlet.channel.user_id)):
            self._leave(audience, outlet)

    async def stop(self) -> None:
        """Close every outlet, for a restart."""
        self._is_stopping = True
        for outlet in self.outlets:
            outlet.close(STOPPING)
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        self._tasks = []

    def _place(self, outlet: Outlet) -> None:
        """Put it where its channel's audiences are now."""
        now = outlet.channel.audiences()
        for audience in outlet.audiences - now:
            self._leave(audience, outlet)
        for audience in now - outlet.audiences:
            self._by_audience.setdefault(audience, set()).add(outlet)
        outlet.audiences = now

    def _leave(self, audience: str, outlet: Outlet) -> None:
        there = self._by_audience.get(audience)
        if there is not None:
            there.discard(outlet)
            if not there:
                del self._by_audience[audience]

    async def _read_on(self) -> None:
        backoff = 0.5
        while True:
            try:
                async with await self._database.connect() as connection:
                    await connection.execute(f"LISTEN {self._database.name}_push")
                    if not self._is_reading.is_set():
                        row = await (await connection.execute(_LAST)).fetchone()
                        self.position = row[0] if row else 0
                        self._is_reading.set()
                    backoff = 0.5
                    while True:
                        while await self._hand_out(connection) == BATCH:
                            pass
                        async for _ in connection.notifies(timeout=POLL_S, stop_after=1):
                            pass
            except psycopg.OperationalError as error:
                stop_if_cancelled()
                log.warning("push lost the database", error=str(error).partition("\n")[0], again_in=backoff)
                await asyncio.sleep(backoff)
                backoff = min(backoff * 2, LONGEST_BACKOFF_S)

    async def _hand_out(self, connection: Connection) -> int:
        rows = await (await connection.execute(_NEW, (self.position, BATCH))).fetchall()
        for row in rows:
            message = Logged(*row)
            self.position = message.id
            if message.type in (ACCESS, CLOSED):
                self._follow(message)
            else:
                await self._give(message)
        return len(rows)

    async def _give(self, message: Logged) -> None:
        wanting = [
            outlet
            for outlet in self._by_audience.get(message.audience, ())
            if outlet.channel.wants(message.type, message.course_id, message.assessment_id)
        ]
        if not wanting:
            return
        text = message.text()
        DELAY.observe(max(0.0, (datetime.now(UTC) - message.created_date).total_seconds()))
        SENT.inc(len(wanting))
        for number, outlet in enumerate(wanting, 1):
            if outlet.channel.kind == "assessment":
                self._follow_attempt(outlet, message)
            outlet.put(text, message.id)
            if number % WITHOUT_PAUSE == 0:
                await asyncio.sleep(0)

    def _follow_attempt(self, outlet: Outlet, message: Logged) -> None:
        """Whose clock runs, and until when: from the start of an attempt of the outlet's own person to its end."""
        if message.audience != user(outlet.channel.user_id):
            return
        if message.type == "attempt_time":
            data = json.loads(message.data)
            until = data["expires_at"]
            outlet.attempt = Running(data["attempt_id"], datetime.fromisoformat(until) if until else None)
        elif message.type == "assessment_submitted":
            outlet.attempt = None

    def _follow(self, message: Logged) -> None:
        """What changed for one person: each of their outlets is placed anew, or closed."""
        user_id = int(message.audience.removeprefix("user:"))
        change = json.loads(message.data)
        if message.type == ACCESS:
            for seen in self._entering.get(user_id, ()):
                seen.append(change)
        for outlet in list(self._by_audience.get(_person(user_id), ())):
            if message.type == CLOSED:
                outlet.close(SIGNED_OUT)
                continue
            outlet.channel.change(**change)
            if outlet.channel.is_allowed():
                self._place(outlet)
            else:
                outlet.close(FORBIDDEN)

    async def _beat(self) -> None:
        """Each second: pings to a thirtieth of the outlets, and the time left to those in an attempt."""
        second = 0
        while True:
            await asyncio.sleep(1)
            second += 1
            now = datetime.now(UTC)
            ping = f'{{"type":"ping","timestamp":"{now.isoformat().replace("+00:00", "Z")}"}}'
            for outlet, number in list(self._outlets.items()):
                if outlet.attempt is not None:
                    _tick(outlet, outlet.attempt, second, now)
                if number % PING_EVERY_S == second % PING_EVERY_S and outlet.channel.kind != "stream":
                    outlet.put(ping)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A failure of ours: clients connect again, and the next one starts it anew."""
        if task.cancelled():
            return
        log.error("push stopped", exc_info=task.exception())
        for other in self._tasks:
            other.cancel()
        self._tasks = []
        self._is_reading.clear()
        for outlet in self.outlets:
            outlet.close(_LOST)


def _tick(outlet: Outlet, attempt: Running, second: int, now: datetime) -> None:
    if attempt.expires_at is None or outlet.channel.assessment_id is None:
        return
    left = (attempt.expires_at - now).total_seconds()
    if left > LAST_SECONDS and second % TICK_EVERY_S:
        return
    data = time_left(outlet.channel.assessment_id, attempt.attempt_id, attempt.expires_at, now)
    outlet.put(json.dumps({"id": None, "type": "attempt_time", "timestamp": data["server_time"], "data": data}))
    if left <= 0:
        outlet.attempt = None


def _person(user_id: int) -> str:
    """Where all outlets of one person stand, whatever their channel is told."""
    return f"person:{user_id}"
