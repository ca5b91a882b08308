"""The clock entrance: what a course measures anew is counted anew, and announcements are told when their time comes."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from enrollment.commands import bulk
from enrollment.commands.activity_days import keep_partitions, roll_up
from enrollment.commands.policies import BATCH, list_stale_courses, recalculate
from enrollment.commands.topics import BATCH as TOPICS
from enrollment.commands.topics import publish_due
from enrollment.learn import learn_users
from enrollment.settings import process_settings
from shared import jobs
from shared.auth import Signer
from shared.database import Database
from shared.peers import Peers
from shared.worker import Schedule


async def recalculate_stale(database: Database, *, batch: int = BATCH) -> None:
    """Count all that are to be counted anew, a batch in each transaction. Several workers share them."""
    async with database.reading() as session:
        courses = await list_stale_courses(session)
    for course_id in courses:
        may_have_more = True
        while may_have_more:
            async with database.transaction() as session:
                may_have_more = await recalculate(session, course_id, limit=batch, now=datetime.now(UTC))


async def publish_announcements(database: Database, *, batch: int = TOPICS) -> None:
    """Tell all announcements whose time has come, a batch in each transaction. Several workers share them."""
    told = batch
    while told == batch:
        async with database.transaction() as session:
            told = await publish_due(session, limit=batch, now=datetime.now(UTC))


async def roll_up_activity(database: Database, *, now: datetime | None = None) -> None:
    """Roll up all days that are over, each in a transaction of its own. One worker does it, the others pass."""
    may_have_more = True
    while may_have_more:
        async with database.transaction() as session:
            may_have_more = await roll_up(session, now=now or datetime.now(UTC))


async def keep_activity(database: Database, *, now: datetime | None = None, kept_days: int | None = None) -> None:
    """Make the partitions of the coming days, and drop those past keeping."""
    kept = process_settings().activity_kept_days if kept_days is None else kept_days
    async with database.transaction() as session:
        await keep_partitions(session, today=(now or datetime.now(UTC)).date(), kept_days=kept)


@cache
def owners() -> Peers:
    """The other services, asked over connections that last as long as this process."""
    settings = process_settings()
    signer = (
        Signer(settings.SERVICE, settings.identity_key_file, settings.identity_key_id)
        if settings.identity_key_file
        else None
    )
    return Peers(settings, signer)


async def find_users(database: Database, job: jobs.Job, rows: list[dict[str, Any]]) -> None:
    """Ask the gateway for the users of a batch of addresses."""
    job.params["found"] = await learn_users(owners(), (row["email"] for row in rows))


BULK = jobs.JobKind(bulk.KIND, row=bulk.enroll_address, prepare=find_users)
JOBS = {BULK.name: BULK}

RECALCULATE = Schedule(
    1, recalculate_stale, "SELECT 1 FROM progress_policies WHERE applied_revision < revision LIMIT 1"
)
ANNOUNCE = Schedule(1, publish_announcements, "SELECT 1 FROM topics WHERE NOT is_told AND publish_at <= now() LIMIT 1")
SCHEDULES = (
    jobs.schedule(JOBS),
    RECALCULATE,
    ANNOUNCE,
    Schedule(60, roll_up_activity),
    Schedule(3600, keep_activity),
)
