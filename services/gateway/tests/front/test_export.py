"""One's data from every service."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
from starlette.types import Receive, Scope, Send

from gateway.notifications.commands.notify import Notice, notify
from gateway.notifications.models import Digest
from gateway.push.models import PushAttempt, PushMessage
from shared.testing import ServiceUnderTest

OTHERS = ("catalog", "enrollment", "assessment", "certificate")
PATH = "/api/user/export/"


def answering(status: int, body: Any) -> Any:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        kind = (b"content-type", b"application/json")
        await send({"type": "http.response.start", "status": status, "headers": [kind]})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})

    return answer


async def test_has_a_part_of_every_service(public: httpx.AsyncClient, upstreams: Any, make_account: Any) -> None:
    account = await make_account()
    for name in OTHERS:
        upstreams[name].answer = answering(200, {f"rows of {name}": [1]})
    answer = await public.get(PATH, headers=account.header)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    found = answer.json()
    assert list(found) == ["user", *OTHERS, "degraded"]
    assert (found["user"]["email"], found["user"]["sessions"], found["degraded"]) == (account.email, [], [])
    for name in OTHERS:
        assert found[name] == {f"rows of {name}": [1]}
        assert upstreams[name].asked[0]["path"] == f"/internal/users/{account.id}/export/"


async def test_has_what_one_was_told(
    public: httpx.AsyncClient, upstreams: Any, gateway: ServiceUnderTest, make_account: Any
) -> None:
    account, other = await make_account(), await make_account("bo@example.com")
    now = datetime.now(UTC)
    async with gateway.database.transaction() as session:
        await notify(session, [account.id, other.id], Notice("course_completed", "x", course_id=5), now=now)
        session.add_all(
            Digest(user_id=one.id, cadence=cadence, created_date=now)
            for one, cadence in ((account, "daily"), (other, "weekly"))
        )
        for one in (account, other):
            data, audience = {"of": one.id}, f"user:{one.id}"
            session.add(PushMessage(audience=audience, type="milestone", course_id=5, data=data, created_date=now))
            session.add(
                PushAttempt(
                    attempt_id=one.id, user_id=one.id, assessment_id=30, status="graded", expires_at=None, revision=1
                )
            )
    own = (await public.get(PATH, headers=account.header)).json()["user"]
    assert [(one["type"], one["course_id"]) for one in own["notifications"]] == [("course_completed", 5)]
    assert [one["cadence"] for one in own["digests"]] == ["daily"]
    assert [one["data"] for one in own["pushed"]] == [{"of": account.id}]
    assert [one["attempt_id"] for one in own["attempt_clocks"]] == [account.id]
    assert {one["type"] for one in own["notification_preferences"]} >= {"course_completed"}


async def test_a_service_that_does_not_answer_is_named(
    public: httpx.AsyncClient, upstreams: Any, make_account: Any
) -> None:
    account = await make_account()
    upstreams["catalog"].answer = answering(500, {})
    upstreams["enrollment"].answer = answering(404, {})
    upstreams["assessment"].answer = answering(200, [])
    upstreams["certificate"].answer = answering(200, {})
    found = (await public.get(PATH, headers=account.header)).json()
    assert (found["certificate"], found["degraded"]) == ({}, ["catalog", "enrollment", "assessment"])
    assert found["catalog"] is found["enrollment"] is found["assessment"] is None


async def test_is_ones_own_only(public: httpx.AsyncClient) -> None:
    assert (await public.get(PATH)).status_code == 401
