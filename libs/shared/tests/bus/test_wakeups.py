"""Who waits for new rows is woken after the commit, in this process or in another, and never depends on it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest

from shared import outbox, relay, wakeups
from shared.database import Database, wake_after_commit
from shared.testing import end_connections
from shared.wakeups import Wakeups

pytestmark = pytest.mark.timeout(60)
LONG_S = 3600.0


class Listener:
    """A connection that listens to the outbox's channel, as another process does."""

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self._connection = connection

    async def notified(self) -> bool:
        """Whether it was notified by now: the server hands notifications on before the answer to what comes later."""
        own = [told async for told in self._connection.notifies(timeout=0)]
        return bool(own)

    async def wait(self) -> None:
        async with asyncio.timeout(20):
            async for _ in self._connection.notifies(stop_after=1):
                pass


@pytest.fixture
async def listener(database: Database) -> AsyncIterator[Listener]:
    async with await database.connect() as connection:
        await connection.execute("LISTEN enrollment_outbox")
        yield Listener(connection)


class TestAfterTheCommit:
    async def test_other_processes_are_notified(self, database: Database, enrolled, listener: Listener) -> None:
        async with database.transaction() as session:
            await outbox.record(session, enrolled(5))
        await listener.wait()

    async def test_what_is_waited_for_here_is_told_to_nobody_else(
        self, database: Database, enrolled, listener: Listener
    ) -> None:
        with database.wakeups.waited_for_here(outbox.CHANNEL) as rung:
            async with database.transaction() as session:
                await outbox.record(session, enrolled(5))
                assert not rung.is_set()
            assert rung.is_set()
        assert not await listener.notified()
        async with database.transaction() as session:
            await outbox.record(session, enrolled(6))
        await listener.wait()

    async def test_what_is_rolled_back_wakes_nobody(self, database: Database, enrolled) -> None:
        async def fail() -> None:
            async with database.transaction() as session:
                await outbox.record(session, enrolled(5))
                raise LookupError

        with database.wakeups.waited_for_here(outbox.CHANNEL) as rung:
            with pytest.raises(LookupError):
                await fail()
            assert not rung.is_set()

    async def test_what_records_nothing_wakes_nobody(self, database: Database) -> None:
        with database.wakeups.waited_for_here(outbox.CHANNEL) as rung:
            assert await outbox.write(database, "SELECT 0, 0", {})
            assert not await outbox.write(database, "SELECT 0, 1 WHERE false", {})
            assert not rung.is_set()
            assert await outbox.write(database, "SELECT 0, 2", {})
            assert rung.is_set()

    async def test_channels_are_apart(self, database: Database) -> None:
        with database.wakeups.waited_for_here(outbox.CHANNEL) as rung:
            async with database.transaction() as session:
                wake_after_commit(session, "other")
            assert not rung.is_set()

    async def test_the_last_commit_before_closing_holds_nothing_up(self, database: Database, enrolled) -> None:
        async with database.transaction() as session:
            await outbox.record(session, enrolled(5))
        async with asyncio.timeout(20):
            await database.close()


class TestManyAtOnce:
    async def test_what_is_rung_meanwhile_goes_out_as_one(self) -> None:
        told: list[str] = []
        go_on = asyncio.Event()

        async def notify(channel: str) -> None:
            told.append(channel)
            await go_on.wait()

        bell = Wakeups(notify)
        bell.ring("outbox")
        while not told:
            await asyncio.sleep(0)
        for _ in range(100):
            bell.ring("outbox")
        go_on.set()
        async with asyncio.timeout(20):
            while len(told) < 2:
                await asyncio.sleep(wakeups.PAUSE_S)
        await asyncio.sleep(wakeups.PAUSE_S * 4)
        assert told == ["outbox", "outbox"]
        await bell.close()

    async def test_a_failure_ends_nothing(self) -> None:
        told: list[str] = []

        async def notify(channel: str) -> None:
            told.append(channel)
            raise psycopg.OperationalError("away")

        bell = Wakeups(notify)
        async with asyncio.timeout(20):
            for times in (1, 2):
                bell.ring("outbox")
                while len(told) < times:
                    await asyncio.sleep(wakeups.PAUSE_S)
        await bell.close()


class TestTheRelay:
    @pytest.fixture(autouse=True)
    def _without_looking_by_itself(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(relay, "POLL_S", LONG_S)

    async def record_and_wait(self, bus, database: Database, enrolled, wait_until) -> None:
        async with database.transaction() as session:
            await outbox.record(session, enrolled(5))

        async def published() -> bool:
            return await bus.unpublished() == 0

        await wait_until(published)

    async def test_it_is_woken_by_its_own_process(self, bus, enrolled, run, wait_until) -> None:
        async with run(bus.make_relay()):
            for _ in range(3):
                await self.record_and_wait(bus, bus.database, enrolled, wait_until)

    async def test_it_begins_anew_when_its_connection_is_lost(self, bus, enrolled, run, wait_until) -> None:
        async with run(bus.make_relay()):
            await self.record_and_wait(bus, bus.database, enrolled, wait_until)
            assert await end_connections(bus.database, "test-relay") == 1
            await self.record_and_wait(bus, bus.database, enrolled, wait_until)

    async def test_it_is_woken_by_another_process(self, bus, enrolled, run, wait_until) -> None:
        other = Database(bus.database.url, pool_size=2, name="test")
        async with run(bus.make_relay()):
            for _ in range(3):
                await self.record_and_wait(bus, other, enrolled, wait_until)
        await other.close()
