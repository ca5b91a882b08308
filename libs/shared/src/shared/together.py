"""Statements that are asked for at the same time, sent as one.

When a service is busy, many requests wait for the same statement with other values. Sent as one, they share its round
trip, its plan's beginning and end, and, when it writes, the commit: four changes in one transaction wait for the disk
once. Nobody waits for others to come: a statement is sent at once while few are under way, and who comes meanwhile goes
with the next. Used by `Database.read_together` and `Database.write_together` alone.

For short statements, whose work hardly grows with the data: who goes together waits for all of them, and few statements
are under way at once.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, LiteralString

import psycopg
from psycopg.rows import TupleRow
from sqlalchemy.exc import TimeoutError as PoolExhausted

AT_ONCE = 2
"""So many of one statement are under way, of which one is usually waiting for the disk."""
PATIENCE_S = 0.02
"""Behind one that takes longer nobody waits: another is sent."""
MOST = 20
"""So many requests go with one statement."""

_OF_ONE = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.LockNotAvailable,
)
"""What one of them is to blame for: its values, or what it had to wait for. Nothing was done."""

Fetch = Callable[[LiteralString, Mapping[str, Any]], Awaitable[Sequence[TupleRow]]]


@dataclass(slots=True)
class _Asked:
    values: Mapping[str, Any]
    answer: asyncio.Future[TupleRow | None]
    since: float


@dataclass(slots=True)
class _Line:
    """Those who wait for one statement."""

    waiting: list[_Asked] = field(default_factory=list)
    under_way: int = 0
    last_sent: float = 0.0


def asked(*values: Mapping[str, Any]) -> dict[str, str]:
    """The parameter of a statement for many: `%(asked)s`, a JSON list of the values of each, with its place `n`."""
    places = [{"n": n, **each} for n, each in enumerate(values)]
    return {"asked": json.dumps(places, default=_as_json)}


def _as_json(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value)} has no form in JSON")


def for_many(statement: LiteralString, **types: LiteralString) -> LiteralString:
    """A SELECT of one row, with `%(name)s` for its values, as one for many; with the values' types in SQL.

    Each is looked up by itself (LIMIT 1): joined freely, PostgreSQL would read whole tables to find a few rows. No
    value may be called as something that the statement takes as a whole row, as in `row_to_json(category)`.
    """
    one = re.sub(r"%\((\w+)\)s", r"asked.\1", statement)
    many = f"""
        SELECT n, row.* FROM {_asked(types)}, LATERAL ({one} LIMIT 1) AS row
    """  # noqa: S608
    return " ".join(many.split())  # psycopg parses a statement of more than 4,096 characters anew each time


def with_asked(**types: LiteralString) -> LiteralString:
    """The beginning of a statement for many that is not a SELECT: the values of each as the rows of `asked`.

    Of the condition, which is always true, PostgreSQL thinks that it leaves one row. Without it, it would expect a
    hundred, and read tables of some thousand rows to their end instead of looking a few rows up.
    """
    return f"WITH asked AS MATERIALIZED (SELECT * FROM {_asked(types)} WHERE n BETWEEN 0 AND {MOST})"  # noqa: S608


def _asked(types: Mapping[str, str]) -> str:
    columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
    return f"json_to_recordset(%(asked)s::json) AS asked (n integer, {columns})"


class Together:
    """Who has waited for longer than `wait_limit_s` when the turn comes is refused."""

    def __init__(self, fetch: Fetch, *, wait_limit_s: float) -> None:
        self._fetch = fetch
        self._wait_limit_s = wait_limit_s
        self._lines: dict[str, _Line] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, statement: LiteralString, values: Mapping[str, Any]) -> TupleRow | None:
        """The row that the statement gives for these values, without its `n`.

        Raises PoolExhausted, and what psycopg raises: for what one is to blame the others do not suffer.
        """
        loop = asyncio.get_running_loop()
        line = self._lines.setdefault(statement, _Line())
        mine = _Asked(values, loop.create_future(), loop.time())
        line.waiting.append(mine)
        if line.under_way < AT_ONCE or mine.since - line.last_sent > PATIENCE_S:
            line.under_way, line.last_sent = line.under_way + 1, mine.since
            task = loop.create_task(self._send(statement, line))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await mine.answer

    async def _send(self, statement: LiteralString, line: _Line) -> None:
        try:
            while line.waiting:
                line.last_sent = asyncio.get_running_loop().time()
                first, line.waiting = line.waiting[:MOST], line.waiting[MOST:]
                if still := [each for each in first if self._is_waited_for(each, line.last_sent)]:
                    await self._answer(statement, still)
        finally:
            line.under_way -= 1
            if not line.under_way:
                del self._lines[statement]
                for each in line.waiting:  # only when this was cancelled
                    each.answer.cancel()

    def _is_waited_for(self, each: _Asked, now: float) -> bool:
        if now - each.since > self._wait_limit_s and not each.answer.done():
            each.answer.set_exception(PoolExhausted("waited too long for others"))
        return not each.answer.done()

    async def _answer(self, statement: LiteralString, all_asked: list[_Asked]) -> None:
        try:
            rows = await self._fetch(statement, asked(*(each.values for each in all_asked)))
        except _OF_ONE as error:
            if len(all_asked) == 1:
                _fail(all_asked, error)
            else:
                for each in all_asked:
                    await self._answer(statement, [each])
        except Exception as error:
            _fail(all_asked, error)
        except BaseException:
            for each in all_asked:
                each.answer.cancel()
            raise
        else:
            found = {row[0]: row[1:] for row in rows}
            for n, each in enumerate(all_asked):
                if not each.answer.done():
                    each.answer.set_result(found.get(n))


def _fail(all_asked: list[_Asked], error: Exception) -> None:
    for each in all_asked:
        if not each.answer.done():
            each.answer.set_exception(error)
