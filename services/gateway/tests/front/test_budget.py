"""What passing a request on costs the gateway: its own statements, and requests to the services behind it."""

from typing import Any

import httpx
from starlette.types import Receive, Scope, Send

from shared.testing import ServiceUnderTest, statements

BUDGET: dict[tuple[str, str, bool], tuple[int, dict[str, int]]] = {
    ("GET", "/api/courses/", False): (0, {"catalog": 1}),
    ("GET", "/api/courses/", True): (0, {"catalog": 1}),
    ("GET", "/api/courses/5/", False): (0, {"catalog": 1, "enrollment": 1}),
    ("GET", "/api/courses/5/", True): (0, {"catalog": 1, "enrollment": 1}),
    ("GET", "/api/lessons/5/", True): (0, {"catalog": 1}),
    ("GET", "/api/search/courses/", False): (0, {"catalog": 1}),
    ("PUT", "/api/progress/5/", True): (0, {"enrollment": 1}),
    ("POST", "/api/courses/5/enroll/", True): (0, {"enrollment": 1}),
    ("POST", "/api/assessments/5/start/", True): (0, {"assessment": 1}),
}


async def _course(scope: Scope, receive: Receive, send: Send) -> None:
    body = b'{"id":5,"slug":"a","title":"A"}'
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def test_passing_on(
    public: httpx.AsyncClient, gateway: ServiceUnderTest, upstreams: Any, make_account: Any
) -> None:
    account = await make_account()
    spent = {}
    for method, path, signed_in in BUDGET:
        headers = account.header if signed_in else {}
        whole = path.startswith("/api/courses/5/") and method == "GET"
        for service in upstreams.values():
            service.answer = _course if whole else None
        await public.request(method, path, headers=headers)  # whose token it is, is remembered from here
        for service in upstreams.values():
            service.asked.clear()
        with statements() as sent:
            answer = await public.request(method, path, headers=headers)
        assert answer.status_code == 200, answer.text
        asked = {name: len(service.asked) for name, service in upstreams.items() if service.asked}
        spent[method, path, signed_in] = len(sent), asked
    assert spent == BUDGET
