"""The short way to an answer gives what the usual way gives, and takes nothing that it should not."""

from typing import Any
from unittest import mock

import httpx
import pytest

from enrollment.routes import enrollments, internal, progress
from shared.auth import ServiceCaller
from shared.testing import ServiceUnderTest, user

JSON = {"Content-Type": "application/json"}
USUAL = {"Content-Type": "application/vnd.any+json"}
"""Read by FastAPI alone."""
TIMES = {"last_accessed", "completed_date", "created_date", "updated_date"}


def same(short: httpx.Response, usual: httpx.Response) -> None:
    """But for the times, whose form is compared."""

    def told(answer: httpx.Response) -> Any:
        return {name: len(value) if name in TIMES and value else value for name, value in answer.json().items()}

    assert (short.status_code, told(short)) == (usual.status_code, told(usual))
    assert list(short.json()) == list(usual.json())
    assert short.headers.keys() == usual.headers.keys()
    assert short.headers["content-type"] == usual.headers["content-type"]


@pytest.fixture
async def lesson(enrollment: ServiceUnderTest, course: Any, enroll: Any, progress_of: Any) -> int:
    await enrollment.deliver(course())
    await enroll()
    rows = await progress_of()
    row: int = rows[11]["id"]
    return row


class TestProgress:
    @pytest.mark.parametrize("method", ["PUT", "PATCH"])
    async def test_both_ways_are_the_same(self, enrollment: ServiceUnderTest, lesson: int, method: str) -> None:
        async with enrollment.client(user(7)) as client:
            path, body = f"/api/progress/{lesson}/", b'{"is_completed": true, "time_spent": 9, "notes": "\xc3\xbc"}'
            short = await client.request(method, path, content=body, headers=JSON)
            same(short, await client.request(method, path, content=body, headers=USUAL))

    @pytest.mark.parametrize(
        "body",
        [
            b'{"time_spent": -1}', b'{"time_spent": "1"}', b'{"is_completed": 1}', b'{"notes": "\\u0000"}',
            b'{"notes": "\\ud800"}', b"[]", b"", b"{", b"null", b'{"time_spent": 1e400}', b'{"notes": null}',
        ],
    )  # fmt: skip
    async def test_refusals_are_worded_by_the_usual_way(
        self, enrollment: ServiceUnderTest, lesson: int, body: bytes
    ) -> None:
        async with enrollment.client(user(7)) as client:
            short = await client.put(f"/api/progress/{lesson}/", content=body, headers=JSON)
            usual = await client.put(f"/api/progress/{lesson}/", content=body, headers=USUAL)
        assert (short.status_code, short.content) == (usual.status_code, usual.content)
        assert short.status_code == 400

    async def test_heartbeats(self, enrollment: ServiceUnderTest, lesson: int) -> None:
        async with enrollment.client(user(7)) as client:
            path, body = f"/api/progress/{lesson}/heartbeat/", b'{"state": "paused", "position_seconds": 5}'
            short = await client.post(path, content=body, headers=JSON)
            same(short, await client.post(path, content=body, headers=USUAL))


async def test_enrolling(enrollment: ServiceUnderTest, course: Any) -> None:
    await enrollment.deliver(course())
    answers = []
    for learner, usual in ((7, False), (8, True)):
        async with enrollment.client(user(learner)) as client:
            send = {"json": {"course": 5}} if usual else {}
            path = "/api/enrollments/" if usual else "/api/courses/5/enroll/"
            answers.append(await client.post(path, **send))  # type: ignore[arg-type]
            given = answers[-1].json()["id"]
            await client.post(f"/api/enrollments/{given}/unenroll/")
            answers.append(await client.post(path, **send))  # type: ignore[arg-type]
    assert [answer.status_code for answer in answers] == [201, 200, 201, 200]
    for short, usual_answer in zip(answers[:2], answers[2:], strict=True):
        assert list(short.json()) == list(usual_answer.json())
        assert short.json() | usual_answer.json() == usual_answer.json()


@pytest.mark.parametrize(
    ("caller", "method", "path"),
    [
        (None, "PUT", "/api/progress/1/"),
        (ServiceCaller("catalog"), "PUT", "/api/progress/1/"),
        (user(7), "PUT", "/api/progress/0/"),
        (user(7), "PUT", "/api/progress/9223372036854775808/"),
        (None, "POST", "/api/progress/1/heartbeat/"),
        (None, "POST", "/api/courses/5/enroll/"),
        (user(7), "POST", "/api/courses/Not%20one/enroll/"),
        (None, "GET", "/internal/courses/5/overlay/"),
        (user(7), "GET", "/internal/courses/5/overlay/"),
        (ServiceCaller("catalog"), "GET", "/internal/courses/5/overlay/?user_id=0"),
        (ServiceCaller("catalog"), "GET", "/internal/courses/x/overlay/"),
    ],
)
async def test_what_is_not_in_plain_order_goes_the_usual_way(
    enrollment: ServiceUnderTest, caller: Any, method: str, path: str
) -> None:
    """Which refuses it, or asks the catalog, which is down here."""
    with (
        mock.patch.object(internal, "get_course_overlay", side_effect=AssertionError),
        mock.patch.object(progress, "change", side_effect=AssertionError),
        mock.patch.object(progress, "heartbeat", side_effect=AssertionError),
        mock.patch.object(enrollments, "enroll_in_course", side_effect=AssertionError),
    ):
        async with enrollment.client(caller) as client:
            answer = await client.request(method, path, json={"state": "active"})
    assert answer.status_code in (400, 401, 404, 503), answer.text
