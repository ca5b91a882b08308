"""Clock entrance: completed enrollments that no event has settled."""

from datetime import UTC, datetime

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
from shared.worker import Schedule

BATCH = 20

log = structlog.get_logger()


async def settle_due(database: Database) -> None:
    """Settle all completed enrollments whose time has come. Several workers share them."""
    settings = process_settings()
    signer = Signer(settings.SERVICE, settings.identity_key_file) if settings.identity_key_file else None
    peers = Peers(settings, signer)
    try:
        while await settle_batch(database, peers, now=datetime.now(UTC)) == BATCH:
            pass
    finally:
        await peers.close()


async def settle_batch(database: Database, peers: Peers, *, now: datetime) -> int:
    """Settle some of them, asking the owners for what the copies lack. Returns how many were looked at.

    One that fails, or waits for an owner who is down, is due again later and does not hold up the others.
    """
    async with database.transaction() as session:
        due = await completions.claim_due(session, limit=BATCH, now=now)
    for completion in due:
        try:
            await _settle_one(database, peers, completion)
        except ServiceUnavailable:
            log.info("a completed enrollment waits for an owner", enrollment_id=completion.enrollment_id)
        except Exception:
            log.exception("a completed enrollment could not be settled", enrollment_id=completion.enrollment_id)
    return len(due)


async def _settle_one(database: Database, peers: Peers, completion: Completion) -> None:
    await learn.learn_missing(database, peers, completion)
    async with database.transaction() as session:
        await completions.settle(session, completion.enrollment_id, issuer(), now=datetime.now(UTC), owners_asked=True)


SCHEDULES = (Schedule(2, settle_due),)
