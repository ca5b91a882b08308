"""Hot statements: plain SQL over psycopg's own connections, in autocommit, beside SQLAlchemy's pool.

For the few statements that a service is asked all the time. SQLAlchemy costs such a one three times what the driver
does; everything else stays with it. Used by `Database` alone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, LiteralString

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow
from sqlalchemy.exc import TimeoutError as PoolExhausted

Connection = psycopg.AsyncConnection[TupleRow]
Cursor = psycopg.AsyncCursor[TupleRow]
Connect = Callable[[], Awaitable[Connection]]


class Readers:
    """Up to `size` connections, each opened when none is free. Who waits longer than `wait_limit_s` is refused."""

    def __init__(self, connect: Connect, *, size: int, wait_limit_s: float) -> None:
        self._connect = connect
        self._places = asyncio.Semaphore(size)
        self._wait_limit_s = wait_limit_s
        self._free: list[Cursor] = []
        """One of each connection, kept: making one costs a quarter of a short statement."""

    async def fetch(self, statement: LiteralString, parameters: Mapping[str, Any]) -> list[TupleRow]:
        """Its rows. A connection that turns out to be lost is replaced, once: reading twice does no harm.

        Raises PoolExhausted, and what psycopg raises.
        """
        await self._take_place()
        try:
            while self._free:
                try:
                    return await self._on(self._free.pop(), statement, parameters)
                except psycopg.OperationalError as error:
                    if error.sqlstate is not None and not error.sqlstate.startswith("57P"):
                        raise
                    await self._forget()  # the others were opened to the same server
            return await self._on((await self._connect()).cursor(), statement, parameters)
        finally:
            self._places.release()

    async def close(self) -> None:
        await self._forget()

    async def _take_place(self) -> None:
        if not self._places.locked():
            await self._places.acquire()  # without waiting
            return
        try:
            async with asyncio.timeout(self._wait_limit_s):
                await self._places.acquire()
        except TimeoutError as error:
            raise PoolExhausted("no free connection for reading") from error

    async def _on(self, cursor: Cursor, statement: LiteralString, parameters: Mapping[str, Any]) -> list[TupleRow]:
        try:
            await cursor.execute(statement, parameters)
            return await cursor.fetchall()
        finally:
            if cursor.connection.pgconn.transaction_status == TransactionStatus.IDLE:
                self._free.append(cursor)
            else:  # lost, or left in the middle by who was cancelled
                await cursor.connection.close()

    async def _forget(self) -> None:
        free, self._free = self._free, []
        for cursor in free:
            await cursor.connection.close()
