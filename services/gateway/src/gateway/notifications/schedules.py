"""The clock entrance of notifications."""

from datetime import UTC, datetime

from gateway.notifications.commands.digests import gather_digests
from gateway.notifications.commands.fanouts import carry_out_batch
from gateway.notifications.commands.forgetting import forget_old_notifications
from gateway.notifications.domain.digests import DigestCadence, last_digest
from shared.database import Database
from shared.worker import Schedule

CADENCES: tuple[DigestCadence, ...] = ("daily", "weekly")


async def carry_out_fanouts(database: Database) -> None:
    """Tell whoever is to be told, a batch in each transaction."""
    more = True
    while more:
        async with database.transaction() as session:
            more = await carry_out_batch(session, now=datetime.now(UTC))


async def send_digests(database: Database) -> None:
    """Make the digests whose time has come."""
    for cadence in CADENCES:
        more = True
        while more:
            now = datetime.now(UTC)
            async with database.transaction() as session:
                more = await gather_digests(session, cadence, until=last_digest(cadence, now), now=now)


async def forget(database: Database) -> None:
    """Drop what is old."""
    more = True
    while more:
        async with database.transaction() as session:
            more = await forget_old_notifications(session, now=datetime.now(UTC))


SCHEDULES = (
    Schedule(0.5, carry_out_fanouts, "SELECT 1 FROM notification_fanouts WHERE due_at <= now() LIMIT 1"),
    Schedule(60, send_digests),
    Schedule(3600, forget),
)
