"""Clock entrance: what is counted from time to time, old searches, files that nothing names, and jobs."""

from datetime import UTC, datetime

from catalog.commands.searches import forget_searches
from catalog.importing import IMPORT
from catalog.storage import process_storage
from catalog.store.files import clear_files
from catalog.store.listed import merge_changes
from catalog.store.popular import mark_popular
from catalog.store.suggestions import count_learners
from catalog.store.words import count_words
from shared import jobs
from shared.database import Database
from shared.worker import Schedule


async def keep_search(database: Database) -> None:
    """Count words and learners anew, mark popular courses, forget old searches. Several workers at once do no harm."""
    async with database.transaction() as session:
        await count_words(session)
    for step in (count_learners, mark_popular):
        more = True
        while more:
            async with database.transaction() as session:
                more = await step(session)
    async with database.transaction() as session:
        await forget_searches(session, today=datetime.now(UTC).date())


async def keep_count(database: Database) -> None:
    """Make one row of the changes that the length of the list is the sum of. Several workers at once do no harm."""
    async with database.transaction() as session:
        await merge_changes(session)


async def keep_files(database: Database) -> None:
    """Delete files that nothing names any more, or never did. Several workers share the work."""
    await clear_files(database, process_storage(), now=datetime.now(UTC))


SCHEDULES = [
    Schedule(300, keep_search),
    Schedule(300, keep_count),
    Schedule(300, keep_files),
    jobs.schedule({IMPORT.name: IMPORT}),
]
