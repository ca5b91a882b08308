"""The clock entrance of webhooks."""

from datetime import UTC, datetime
from typing import LiteralString

from gateway.settings import Settings
from gateway.webhooks.caller import open_caller
from gateway.webhooks.commands.collecting import collect, forget_old_deliveries
from gateway.webhooks.commands.delivering import deliver_next
from gateway.webhooks.commands.subscriptions import forget_old_secrets
from gateway.webhooks.domain.addresses import networks_in
from gateway.webhooks.vault import SecretVault
from shared.auth import Signer
from shared.database import Database
from shared.peers import Peers
from shared.worker import Schedule

LANES = 4
"""Webhooks called at the same time by one process: a slow receiver does not hold up the others."""
_IS_DUE: LiteralString = """
    SELECT 1 FROM webhooks
    WHERE is_active AND next_attempt_at <= now()
        AND EXISTS (SELECT FROM webhook_deliveries WHERE webhook_id = webhooks.id AND status = 'pending')
    LIMIT 1
"""


def schedules(settings: Settings) -> tuple[Schedule, ...]:
    signer = (
        Signer(settings.SERVICE, settings.identity_key_file, settings.identity_key_id)
        if settings.identity_key_file
        else None
    )
    peers, vault = Peers(settings, signer), SecretVault(settings.token_key_file)
    allowed = networks_in(settings.webhook_allowed_networks)

    async def collect_events(database: Database) -> None:
        while await collect(database, peers, now=datetime.now(UTC)):
            pass

    async def deliver(database: Database) -> None:
        async with open_caller(allowed) as caller:
            while await deliver_next(database, caller, vault, lambda: datetime.now(UTC)):
                pass

    return (
        Schedule(1, collect_events, "SELECT 1 FROM webhooks WHERE is_active LIMIT 1"),
        *(Schedule(1, deliver, _IS_DUE) for _ in range(LANES)),
        Schedule(3600, forget),
    )


async def forget(database: Database) -> None:
    """Drop the log of old deliveries, and secrets that sign no more."""
    async with database.transaction() as session:
        await forget_old_deliveries(session, now=datetime.now(UTC))
        await forget_old_secrets(session, now=datetime.now(UTC))
