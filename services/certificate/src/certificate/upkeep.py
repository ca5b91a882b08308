"""Clock entrance: the public log gets what was left for later, old archives go."""

import asyncio
from datetime import UTC, datetime

from certificate import exports
from certificate.commands.log import enter_missing
from certificate.settings import process_settings
from shared.database import Database
from shared.worker import Schedule

BATCH = 100


async def log_missing(database: Database) -> None:
    """Until none is missing. Several workers share them."""
    count = BATCH
    while count == BATCH:
        async with database.transaction() as session:
            count = await enter_missing(session, limit=BATCH, now=datetime.now(UTC))


async def forget_exports(_database: Database) -> None:
    """Archives that nobody can download any more."""
    folder = process_settings().exports_dir
    await asyncio.to_thread(exports.forget_old, folder, now=datetime.now(UTC))


UPKEEP = (Schedule(30, log_missing), Schedule(3600, forget_exports))
