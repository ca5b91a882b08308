"""The service's own schema in PostgreSQL.

A transaction opens and closes at the entrance: routes take `Transaction` (or `Reading`), consumers and schedules get a
session handed to them. Commands and queries never commit. The role's `search_path` is its schema, so SQL names no
schema, and could not reach another's.
"""

import select
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Annotated, Any, LiteralString

import psycopg
from fastapi import Depends, Request
from psycopg.adapt import AdaptersMap
from psycopg.rows import TupleRow
from psycopg.types.numeric import Int8Dumper
from sqlalchemy import event, make_url
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from shared.conditional import Precondition, pending
from shared.errors import PreconditionFailed
from shared.readers import Readers
from shared.together import Together, asked
from shared.wakeups import Wakeups

STATEMENT_LIMIT_MS = 10_000
LOCK_LIMIT_MS = 5_000
CONNECT_LIMIT_S = 3
POOL_WAIT_LIMIT_S = 5


CONSTRAINT_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
"""For the `MetaData` of each service's tables: fixed names, so that migrations can name constraints."""


NOTIFY: LiteralString = """
    SELECT set_config('synchronous_commit', 'off', true), pg_notify(current_schema() || '_' || %(channel)s, '')
"""
"""A transaction whose commit waits for no disk: `shared.wakeups` says why."""

_CONTENDED = frozenset(("40001", "40P01", "55P03"))
"""Serialization failure, deadlock, lock not to be had."""
_ADAPTERS = AdaptersMap(psycopg.adapters)
# By default a number's size decides its type, and each mixture of types in a statement is prepared and planned apart.
_ADAPTERS.register_dumper(int, Int8Dumper)
_DRIVER = "driver"
_WAKES = "wakes"
_lent: ContextVar[AsyncSession | None] = ContextVar("lent", default=None)
"""The session that a conditional change reads its resource with."""


