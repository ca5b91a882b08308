"""The pool of connections, when the server has closed them."""

import asyncio

from sqlalchemy import text

from shared.database import Database
from shared.testing import end_connections


async def _backend(database: Database) -> int:
    async with database.transaction() as session:
        await session.execute(text("SELECT pg_sleep(0.05)"))
        found: int = (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        return found


async def test_nobody_is_given_a_connection_that_the_server_has_closed(database: Database) -> None:
    before = set(await asyncio.gather(*(_backend(database) for _ in range(3))))
    assert len(before) == 3
    assert await end_connections(database, database.name) >= 3
    assert not before & set(await asyncio.gather(*(_backend(database) for _ in range(3))))


async def test_connections_are_kept_while_the_server_is_there(database: Database) -> None:
    assert await _backend(database) == await _backend(database)
