"""The clock entrance of pushing: what is due within a day, and what is old."""

from datetime import UTC, datetime, timedelta

from gateway.push.domain.messages import of_deadline
from gateway.push.store import KEPT_HOURS, claim_due, lock_log, record, trim_log
from shared.database import Database

AHEAD = timedelta(hours=24)


async def remind(database: Database, *, now: datetime) -> None:
    """Tell the course of each assessment that is due within 24 hours. Once for each due date, by whichever worker."""
    async with database.transaction() as session:
        await lock_log(session)
        due = await claim_due(session, now=now, until=now + AHEAD)
        await record(session, [of_deadline(*row) for row in due])


async def remind_now(database: Database) -> None:
    await remind(database, now=datetime.now(UTC))


async def trim(database: Database) -> None:
    """Forget messages that are too old to be resumed after."""
    async with database.transaction() as session:
        await trim_log(session, before=datetime.now(UTC) - timedelta(hours=KEPT_HOURS))
