"""Hot reads: the connections beside the pool."""

import asyncio

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolExhausted

from shared.conditional import Precondition, _precondition
from shared.database import Database, is_away
from shared.readers import Readers
from shared.testing import end_connections, statements
from shared.together import for_many


async def backend(database: Database) -> int:
    row = await database.read("SELECT pg_backend_pid()", {})
    assert row is not None
    return int(row[0])


class TestRead:
    async def test_first_row_or_none(self, database: Database) -> None:
        assert await database.read("SELECT %(a)s::int, %(b)s::text", {"a": 1, "b": None}) == (1, None)
        assert await database.read("SELECT 1 WHERE %(a)s::boolean", {"a": False}) is None

    async def test_connections_are_used_again(self, database: Database) -> None:
        assert await backend(database) == await backend(database)

    async def test_the_session_is_set_as_the_pools(self, database: Database) -> None:
        setting = (
            "SELECT current_setting('statement_timeout'), current_setting('TimeZone'), current_setting('search_path')"
        )
        async with database.reading() as session:
            assert await database.read(setting, {}) == tuple((await session.execute(text(setting))).one())  # type: ignore[arg-type]

    async def test_a_wrong_statement_costs_no_connection(self, database: Database) -> None:
        before = await backend(database)
        with pytest.raises(psycopg.errors.DivisionByZero):
            await database.read("SELECT 1 / %(a)s::int", {"a": 0})
        assert await backend(database) == before


class TestFailures:
    async def test_lost_connections_are_replaced_without_anybody_noticing(self, database: Database) -> None:
        await asyncio.gather(*(database.read("SELECT pg_sleep(0.05)", {}) for _ in range(3)))
        before = await backend(database)
        assert await end_connections(database, database.name) >= 3
        assert await backend(database) != before

    async def test_a_database_that_is_away(self) -> None:
        database = Database("postgresql://a:b@127.0.0.1:1/none", pool_size=1, name="t")
        with pytest.raises(psycopg.OperationalError) as failure:
            await database.read("SELECT 1", {})
        assert is_away(failure.value)

    async def test_too_many_at_once_wait_for_so_long(self, database: Database) -> None:
        readers = Readers(database._connect_reader, size=1, wait_limit_s=0.05)
        slow = asyncio.create_task(readers.fetch("SELECT pg_sleep(1)", {}))
        await asyncio.sleep(0)
        with pytest.raises(PoolExhausted) as failure:
            await readers.fetch("SELECT 1", {})
        assert is_away(failure.value)
        slow.cancel()
        await asyncio.gather(slow, return_exceptions=True)
        assert await readers.fetch("SELECT 2", {}) == [(2,)]
        await readers.close()


async def test_a_conditional_change_reads_in_its_own_snapshot(database: Database) -> None:
    seen = []

    async def etag_now() -> str:
        level = "SELECT pg_backend_pid(), current_setting('transaction_isolation')"
        seen.append(await database.read(level, {}))
        seen.append(await database.read_together(for_many(f"{level}, %(a)s", a="integer"), {"a": 5}))
        return '"a"'

    token = _precondition.set(Precondition(frozenset(('"a"',)), etag_now))
    try:
        async with database.transaction() as session:
            own = await session.scalar(text("SELECT pg_backend_pid()"))
    finally:
        _precondition.reset(token)
    assert seen == [(own, "repeatable read"), (own, "repeatable read", 5)]


async def test_statements_are_counted_on_both_ways(database: Database) -> None:
    await backend(database)
    async with database.reading() as session:
        with statements() as sent:
            await session.execute(text("SELECT 1"))
            await database.read("SELECT 2", {})
    assert sent == ["SELECT 1", "SELECT 2"]
