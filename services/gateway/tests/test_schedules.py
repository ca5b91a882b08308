"""What the clock asks before it does anything."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest

from gateway.mail.queue import post
from gateway.notifications.models import Fanout
from gateway.schedules import schedules
from gateway.settings import Settings
from gateway.webhooks.models import Delivery, Webhook
from shared.testing import ServiceUnderTest

NOW = datetime.now(UTC)


def _webhook(next_attempt_at: datetime, *, is_active: bool = True) -> Webhook:
    return Webhook(
        url="https://example.org/", event_types=["*"], is_active=is_active, secret=b"", place="",
        next_attempt_at=next_attempt_at, created_date=NOW, updated_date=NOW,
    )  # fmt: skip


def _delivery(webhook_id: int, status: Literal["pending", "delivered"]) -> Delivery:
    return Delivery(
        webhook_id=webhook_id, event_id=status, event_type="x", payload="{}", status=status, is_redelivery=False,
        attempts=0, log=[], created_date=NOW,
    )  # fmt: skip


async def _asked(gateway: ServiceUnderTest) -> dict[str, bool]:
    """Of each schedule that asks first, by the name of what it runs: whether there is something to do."""
    settings: Settings = gateway.settings  # type: ignore[assignment]
    return {
        each.run.__name__: await each.is_due(gateway.database)
        for each in schedules(settings)
        if each.only_if is not None
    }


@pytest.mark.parametrize(("later", "is_due"), [(timedelta(0), True), (timedelta(hours=1), False)])
async def test_mails_and_fanouts_are_looked_for_when_their_time_has_come(
    gateway: ServiceUnderTest, later: timedelta, is_due: bool
) -> None:
    fanout: dict[str, Any] = {"audience": "staff", "type": "x", "source": "x", "data": {}, "after_user_id": 0}
    async with gateway.database.transaction() as session:
        await post(session, "hello", "a@example.com", now=NOW + later)
        session.add(Fanout(**fanout, due_at=NOW + later, created_date=NOW))
    asked = await _asked(gateway)
    assert (asked["send_mails"], asked["carry_out_fanouts"]) == (is_due, is_due)
    assert not asked["deliver"]


@pytest.mark.parametrize(
    ("later", "is_active", "status", "is_due"),
    [
        (timedelta(0), True, "pending", True),
        (timedelta(hours=1), True, "pending", False),
        (timedelta(0), False, "pending", False),
        (timedelta(0), True, "delivered", False),
    ],
)
async def test_a_webhook_is_called_when_something_waits_for_it(
    gateway: ServiceUnderTest, later: timedelta, is_active: bool, status: Any, is_due: bool
) -> None:
    webhook = _webhook(NOW + later, is_active=is_active)
    async with gateway.database.transaction() as session:
        session.add(webhook)
        await session.flush()
        session.add(_delivery(webhook.id, status))
    asked = await _asked(gateway)
    assert (asked["deliver"], asked["collect_events"]) == (is_due, is_active)


async def test_nothing_is_looked_for_where_nothing_is(gateway: ServiceUnderTest) -> None:
    assert not any((await _asked(gateway)).values())
