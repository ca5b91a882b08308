"""The pool of connections, when the server has closed them."""

import asyncio

from sqlalchemy import text

from shared.database import Database

END_OTHERS = text(
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE pid <> pg_backend_pid() AND usename = current_user AND datname = current_database()"
)


async def _backend(database: Database) -> int:
    async with database.transaction() as session:
        await session.execute(text("SELECT pg_sleep(0.05)"))
        found: int = (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        return found


async def test_nobody_is_given_a_connection_that_the_server_has_closed(database: Database) -> None:
    before = set(await asyncio.gather(*(_backend(database) for _ in range(3))))
    assert len(before) == 3
    other = Database(database.url, pool_size=1, name="other")
    async with other.transaction() as session:
        await session.execute(END_OTHERS)
    await other.close()
    assert not before & set(await asyncio.gather(*(_backend(database) for _ in range(3))))


async def test_connections_are_kept_while_the_server_is_there(database: Database) -> None:
    assert await _backend(database) == await _backend(database)
