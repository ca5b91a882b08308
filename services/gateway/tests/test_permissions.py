"""Who may do what about notifications, webhooks and analytics: every route, by every kind of caller."""

from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

import httpx
import pytest
from fastapi.routing import APIRoute
from sqlalchemy import text

from gateway.analytics import routes as analytics
from gateway.notifications import routes as notifications
from gateway.notifications.commands.notify import Notice, notify
from gateway.webhooks import routes as webhooks
from gateway.webhooks.models import Delivery, Webhook
from shared.contracts.catalog.events import CategoryRef, CourseState, StaffMember
from shared.testing import ServiceUnderTest

CALLERS: dict[str, dict[str, Any]] = {
    "guest": {},
    "student": {"role": "student"},
    "enrolled": {"role": "student"},
    "other student": {"role": "student"},
    "instructor": {"role": "instructor"},
    "other instructor": {"role": "instructor"},
    "premium": {"role": "student", "premium": True},
    "administrator": {"role": "administrator"},
}
OWNER = "student"
"""Whose notification it is."""
Who = Literal["signed in", "owner", "staff", "administrators"]


class Rule(NamedTuple):
    method: str
    path: str
    who: Who
    status: int
    """Of the answer to those who may."""
    body: Any = None


RULES = (
    Rule("GET", "/api/notifications/", "signed in", 200),
    Rule("POST", "/api/notifications/{notification_id}/read/", "owner", 200),
    Rule("POST", "/api/notifications/read-all/", "signed in", 200),
    Rule(
        "POST",
        "/api/notifications/broadcast/",
        "administrators",
        202,
        {"type": "maintenance", "title": "T", "body": "B"},
    ),
    Rule("GET", "/api/user/notification-preferences/", "signed in", 200),
    Rule("PUT", "/api/user/notification-preferences/", "signed in", 200, []),
    Rule("GET", "/api/webhooks/", "administrators", 200),
    Rule("POST", "/api/webhooks/", "administrators", 201, {"url": "https://8.8.8.8/", "event_types": ["*"]}),
    Rule("GET", "/api/webhooks/{webhook_id}/", "administrators", 200),
    Rule(
        "PUT", "/api/webhooks/{webhook_id}/", "administrators", 200, {"url": "https://8.8.8.8/", "event_types": ["*"]}
    ),
    Rule("PATCH", "/api/webhooks/{webhook_id}/", "administrators", 200, {}),
    Rule("POST", "/api/webhooks/{webhook_id}/rotate-secret/", "administrators", 200),
    Rule("DELETE", "/api/webhooks/{webhook_id}/", "administrators", 204),
    Rule("GET", "/api/webhooks/{webhook_id}/deliveries/", "administrators", 200),
    Rule("POST", "/api/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver/", "administrators", 202),
    Rule("GET", "/api/analytics/courses/{ref}/", "staff", 200),
    Rule("GET", "/api/analytics/learner/", "signed in", 503),  # no service runs here
    Rule("GET", "/api/analytics/system/", "administrators", 200),
)


def _expected(rule: Rule, caller: str) -> tuple[int, str | None]:
    if caller == "guest":
        return 401, "AUTHENTICATION_REQUIRED"
    may = {
        "signed in": True,
        "owner": caller == OWNER,
        "staff": caller in ("instructor", "administrator"),
        "administrators": caller == "administrator",
    }[rule.who]
    if may:
        return rule.status, "SERVICE_UNAVAILABLE" if rule.status == 503 else None
    if rule.who == "owner":
        return 404, "NOT_FOUND"
    return 403, "PERMISSION_DENIED" if rule.who == "staff" and caller == "other instructor" else "ROLE_REQUIRED"


def test_no_route_is_missing() -> None:
    routers = (notifications.router, webhooks.router, analytics.router)
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    assert {(rule.method, rule.path) for rule in RULES} == {
        (method, route.path) for route in routes for method in route.methods
    }


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.method} {rule.path}")
async def test_who_may(door: httpx.AsyncClient, gateway: ServiceUnderTest, make_account: Any, rule: Rule) -> None:
    accounts = {
        caller: await make_account(f"{number}@example.com", **account)
        for number, (caller, account) in enumerate(CALLERS.items())
        if account
    }
    gateway.peers.answer("catalog", "/internal/courses/5/", _course(accounts["instructor"].id))
    path = rule.path.format(**await _rows(gateway, accounts[OWNER].id), ref=5)
    for caller in CALLERS:
        headers = accounts[caller].header if caller in accounts else {}
        answer = await door.request(rule.method, path, json=rule.body, headers=headers)
        body = answer.json() if answer.content else {}
        code = body.get("code") if isinstance(body, dict) else None
        assert (answer.status_code, code) == _expected(rule, caller), caller


async def _rows(gateway: ServiceUnderTest, owner_id: int) -> dict[str, int]:
    """One of each, by the names in the paths."""
    now = datetime.now(UTC)
    async with gateway.database.transaction() as session:
        await notify(session, [owner_id], Notice("course_completed", "x"), now=now)
        notification_id = await session.scalar(text("SELECT id FROM notifications"))
        webhook = Webhook(
            url="https://8.8.8.8/", event_types=["*"], is_active=True, secret=b"x", place="", next_attempt_at=now,
            created_date=now, updated_date=now,
        )  # fmt: skip
        session.add(webhook)
        await session.flush()
        delivery = Delivery(
            webhook_id=webhook.id, event_id="1", event_type="x", payload="{}", status="failed", is_redelivery=False,
            attempts=1, log=[], created_date=now,
        )  # fmt: skip
        session.add(delivery)
        await session.flush()
        return {"notification_id": notification_id or 0, "webhook_id": webhook.id, "delivery_id": delivery.id}


def _course(lead_id: int) -> CourseState:
    return CourseState(
        version=1, course_id=5, slug="sailing", title="Sailing",
        category=CategoryRef(id=1, name="General", slug="general"), level="beginner", language="en", price=0,
        has_certificate=True, is_draft=False, is_published=True, is_deleted=False,
        staff=[StaffMember(user_id=lead_id, name="I", is_lead=True)], modules=[],
    )  # fmt: skip
