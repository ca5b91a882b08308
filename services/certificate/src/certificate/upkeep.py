"""Clock entrance: entering into the public log what a release without it has issued."""

from datetime import UTC, datetime

from certificate.commands.log import append_missing
from shared.database import Database
from shared.worker import Schedule

BATCH = 100


async def log_missing(database: Database) -> None:
    """Until none is missing. Several workers share them."""
    count = BATCH
    while count == BATCH:
        async with database.transaction() as session:
            count = await append_missing(session, limit=BATCH, now=datetime.now(UTC))


UPKEEP = (Schedule(30, log_missing),)
