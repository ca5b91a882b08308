"""Clock entrance: completed enrollments are settled here, and nowhere else."""

import asyncio
from datetime import UTC, datetime
from functools import cache

import structlog

from certificate import learn
from certificate.commands import completions
from certificate.issuer import issuer
from certificate.models import Completion
from certificate.settings import process_settings
from shared.auth import Signer
from shared.database import Database
from shared.errors import ServiceUnavailable
from shared.peers import Peers
from shared.telemetry import begin
from shared.worker import Schedule

BATCH = 10

log = structlog.get_logger()


async def settle_due(database: Database) -> None:
    """Settle all completed enrollments whose time has come. Several workers share them."""
    while await settle_batch(database, owners(), now=datetime.now(UTC)) == BATCH:
        pass


async def settle_batch(database: Database, peers: Peers, *, now: datetime) -> int:
    """Settle some of them, side by side. Returns how many were looked at.

    One that fails, or waits for an owner who is down, is due again soon and does not hold up the others.
    """
    async with database.transaction() as session:
        due = await completions.claim_due(session, limit=BATCH, now=now)
    await asyncio.gather(*(_settle_one(database, peers, completion) for completion in due))
    return len(due)


async def _settle_one(database: Database, peers: Peers, completion: Completion) -> None:
    begin(completion.correlation_id or None)
    try:
        await learn.learn_missing(database, peers, completion)
        word = await learn.ask_standing(database, peers, completion)
        async with database.transaction() as session:
            await completions.settle(session, completion.enrollment_id, word, issuer(), now=datetime.now(UTC))
    except ServiceUnavailable:
        log.info("a completed enrollment waits for an owner", enrollment_id=completion.enrollment_id)
    except Exception:
        log.exception("a completed enrollment could not be settled", enrollment_id=completion.enrollment_id)


@cache
def owners() -> Peers:
    """The other services, asked over connections that last as long as this process: opening one costs milliseconds."""
    settings = process_settings()
    signer = (
        Signer(settings.SERVICE, settings.identity_key_file, settings.identity_key_id)
        if settings.identity_key_file
        else None
    )
    return Peers(settings, signer)


SETTLE = Schedule(0.5, settle_due, "SELECT 1 FROM completions WHERE due_at <= now() LIMIT 1")
SCHEDULES = (SETTLE,)
