"""The clock entrance: what the server does when nobody asks. Attempts whose time is up are completed."""

import asyncio
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, select

from assessment.commands.attempts import BATCH, complete_overdue
from assessment.commands.regrading import REGRADING
from assessment.commands.standings import BATCH as STANDINGS
from assessment.commands.standings import tell_changed_policies
from assessment.files import Files
from assessment.models import AttemptAnswer
from assessment.settings import Settings
from shared import jobs
from shared.database import Database
from shared.worker import Schedule


async def complete_overdue_attempts(database: Database, *, batch: int = BATCH) -> None:
    """Complete all that are due, a batch in each transaction. Several workers share them."""
    completed = batch
    while completed:
        async with database.transaction() as session:
            completed = await complete_overdue(session, now=datetime.now(UTC), limit=batch)


async def complete_if_overdue(database: Database, only: ColumnElement[bool], *, now: datetime) -> None:
    """Complete those of these attempts that are due, before somebody looks at them or works on them.

    In a transaction of its own, so that it holds even where the request is then refused.
    """
    async with database.transaction() as session:
        await complete_overdue(session, now=now, only=only)


async def tell_changed_standings(database: Database, *, batch: int = STANDINGS) -> None:
    """After a change of scoring policies: tell all standings that are others now, a batch in each transaction."""
    settled = 1
    while settled:
        async with database.transaction() as session:
            settled = await tell_changed_policies(session, now=datetime.now(UTC), limit=batch)


async def sweep_attachments(database: Database, *, files: Files | None = None) -> None:
    """Delete files that no answer names: replaced, taken back, erased, or of requests that broke off."""
    files = files or Files(Settings().files_dir)
    old = await asyncio.to_thread(lambda: list(files.list_old()))
    for begin in range(0, len(old), SWEPT):
        keys = old[begin : begin + SWEPT]
        async with database.reading() as session:
            named = await session.scalars(
                select(AttemptAnswer.attachment_key).where(AttemptAnswer.attachment_key.in_(keys))
            )
            stray = set(keys) - set(named)
        await asyncio.to_thread(files.delete_all, stray)


SWEPT = 500

COMPLETE_OVERDUE = Schedule(
    1, complete_overdue_attempts, "SELECT 1 FROM attempts WHERE status = 'in_progress' AND expires_at <= now() LIMIT 1"
)
TELL_STANDINGS = Schedule(
    1, tell_changed_standings, "SELECT 1 FROM assessments WHERE policy_changed_at IS NOT NULL LIMIT 1"
)
SCHEDULES = (
    Schedule(3600, sweep_attachments),
    COMPLETE_OVERDUE,
    TELL_STANDINGS,
    jobs.schedule({REGRADING.name: REGRADING}),
)
