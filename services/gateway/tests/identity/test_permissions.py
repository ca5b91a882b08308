"""Who may do what: every route of the gateway, by every kind of caller, signed in by token and by session."""

from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

import httpx
import pytest
from fastapi.routing import APIRoute

from gateway.identity.commands.sessions import open_session
from gateway.identity.secret import csrf_of
from gateway.main import PUBLIC
from shared import jobs
from shared.testing import ServiceUnderTest

PASSWORD = "quiet-harbour-lantern"
# Identity knows nothing of courses: who is enrolled, or teaches this course or another, is one more of their role.
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
Who = Literal["all", "signed in", "administrators"]


class Rule(NamedTuple):
    method: str
    path: str
    who: Who
    status: int
    """Of the answer to those who may."""
    body: Any = None


RULES = (
    Rule("POST", "/api/auth/register/", "all", 400, {}),
    Rule("POST", "/api/auth/login/", "all", 200, {"email": "target@example.com", "password": PASSWORD}),
    Rule("POST", "/api/auth/logout/", "signed in", 204),
    Rule("POST", "/api/auth/token/regenerate/", "signed in", 200),
    Rule("POST", "/api/auth/password-reset/", "all", 202, {"email": "target@example.com"}),
    Rule("POST", "/api/auth/password-reset/confirm/", "all", 400, {"token": "x", "password": PASSWORD}),
    Rule("POST", "/api/auth/verify-email/", "all", 400, {"token": "x"}),
    Rule("POST", "/api/auth/verify-email/resend/", "all", 202, {"email": "target@example.com"}),
    Rule("GET", "/api/user/", "signed in", 200),
    Rule("PATCH", "/api/user/", "signed in", 200, {"last_name": "King"}),
    Rule(
        "POST", "/api/user/change-password/", "signed in", 400, {"old_password": "not this", "new_password": PASSWORD}
    ),
    Rule("GET", "/api/users/", "administrators", 200),
    Rule("GET", "/api/users/{user_id}/", "administrators", 200),
    Rule("PATCH", "/api/users/{user_id}/", "administrators", 200, {"first_name": "Augusta"}),
    Rule("PUT", "/api/users/{user_id}/subscription/", "administrators", 200, {"tier": "premium"}),
    Rule("GET", "/api/user/export/", "signed in", 200),
    Rule("DELETE", "/api/user/", "signed in", 400, {"password": "not this"}),
    # Of somebody else's job: administrators see it, for others there is none.
    Rule("GET", "/api/jobs/{job_id}/", "administrators", 200),
    Rule("GET", "/api/health/", "all", 200),
    Rule("GET", "/api/schema/", "all", 200),
    Rule("GET", "/api/docs/", "all", 200),
    Rule("GET", "/api/events/", "administrators", 200),
    Rule("GET", "/api/events/schema/", "all", 200),
)


def _expected(rule: Rule, caller: str) -> tuple[int, str | None]:
    if rule.who == "all" or (caller != "guest" and rule.who == "signed in") or caller == "administrator":
        return rule.status, None
    if caller == "guest":
        return 401, "AUTHENTICATION_REQUIRED"
    return (404, "NOT_FOUND") if rule.path.startswith("/api/jobs/") else (403, "ROLE_REQUIRED")


ELSEWHERE = (
    "/api/notifications/", "/api/user/notification-preferences/", "/api/webhooks/", "/api/analytics/",
    "/api/events/stream/",
)  # fmt: skip
"""In `tests/test_permissions.py`, and of the stream in `tests/push/`."""


def test_no_route_is_missing() -> None:
    routes = [route for router in PUBLIC for route in router.routes if isinstance(route, APIRoute)]
    public = {
        (method, route.path)
        for route in routes
        for method in route.methods
        if route.include_in_schema and not route.path.startswith(ELSEWHERE)
    }
    assert {(rule.method, rule.path) for rule in RULES} == public


@pytest.mark.parametrize("means", ["token", "session"])
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.method} {rule.path}")
async def test_who_may(
    door: httpx.AsyncClient, gateway: ServiceUnderTest, make_account: Any, rule: Rule, means: str
) -> None:
    target = await make_account("target@example.com")
    async with gateway.database.transaction() as session:
        job = await jobs.start(session, kind="nobodys", user_id=target.id, rows=[])
    path = rule.path.format(user_id=target.id, job_id=job.job_id)
    for number, (caller, account) in enumerate(CALLERS.items()):
        headers: dict[str, str] = {}
        if account:
            made = await make_account(f"{number}@example.com", **account)
            headers = made.header if means == "token" else await _session(gateway, made.id)
        answer = await door.request(rule.method, path, json=rule.body, headers=headers)
        is_json = answer.content and answer.headers.get("content-type") == "application/json"
        code = answer.json().get("code") if is_json else None
        assert (answer.status_code, code) == _expected(rule, caller), caller


async def test_nobody_outside_reaches_what_services_ask(door: httpx.AsyncClient, make_account: Any) -> None:
    for number, account in enumerate(CALLERS.values()):
        made = await make_account(f"{number}@example.com", **account)
        assert (await door.get(f"/internal/users/{made.id}/", headers=made.header)).status_code == 404


async def _session(gateway: ServiceUnderTest, user_id: int) -> dict[str, str]:
    async with gateway.database.transaction() as session:
        value = await open_session(session, user_id, now=datetime.now(UTC))
    return {"Cookie": f"sessionid={value}", "X-CSRFToken": csrf_of(value)}
