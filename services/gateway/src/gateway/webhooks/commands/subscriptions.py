"""Webhooks are made, changed and taken away; an event is asked for once more."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.webhooks.domain.signing import new_secret
from gateway.webhooks.models import Delivery, Webhook
from gateway.webhooks.vault import SecretVault
from shared.errors import Invalid, NotFound

MOST_WEBHOOKS = 100
OLD_SECRET_SIGNS = timedelta(days=1)

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '_webhooks'))")


async def make_webhook(
    session: AsyncSession, fields: dict[str, Any], vault: SecretVault, *, place: str, now: datetime
) -> tuple[Webhook, str]:
    """A webhook that has what happens after `place`, and its secret. Raises Invalid when there are too many."""
    await session.execute(_ONE_AT_A_TIME)
    if (await session.scalar(select(func.count()).select_from(Webhook)) or 0) >= MOST_WEBHOOKS:
        raise Invalid(non_field_errors=f"There are {MOST_WEBHOOKS} webhooks, which is the limit.")
    secret = new_secret()
    webhook = Webhook(
        **fields,
        disabled_reason=None,
        secret=vault.seal(secret),
        old_secret=None,
        old_secret_until=None,
        place=place,
        next_attempt_at=now,
        holder=None,
        created_date=now,
        updated_date=now,
    )
    session.add(webhook)
    await session.flush()
    return webhook, secret


async def update_webhook(session: AsyncSession, webhook_id: int, changes: dict[str, Any], *, now: datetime) -> Webhook:
    """Change a webhook. One that is switched on, or has another address, is tried at once. Raises NotFound."""
    webhook = await _lock(session, webhook_id)
    if changes.get("is_active", webhook.is_active) != webhook.is_active:
        webhook.disabled_reason = None
    different = {name: value for name, value in changes.items() if getattr(webhook, name) != value}
    for name, value in different.items():
        setattr(webhook, name, value)
    if different:
        webhook.updated_date = now
    if "url" in different or "is_active" in different:
        # Whoever is calling it now finds that it is no longer the holder.
        webhook.next_attempt_at, webhook.holder = now, None
    await session.flush()
    return webhook


async def rotate_secret(
    session: AsyncSession, webhook_id: int, vault: SecretVault, *, now: datetime
) -> tuple[Webhook, str]:
    """Give a webhook another secret; the one it had signs beside it for a day. Raises NotFound."""
    webhook = await _lock(session, webhook_id)
    secret = new_secret()
    webhook.old_secret, webhook.old_secret_until = webhook.secret, now + OLD_SECRET_SIGNS
    webhook.secret, webhook.updated_date = vault.seal(secret), now
    await session.flush()
    return webhook, secret


async def forget_old_secrets(session: AsyncSession, *, now: datetime) -> None:
    """Drop those that sign no more."""
    over = update(Webhook).where(Webhook.old_secret_until <= now)
    await session.execute(over.values(old_secret=None, old_secret_until=None))


async def delete_webhook(session: AsyncSession, webhook_id: int) -> None:
    """With its deliveries. Raises NotFound."""
    if await session.scalar(delete(Webhook).where(Webhook.id == webhook_id).returning(Webhook.id)) is None:
        raise NotFound


async def redeliver(session: AsyncSession, webhook_id: int, delivery_id: int, *, now: datetime) -> Delivery:
    """Have an event sent once more, after those that wait. Raises NotFound; Invalid while the webhook is off."""
    webhook = await _lock(session, webhook_id)
    before = await session.get(Delivery, delivery_id)
    if before is None or before.webhook_id != webhook_id:
        raise NotFound
    if not webhook.is_active:
        raise Invalid(non_field_errors="The webhook is switched off: switch it on first.")
    again = Delivery(
        webhook_id=webhook_id,
        event_id=before.event_id,
        event_type=before.event_type,
        payload=before.payload,
        status="pending",
        is_redelivery=True,
        attempts=0,
        log=[],
        created_date=now,
        completed_date=None,
    )
    session.add(again)
    await session.flush()
    return again


async def _lock(session: AsyncSession, webhook_id: int) -> Webhook:
    webhook = await session.get(Webhook, webhook_id, with_for_update=True)
    if webhook is None:
        raise NotFound
    return webhook
