"""Statements that are asked for at the same time."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import TimeoutError as PoolExhausted

from shared import together
from shared.database import Database
from shared.testing import statements
from shared.together import AT_ONCE, MOST, Together, asked, for_many


class Server:
    """Answers each with its value, when it is let; notes what went together."""

    def __init__(self) -> None:
        self.sent: list[list[int]] = []
        self.answers = asyncio.Event()

    async def fetch(self, statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        values = json.loads(parameters["asked"])
        self.sent.append([each["a"] for each in values])
        await self.answers.wait()
        return [(each["n"], each["a"]) for each in reversed(values) if each["a"] != 404]

    async def has_sent(self, number: int) -> None:
        async with asyncio.timeout(5):
            while len(self.sent) < number:
                await asyncio.sleep(0)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def line(server: Server) -> Together:
    return Together(server.fetch, wait_limit_s=5)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "PATIENCE_S", 1000)


def ask(line: Together, *values: int) -> list[asyncio.Task[Any]]:
    return [asyncio.create_task(line.ask("SELECT", {"a": value})) for value in values]


async def busy(line: Together, server: Server) -> list[asyncio.Task[Any]]:
    """As many statements under way as there are at once."""
    first = []
    for value in range(AT_ONCE):
        first += ask(line, value)
        await server.has_sent(value + 1)
    return first


@pytest.mark.usefixtures("patient")
class TestGoingTogether:
    async def test_nobody_waits_for_others_to_come(self, line: Together, server: Server) -> None:
        first = await busy(line, server)
        assert server.sent == [[value] for value in range(AT_ONCE)]
        server.answers.set()
        assert await asyncio.gather(*first) == [(value,) for value in range(AT_ONCE)]

    async def test_who_comes_meanwhile_goes_with_the_next(self, line: Together, server: Server) -> None:
        first = await busy(line, server)
        later = ask(line, 10, 404, 12)
        await asyncio.sleep(0)
        assert len(server.sent) == AT_ONCE
        server.answers.set()
        assert await asyncio.gather(*later) == [(10,), None, (12,)]
        assert server.sent[AT_ONCE:] == [[10, 404, 12]]
        await asyncio.gather(*first)

    async def test_no_more_than_so_many(self, line: Together, server: Server) -> None:
        first = await busy(line, server)
        later = ask(line, *range(100, 101 + MOST))
        server.answers.set()
        assert await asyncio.gather(*later) == [(value,) for value in range(100, 101 + MOST)]
        assert [len(together) for together in server.sent[AT_ONCE:]] == [MOST, 1]
        await asyncio.gather(*first)

    async def test_who_left_is_not_asked_for(self, line: Together, server: Server) -> None:
        first = await busy(line, server)
        gone, still = ask(line, 10, 11)
        await asyncio.sleep(0)
        gone.cancel()
        server.answers.set()
        assert await still == (11,)
        assert server.sent[AT_ONCE:] == [[11]]
        await asyncio.gather(*first)

    async def test_who_leaves_while_it_is_under_way_takes_nothing_from_others(
        self, line: Together, server: Server
    ) -> None:
        gone, still = ask(line, 10, 11)
        await server.has_sent(1)
        gone.cancel()
        server.answers.set()
        assert await still == (11,)
        assert server.sent == [[10, 11]]

    async def test_who_waits_too_long_is_refused(self, line: Together, server: Server) -> None:
        first = await busy(line, server)
        line._wait_limit_s = 0
        [late] = ask(line, 10)
        server.answers.set()
        with pytest.raises(PoolExhausted):
            await late
        await asyncio.gather(*first)
        assert len(server.sent) == AT_ONCE

    async def test_who_held_each_other_up_are_sent_alone(self, server: Server) -> None:
        """As when a transaction of many rows takes in another order what a statement for many takes."""

        async def fetch(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
            found = await server.fetch(statement, parameters)
            if len(found) > 1:
                raise psycopg.errors.DeadlockDetected
            return found

        server.answers.set()
        line = Together(fetch, wait_limit_s=5)
        assert await asyncio.gather(*ask(line, 1, 2)) == [(1,), (2,)]
        assert server.sent == [[1, 2], [1], [2]]

    async def test_a_statement_nobody_waits_for_is_forgotten(self, line: Together, server: Server) -> None:
        server.answers.set()
        await asyncio.gather(*ask(line, 1, 2))
        await asyncio.sleep(0)
        assert not line._lines
        assert not line._tasks

    async def test_those_of_a_sender_that_is_ended_are_ended(self, line: Together, server: Server) -> None:
        first = await busy(line, server)
        later = ask(line, 10)
        await asyncio.sleep(0)
        for task in list(line._tasks):
            task.cancel()
        async with asyncio.timeout(5):
            found = await asyncio.gather(*first, *later, return_exceptions=True)
        assert all(isinstance(each, asyncio.CancelledError) for each in found)


async def test_behind_a_slow_one_nobody_waits(line: Together, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "PATIENCE_S", -1)
    first = await busy(line, server)
    later = ask(line, 10)
    await server.has_sent(AT_ONCE + 1)
    server.answers.set()
    await asyncio.gather(*first, *later)


class TestDatabase:
    async def test_each_has_its_own_row_or_none(self, database: Database) -> None:
        statement = for_many("SELECT %(a)s + 1, %(b)s::text || '%%' WHERE %(a)s > 0", a="integer", b="text")
        values = [{"a": 1, "b": "it's"}, {"a": 0, "b": ""}, {"a": 3, "b": None}]
        found = await asyncio.gather(*(database.read_together(statement, each) for each in values))
        assert found == [(2, "it's%"), None, (4, None)]

    async def test_the_first_row_of_several(self, database: Database) -> None:
        statement = for_many("SELECT * FROM generate_series(%(a)s, 9)", a="integer")
        assert await database.read_together(statement, {"a": 4}) == (4,)

    async def test_one_statement_for_all(self, database: Database) -> None:
        statement = for_many("SELECT %(a)s", a="integer")
        await database.read_together(statement, {"a": 0})
        with statements() as sent:
            await asyncio.gather(*(database.read_together(statement, {"a": a}) for a in range(10)))
        assert sent == [statement]

    async def test_values_that_are_refused_are_refused_alone(self, database: Database) -> None:
        statement = for_many("SELECT 6 / %(a)s", a="integer")
        found = await asyncio.gather(
            *(database.read_together(statement, {"a": a}) for a in (1, 0, 2)), return_exceptions=True
        )
        assert found[0] == (6,)
        assert isinstance(found[1], psycopg.errors.DivisionByZero)
        assert found[2] == (3,)

    async def test_what_is_wrong_with_the_statement_is_told_to_all(self, database: Database) -> None:
        statement = for_many("SELECT %(a)s FROM nothing", a="integer")
        with statements() as sent:
            found = await asyncio.gather(
                *(database.read_together(statement, {"a": a}) for a in (1, 2)), return_exceptions=True
            )
        assert [type(each) for each in found] == [psycopg.errors.UndefinedTable] * 2
        assert len(sent) == 1


def test_values_have_a_form_in_json() -> None:
    moment = datetime(2026, 5, 4, 10, 0, 0, 12, tzinfo=UTC)
    assert json.loads(asked({"a": moment, "b": date(2026, 5, 4), "c": Decimal("9.90")})["asked"]) == [
        {"n": 0, "a": "2026-05-04T10:00:00.000012+00:00", "b": "2026-05-04", "c": "9.90"}
    ]
    with pytest.raises(TypeError):
        asked({"a": object()})
