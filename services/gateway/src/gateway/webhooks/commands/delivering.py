"""Deliveries go out: one after the other for each webhook, again until they are taken, for a day.

A webhook that is being called has a holder, and nobody else calls it. A holder that dies is followed by another after
a while; what it had sent and not noted is sent again, under the same id.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.notifications.commands.notify import Notice, notify_administrators
from gateway.webhooks.caller import Caller, Outcome
from gateway.webhooks.domain.addresses import host_of
from gateway.webhooks.domain.retries import wait_after
from gateway.webhooks.domain.signing import signed_headers
from gateway.webhooks.models import Delivery, Webhook
from gateway.webhooks.vault import SecretVault
from shared.database import Database

HELD = timedelta(minutes=5)
"""Longer than a turn takes."""
TURN = timedelta(minutes=2)
MOST_IN_TURN = 50

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Turn:
    """A webhook that this process calls now."""

    webhook_id: int
    holder: UUID
    url: str
    secrets: Sequence[bytes]
    """The newest first."""


async def deliver_next(database: Database, caller: Caller, vault: SecretVault, clock: Clock) -> bool:
    """Call one webhook that is due with what waits for it. False when none is due."""
    until = clock() + TURN
    async with database.transaction() as session:
        turn = await _take(session, clock())
    if turn is None:
        return False
    for _ in range(MOST_IN_TURN):
        async with database.reading() as session:
            delivery = await _first(session, turn.webhook_id)
        if delivery is None or clock() > until:
            break
        outcome = await _send(turn, delivery, caller, vault, clock())
        async with database.transaction() as session:
            if not await _note(session, turn, delivery.id, outcome, now=clock()):
                return True
    async with database.transaction() as session:
        mine = (Webhook.id == turn.webhook_id, Webhook.holder == turn.holder)
        await session.execute(update(Webhook).where(*mine).values(holder=None, next_attempt_at=clock()))
    return True


async def _take(session: AsyncSession, now: datetime) -> Turn | None:
    waiting = exists().where(Delivery.webhook_id == Webhook.id, Delivery.status == "pending")
    due = select(Webhook).where(Webhook.is_active, Webhook.next_attempt_at <= now, waiting)
    webhook = await session.scalar(
        due.order_by(Webhook.next_attempt_at, Webhook.id).limit(1).with_for_update(skip_locked=True)
    )
    if webhook is None:
        return None
    webhook.holder, webhook.next_attempt_at = uuid4(), now + HELD
    await session.flush()
    secrets = [webhook.secret]
    if webhook.old_secret is not None and webhook.old_secret_until is not None and now < webhook.old_secret_until:
        secrets.append(webhook.old_secret)
    return Turn(webhook.id, webhook.holder, webhook.url, secrets)


async def _first(session: AsyncSession, webhook_id: int) -> Delivery | None:
    waiting = select(Delivery).where(Delivery.webhook_id == webhook_id, Delivery.status == "pending")
    found: Delivery | None = await session.scalar(waiting.order_by(Delivery.id).limit(1))
    return found


async def _send(turn: Turn, delivery: Delivery, caller: Caller, vault: SecretVault, now: datetime) -> Outcome:
    secrets = [secret for secret in map(vault.open, turn.secrets) if secret is not None]
    if not secrets:
        return Outcome(None, "Its secret cannot be read: it was made under another SYLLABUS_TOKEN_KEY_FILE.", 0)
    body = delivery.payload.encode()
    return await caller.call(turn.url, signed_headers(secrets, delivery.event_id, body, now=now), body)


async def _note(session: AsyncSession, turn: Turn, delivery_id: int, outcome: Outcome, *, now: datetime) -> bool:
    """Write down what became of an attempt; whether to go on with the next delivery."""
    webhook = await session.get(Webhook, turn.webhook_id, with_for_update=True)
    delivery = await session.get(Delivery, delivery_id, with_for_update=True)
    if webhook is None or delivery is None or webhook.holder != turn.holder:
        return False
    delivery.attempts += 1
    delivery.log = [*delivery.log, _logged(outcome, now)]
    wait = None if delivery.is_redelivery or outcome.is_gone else wait_after(delivery.attempts)
    if not outcome.is_taken and wait is not None:
        webhook.holder, webhook.next_attempt_at = None, now + wait
        await session.flush()
        return False
    delivery.status, delivery.completed_date = "delivered" if outcome.is_taken else "failed", now
    goes_on = outcome.is_taken or (delivery.is_redelivery and not outcome.is_gone)
    if not goes_on:
        await _switch_off(session, webhook, delivery, outcome, now)
    await session.flush()
    return goes_on


async def _switch_off(
    session: AsyncSession, webhook: Webhook, delivery: Delivery, outcome: Outcome, now: datetime
) -> None:
    """Administrators are told. What happens meanwhile waits in the feed until it is switched on again."""
    reason = "it answered 410 Gone." if outcome.is_gone else f"it failed for a day. At last: {outcome.error}"
    webhook.is_active, webhook.holder, webhook.disabled_reason = False, None, reason[:200]
    webhook.updated_date = now
    data = {"webhook_id": webhook.id, "delivery_id": delivery.id, "host": host_of(webhook.url), "reason": reason}
    notice = Notice("webhook_disabled", f"webhook_disabled:{webhook.id}:{delivery.id}", data=data)
    await notify_administrators(session, notice, now=now)


def _logged(outcome: Outcome, now: datetime) -> dict[str, str | int | None]:
    return {
        "at": now.isoformat(),
        "status": outcome.status,
        "error": outcome.error,
        "milliseconds": outcome.milliseconds,
    }
