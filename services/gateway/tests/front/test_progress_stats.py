"""A learner's figures: enrollment's, with the number of certificates by who issues them."""

import json
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

FIGURES = {"total_courses": 3, "courses_completed": 2, "certificates_earned": 1, "average_progress": 66.7}
PATH = "/api/user/progress-stats/"


def answering(status: int, body: Any) -> Any:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        kind = (b"content-type", b"application/json")
        await send({"type": "http.response.start", "status": status, "headers": [kind]})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})

    return answer


async def test_the_number_is_the_issuers(public: httpx.AsyncClient, upstreams: Any, make_account: Any) -> None:
    account = await make_account()
    upstreams["enrollment"].answer = answering(200, FIGURES)
    upstreams["certificate"].answer = answering(200, {"certificates_earned": 2})
    answer = await public.get(PATH, headers=account.header)
    assert answer.json() == FIGURES | {"certificates_earned": 2, "degraded": []}
    assert [asked["path"] for asked in upstreams["certificate"].asked] == [
        f"/internal/users/{account.id}/certificates/"
    ]


@pytest.mark.parametrize("said", [(500, {}), (404, {}), (200, {"other": 1}), (200, [])])
async def test_without_the_issuer_it_is_null(
    public: httpx.AsyncClient, upstreams: Any, make_account: Any, said: tuple[int, Any]
) -> None:
    account = await make_account()
    upstreams["enrollment"].answer = answering(200, FIGURES)
    upstreams["certificate"].answer = answering(*said)
    answer = await public.get(PATH, headers=account.header)
    assert answer.json() == FIGURES | {"certificates_earned": None, "degraded": ["certificate"]}


async def test_without_enrollment_there_is_none(public: httpx.AsyncClient, make_account: Any) -> None:
    account = await make_account()
    assert (await public.get(PATH, headers=account.header)).status_code == 503


async def test_a_guest_is_refused_by_enrollment_and_nobody_else_is_asked(
    public: httpx.AsyncClient, upstreams: Any
) -> None:
    upstreams["enrollment"].answer = answering(401, {"code": "AUTHENTICATION_REQUIRED"})
    assert (await public.get(PATH)).status_code == 401
    assert upstreams["certificate"].asked == []
