"""The page that takes a certificate's PDF."""

import json
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from gateway.verify.routes import LARGEST_FORM

FOUND = {
    "valid": True,
    "status": "active",
    "certificate_number": "CERT-5-7-1",
    "student_name": "Ada Byron",
    "course_title": "Notes on the Engine",
    "completion_date": "2026-05-04T12:00:00Z",
    "issued_at": "2026-05-04T12:00:00Z",
    "checks": {"hash": True, "signature": True, "revocation": True, "log": True},
}
PDF = {"file": ("certificate.pdf", b"%PDF-1.7 and so on", "application/pdf")}


def answering(status: int, body: Any) -> Any:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        kind = (b"content-type", b"application/json")
        await send({"type": "http.response.start", "status": status, "headers": [kind]})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})

    return answer


@pytest.mark.parametrize("path", ["/verify/", "/verify"])
async def test_hands_the_file_on_and_shows_the_verdict(public: httpx.AsyncClient, upstreams: Any, path: str) -> None:
    upstreams["certificate"].answer = answering(200, FOUND)
    answer = await public.post(path, files=PDF)
    assert answer.status_code == 200
    assert "<h1>Valid</h1>" in answer.text
    assert "Ada Byron" in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    (asked,) = upstreams["certificate"].asked
    assert (asked["method"], asked["path"]) == ("POST", "/api/certificates/verify/")
    assert asked["headers"]["content-type"].startswith("multipart/form-data; boundary=")


async def test_the_bytes_are_the_same(public: httpx.AsyncClient, upstreams: Any) -> None:
    await public.post("/verify/", files=PDF)  # the answer echoes, which is no verdict
    body = upstreams["certificate"].asked[0]["body"]
    assert "%PDF-1.7 and so on" in body
    assert 'name="file"; filename="certificate.pdf"' in body


@pytest.mark.parametrize(
    ("status", "body", "shown", "heading", "sentence"),
    [
        (200, {**FOUND, "valid": False, "status": "revoked", "reason": "Why."}, 200, "Revoked", "Why."),
        (200, {**FOUND, "valid": False, "checks": {"hash": False}}, 200, "Tampered with", "Ada Byron"),
        (404, {"code": "NOT_FOUND"}, 404, "Unknown", "never issued here"),
        (400, {"file": ["This is not a PDF."]}, 400, "Not verified", "This is not a PDF."),
        (400, {"file": ["<script>"]}, 400, "Not verified", "&lt;script&gt;"),
        (400, {"error": "x"}, 400, "Not verified", "Choose the PDF"),
        (400, [], 400, "Not verified", "Choose the PDF"),
        (413, {"code": "PAYLOAD_TOO_LARGE"}, 400, "Not verified", "Choose the PDF"),
        (500, {}, 503, "Not verified", "try again in a minute"),
        (200, {"valid": "?"}, 503, "Not verified", "try again in a minute"),
    ],
)
async def test_each_answer_has_its_page(
    public: httpx.AsyncClient, upstreams: Any, status: int, body: Any, shown: int, heading: str, sentence: str
) -> None:
    upstreams["certificate"].answer = answering(status, body)
    answer = await public.post("/verify/", files=PDF)
    assert answer.status_code == shown
    assert f"<h1>{heading}</h1>" in answer.text
    assert sentence in answer.text
    assert "<script" not in answer.text


async def test_a_service_that_is_down_is_no_verdict(public: httpx.AsyncClient) -> None:
    answer = await public.post("/verify/", files=PDF)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")


async def test_too_large_is_told_on_a_page(public: httpx.AsyncClient, upstreams: Any) -> None:
    answer = await public.post("/verify/", files={"file": b"%PDF-" + bytes(LARGEST_FORM)})
    assert (answer.status_code, answer.headers["connection"]) == (413, "close")
    assert "larger than 5 MB" in answer.text
    assert upstreams["certificate"].asked == []


async def test_too_large_without_a_length_too(public: httpx.AsyncClient, upstreams: Any) -> None:
    async def endless() -> Any:
        for _ in range(11):
            yield bytes(1024 * 1024)

    upstreams["certificate"].answer = answering(400, {"file": ["?"]})
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await public.post("/verify/", content=endless(), headers=headers)
    assert (answer.status_code, "larger than 5 MB" in answer.text) == (413, True)


@pytest.mark.parametrize("kind", ["application/pdf", "application/x-www-form-urlencoded", "", "multipart/mixed"])
async def test_other_kinds_are_told_what_to_send(public: httpx.AsyncClient, upstreams: Any, kind: str) -> None:
    answer = await public.post("/verify/", content=b"%PDF-", headers={"Content-Type": kind} if kind else {})
    assert (answer.status_code, "Choose the PDF" in answer.text) == (415, True)
    assert upstreams["certificate"].asked == []


async def test_an_attachment_of_ten_mebibytes_passes(
    public: httpx.AsyncClient, upstreams: Any, make_account: Any
) -> None:
    account = await make_account()
    taken = 0

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal taken
        more = True
        while more:
            message = await receive()
            taken, more = taken + len(message.get("body", b"")), message.get("more_body", False)
        await send({"type": "http.response.start", "status": 201, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    upstreams["assessment"].answer = answer
    sent = await public.post(
        "/api/attempt-answers/", files={"file": bytes(10 * 1024 * 1024)}, data={"attempt": "1"}, headers=account.header
    )
    assert sent.status_code == 201
    assert taken > 10 * 1024 * 1024