class Database:
    """A pool of connections as the service's role. Opens lazily: a database that is down fails the request only."""

    def __init__(self, url: str, *, pool_size: int, name: str) -> None:
        self.url = url
        self.name = name
        self._settings: dict[str, str | int] = {
            "application_name": name,
            "connect_timeout": CONNECT_LIMIT_S,
            "options": (
                f"-c timezone=UTC -c statement_timeout={STATEMENT_LIMIT_MS} -c lock_timeout={LOCK_LIMIT_MS}"
                f" -c idle_in_transaction_session_timeout={STATEMENT_LIMIT_MS * 3}"
            ),
            "keepalives_idle": 30,
        }
        self.engine = create_async_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=POOL_WAIT_LIMIT_S,
            pool_recycle=1800,
            hide_parameters=True,
            connect_args={**self._settings, "context": _ADAPTERS},
        )
        event.listen(self.engine.sync_engine, "checkout", _refuse_lost)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._reading = async_sessionmaker(
            self.engine.execution_options(isolation_level="AUTOCOMMIT"), expire_on_commit=False
        )
        self._readers = Readers(self._connect_reader, size=pool_size, wait_limit_s=POOL_WAIT_LIMIT_S)
        self._together = Together(self._readers.fetch, wait_limit_s=POOL_WAIT_LIMIT_S)
        self.wakeups = Wakeups(self._notify)

    @asynccontextmanager
    async def transaction(self, *, aside: bool = False) -> AsyncIterator[AsyncSession]:
        """One transaction: committed at the end, rolled back when anything is raised.

        The first one of a request with `If-Match` sees one snapshot, in which that is judged; it may raise
        PreconditionFailed. Not one that is `aside`: that keeps what was learned from others, or readies a file, before
        the change that was asked for.
        """
        if (lent := _lent.get()) is not None:
            yield lent
        elif not aside and (precondition := pending()) is not None:
            async with self._conditional(precondition) as session:
                yield session
        else:
            async with self._sessions.begin() as session:
                yield session
            self._wake(session)

    @asynccontextmanager
    async def _conditional(self, precondition: Precondition) -> AsyncIterator[AsyncSession]:
        try:
            async with self._sessions.begin() as session:
                await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
                token = _lent.set(session)
                try:
                    await precondition.check()
                finally:
                    _lent.reset(token)
                session.expire_all()
                yield session
            self._wake(session)
        except DBAPIError as error:
            if isinstance(error.orig, psycopg.errors.SerializationFailure):
                raise PreconditionFailed from error
            raise

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session for reading, without a transaction: each statement sees what is committed when it starts."""
        if (lent := _lent.get()) is not None:
            yield lent
            return
        async with self._reading() as session:
            yield session

    async def read(self, statement: LiteralString, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The first row of a hot read: SQL as psycopg takes it, `%(name)s`, on a connection beside the pool.

        Its plan is made once for all values.
        """
        if (lent := _lent.get()) is not None:
            connection = await lent.connection()
            row = (await connection.exec_driver_sql(statement, dict(parameters))).first()
            return None if row is None else tuple(row)
        return _first(await self._readers.fetch(statement, parameters))

    async def read_together(self, statement: LiteralString, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """As `read`, of a statement for many: what is read at the same time is read at once (`shared.together`).

        It takes `%(asked)s`, a JSON list of the values of each with its place `n`, and gives one row for each, or none;
        `n` comes first, and is not in what this returns.
        """
        if _lent.get() is not None:
            row = await self.read(statement, asked(values))
            return None if row is None else row[1:]
        return await self._together.ask(statement, values)

    async def write_together(self, statement: LiteralString, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The row of a hot write for many, as of `read_together`: one statement, committed by itself.

        It must do no harm when it is sent again because the connection was lost: guarded by what it has read before.
        Where rows may be held for long it waits for none (SKIP LOCKED), as all would wait who go with it. Not in a
        request with a precondition (`shared.conditional.pending`), which needs a transaction.
        """
        return await self._together.ask(statement, values)

    def _wake(self, session: AsyncSession) -> None:
        for channel in session.info.get(_WAKES, ()):
            self.wakeups.ring(channel)

    async def _notify(self, channel: str) -> None:
        await self._readers.fetch(NOTIFY, {"channel": channel})

    async def _connect_reader(self) -> psycopg.AsyncConnection[TupleRow]:
        return await psycopg.AsyncConnection.connect(
            self.url,
            autocommit=True,
            application_name=self.name,
            connect_timeout=CONNECT_LIMIT_S,
            # One plan for all values: of a table in partitions PostgreSQL would make a new one each time, which costs
            # as much as the statement.
            options=f"{self._settings['options']} -c plan_cache_mode=force_generic_plan",
            keepalives_idle=30,
            context=_ADAPTERS,
        )

    async def connect(self) -> psycopg.AsyncConnection[TupleRow]:
        """A connection of one's own, outside of the pool, in autocommit (listening, advisory locks)."""
        return await psycopg.AsyncConnection.connect(
            self.url, autocommit=True, application_name=f"{self.name}-relay", connect_timeout=CONNECT_LIMIT_S
        )

    async def close(self) -> None:
        await self.wakeups.close()
        await self._readers.close()
        await self.engine.dispose()


def _first(rows: Sequence[tuple[Any, ...]]) -> tuple[Any, ...] | None:
    return rows[0] if rows else None


def wake_after_commit(session: AsyncSession, channel: str) -> None:
    """Have `Database.wakeups` ring when the session's transaction is committed."""
    session.info.setdefault(_WAKES, set()).add(channel)


async def driver_of(session: AsyncSession) -> psycopg.AsyncConnection[TupleRow]:
    """psycopg's own connection under a session, in the session's transaction: for hot statements of event handlers.

    A fraction of what `session.execute` costs. It knows nothing of objects that the session has not written yet.
    """
    if _DRIVER not in session.info:
        session.info[_DRIVER] = (await (await session.connection()).get_raw_connection()).driver_connection
    connection: psycopg.AsyncConnection[TupleRow] = session.info[_DRIVER]
    return connection


def _refuse_lost(connection: Any, record: ConnectionPoolEntry, proxy: PoolProxiedConnection) -> None:
    """Lets the pool open a new connection instead of one that the server has closed, and look at the others anew.

    Between statements a server has nothing to say but its farewell, so this asks the socket and not the server.
    """
    waiting = select.poll()
    waiting.register(connection.driver_connection.fileno(), select.POLLIN)
    if waiting.poll(0):
        raise InvalidatePoolError


def is_away(error: BaseException) -> bool:
    """Whether this failure is the database's absence (down, starting, out of connections) and not the statement's."""
    if isinstance(error, PoolExhausted):
        return True
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, psycopg.OperationalError):
        return False
    return cause.sqlstate is None or cause.sqlstate.startswith(("08", "53", "57P"))


def is_contended(error: BaseException) -> bool:
    """Whether this failure is that others held the rows too long, or changed them too: nothing about the statement."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(cause, psycopg.Error) and cause.sqlstate in _CONTENDED


async def _transaction(request: Request) -> AsyncIterator[AsyncSession]:
    database: Database = request.app.state.database
    async with database.transaction() as session:
        yield session


async def _reading(request: Request) -> AsyncIterator[AsyncSession]:
    database: Database = request.app.state.database
    async with database.reading() as session:
        yield session


async def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


OpenDatabase = Annotated[Database, Depends(_database)]
"""Route parameter: the database itself, for steps that need short transactions of their own."""
# scope="function": the commit happens before the answer goes out, so that a failed commit is not a 200.
Transaction = Annotated[AsyncSession, Depends(_transaction, scope="function")]
"""Route parameter: the request's transaction."""
Reading = Annotated[AsyncSession, Depends(_reading, scope="function")]
"""Route parameter: a session that only reads."""
