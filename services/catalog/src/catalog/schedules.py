"""Clock entrance: how common words are, and how long searches are remembered."""

from datetime import UTC, datetime

from catalog.commands.searches import forget_searches
from catalog.store.words import count_words
from shared.database import Database
from shared.worker import Schedule


async def keep_search(database: Database) -> None:
    """Count words anew and forget old searches. Several workers at once do no harm."""
    async with database.transaction() as session:
        await count_words(session)
    async with database.transaction() as session:
        await forget_searches(session, today=datetime.now(UTC).date())


SCHEDULES = [Schedule(300, keep_search)]
