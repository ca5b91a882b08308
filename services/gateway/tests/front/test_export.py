"""One's data from every service."""

import json
from typing import Any

import httpx
from starlette.types import Receive, Scope, Send

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
