"""The clock entrance of pushing."""

from datetime import UTC, datetime, timedelta

from gateway.push.store import KEPT_HOURS, trim_log
from shared.database import Database


async def trim(database: Database) -> None:
    """Forget messages that are too old to be resumed after."""
    async with database.transaction() as session:
        await trim_log(session, before=datetime.now(UTC) - timedelta(hours=KEPT_HOURS))
