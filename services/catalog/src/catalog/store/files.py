"""Files in storage and their rows.

`keep` makes the row, then the file. Whoever names the file calls `name_file` in the transaction that does; a file that
nobody names is cleared away by `clear_files`: at once when something had named it, else when it is a day old.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, SQLColumnExpression, and_, exists, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.models import Course, File, Resource
from catalog.storage import Pieces, Storage, new_key
from shared.database import Database
from shared.errors import ServiceUnavailable

UPLOAD_LIMIT = timedelta(days=1)
"""What has not become whole by then never will."""
CLEARED_AT_ONCE = 20

log = structlog.get_logger()


async def announce_file(database: Database, *, now: datetime, variants: Sequence[str] = ()) -> str:
    """Key of a file that is going to be written: its row, in a transaction of its own."""
    key = new_key()
    async with database.transaction(aside=True) as session:
        session.add(File(storage_key=key, variants=list(variants), is_whole=False, created_date=now))
    return key


async def announce_files(database: Database, count: int, *, now: datetime) -> list[str]:
    """Keys of that many files that are going to be written, all in one transaction."""
    keys = [new_key() for _ in range(count)]
    if keys:
        rows = [{"storage_key": key, "variants": [], "is_whole": False, "created_date": now} for key in keys]
        async with database.transaction(aside=True) as session:
            await session.execute(insert(File), rows)
    return keys


async def keep(database: Database, storage: Storage, pieces: Pieces, *, now: datetime) -> tuple[str, int]:
    """Write a new file: its key and size. When it breaks off, nothing is left."""
    key = await announce_file(database, now=now)
    try:
        return key, await storage.write(key, pieces)
    except BaseException:
        await asyncio.shield(discard_file(database, storage, key))
        raise


async def discard_file(database: Database, storage: Storage, key: str) -> None:
    """Delete a file that was to be named and was not; what cannot be done now, `clear_files` does tomorrow."""
    try:
        async with database.transaction(aside=True) as session:
            file = await session.get(File, key, with_for_update=True)
            if file is not None and not await session.scalar(select(_is_named(key))):
                await _delete(session, storage, file)
    except Exception as error:
        log.warning("file not discarded", error=type(error).__name__)


async def name_file(session: AsyncSession, key: str) -> None:
    """Say that a file is whole and something names it now. Raises ServiceUnavailable when it was cleared away."""
    whole = update(File).where(File.storage_key == key).values(is_whole=True).returning(File.storage_key)
    if await session.scalar(whole) is None:
        raise ServiceUnavailable("The upload took too long. Begin it anew.")


async def name_files(session: AsyncSession, keys: Sequence[str]) -> None:
    """The same of several files. Raises ServiceUnavailable when one was cleared away."""
    whole = update(File).where(File.storage_key.in_(keys)).values(is_whole=True).returning(File.storage_key)
    if len((await session.scalars(whole)).all()) != len(set(keys)):
        raise ServiceUnavailable("The upload took too long. Begin it anew.")


async def abandon_file(session: AsyncSession, key: str) -> None:
    """Say that a file is of no more use: being whole and named by nothing, it is cleared away soon."""
    await session.execute(update(File).where(File.storage_key == key).values(is_whole=True))


def objects_of(file: File) -> list[str]:
    """Keys of a file's objects in storage."""
    return [variant_of(file.storage_key, variant) for variant in file.variants] or [file.storage_key]


def variant_of(key: str, variant: str) -> str:
    return f"{key}.{variant}"


async def clear_files(database: Database, storage: Storage, *, now: datetime) -> int:
    """Delete files that nothing names, some at a time; how many. Several at once share the work.

    The object goes first, its row after it in the same transaction: broken off between, it is done again. Nobody
    can come to name the file meanwhile, for its row is locked.
    """
    cleared = 0
    while deleted := await _clear_some(database, storage, now=now):
        cleared += deleted
    return cleared


async def _clear_some(database: Database, storage: Storage, *, now: datetime) -> int:
    async with database.transaction(aside=True) as session:
        chosen = select(File.storage_key).where(_is_left(now)).order_by(File.created_date).limit(CLEARED_AT_ONCE)
        locked = (await session.scalars(chosen.with_for_update(skip_locked=True))).all()
        # Asked again, for something may have come to name one between the look and the lock.
        left = (await session.scalars(select(File).where(File.storage_key.in_(locked), _is_left(now)))).all()
        for file in left:
            await _delete(session, storage, file)
    return len(left)


async def _delete(session: AsyncSession, storage: Storage, file: File) -> None:
    for key in objects_of(file):
        await storage.delete(key)
    await session.delete(file)


def _is_left(now: datetime) -> ColumnElement[bool]:
    named = _is_named(File.storage_key)
    return and_(~named, or_(File.is_whole, File.created_date < now - UPLOAD_LIMIT))


def _is_named(key: SQLColumnExpression[str] | str) -> ColumnElement[bool]:
    return or_(exists().where(Resource.storage_key == key), exists().where(Course.thumbnail_key == key))
