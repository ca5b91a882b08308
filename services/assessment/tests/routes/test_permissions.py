"""Who may do what with questions, grades, rubrics and overrides: route × caller."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from shared.auth import Identity
from shared.contracts.catalog.events import CoursePublished
from shared.testing import ServiceUnderTest, user

Json = dict[str, Any]
Make = Callable[..., Awaitable[Json]]
Send = Callable[..., Awaitable[httpx.Response]]

CALLERS: dict[str, Identity | None] = {
    "guest": None,
    "student": user(8),
    "enrolled": user(7),
    "premium": user(9, premium=True),
    "other instructor": user(501, "instructor"),
    "instructor": user(500, "instructor"),
    "administrator": user(1, "administrator"),
}
STAFF_ONLY = (401, 403, 403, 403, 403)
LISTS = (401, 403, 403, 403, 200)

TABLE: list[tuple[str, str, Json | None, tuple[int, ...]]] = [
    ("GET", "/api/questions/", None, (*LISTS, 200, 200)),
    ("POST", "/api/questions/", {"question_type": "essay", "question_text": "Why is it?"}, (*STAFF_ONLY, 201, 201)),
    ("GET", "/api/questions/{question}/", None, (*STAFF_ONLY, 200, 200)),
    (
        "PUT",
        "/api/questions/{question}/",
        {"question_type": "essay", "question_text": "Why?!"},
        (*STAFF_ONLY, 200, 200),
    ),
    ("PATCH", "/api/questions/{question}/", {"points": 2}, (*STAFF_ONLY, 200, 200)),
    ("DELETE", "/api/questions/{question}/", None, (*STAFF_ONLY, 204, 404)),
    ("GET", "/api/answers/", None, (*LISTS, 200, 200)),
    ("POST", "/api/answers/", {"question": "{choice}", "answer_text": "One more"}, (*STAFF_ONLY, 201, 201)),
    ("GET", "/api/answers/{answer}/", None, (*STAFF_ONLY, 200, 200)),
    ("PUT", "/api/answers/{answer}/", {"answer_text": "New"}, (*STAFF_ONLY, 200, 200)),
    ("PATCH", "/api/answers/{answer}/", {"answer_text": "New"}, (*STAFF_ONLY, 200, 200)),
    ("DELETE", "/api/answers/{answer}/", None, (*STAFF_ONLY, 204, 404)),
    ("GET", "/api/grading-queue/", None, (*LISTS, 200, 200)),
    ("PUT", "/api/attempt-answers/{given}/grade/", {"points_earned": 1}, (401, 403, 403, 403, 404, 200, 200)),
    ("GET", "/api/rubrics/", None, (*LISTS, 200, 200)),
    ("GET", "/api/rubrics/{rubric}/", None, (401, 403, 403, 403, 404, 200, 200)),
    ("PATCH", "/api/rubrics/{rubric}/", {"title": "Renamed"}, (401, 403, 403, 403, 404, 200, 200)),
    ("DELETE", "/api/rubrics/{rubric}/", None, (401, 403, 403, 403, 404, 204, 404)),
    ("GET", "/api/assessments/{assessment}/overrides/", None, (*STAFF_ONLY, 200, 200)),
    ("PUT", "/api/assessments/{assessment}/overrides/7/", {}, (*STAFF_ONLY, 201, 200)),
    ("DELETE", "/api/assessments/{assessment}/overrides/7/", None, (*STAFF_ONLY, 404, 404)),
    ("GET", "/api/assessments/{assessment}/statistics/", None, (*STAFF_ONLY, 200, 200)),
    ("GET", "/api/search/questions/?q=question", None, (*LISTS, 200, 200)),
    ("POST", "/api/assessments/{assessment}/regrade/", None, (*STAFF_ONLY, 202, 202)),
]


@pytest.fixture
async def ids(
    teacher: httpx.AsyncClient,
    make: Make,
    start: Make,
    send: Send,
    complete: Make,
    typed: dict[str, Json],
    questions: list[Json],
) -> dict[str, int]:
    made = await make(questions=[typed["essay"], questions[0]])
    begun = await start(made)
    given = (await send(begun, 0, text_answer="An essay")).json()["id"]
    await complete(begun)
    criteria = [{"title": "All", "points": 1, "ratings": [{"title": "Good", "points": 1}]}]
    rubric = (await teacher.post("/api/rubrics/", json={"title": "Mine", "criteria": criteria})).json()["id"]
    essay, choice = made["questions"]
    return {
        "assessment": made["id"],
        "question": essay["id"],
        "choice": choice["id"],
        "answer": choice["answers"][0]["id"],
        "given": given,
        "rubric": rubric,
    }


@pytest.mark.parametrize(("method", "path", "body", "statuses"), TABLE, ids=lambda value: str(value)[:40])
async def test_who_may(
    service: ServiceUnderTest,
    course: Callable[..., CoursePublished],
    ids: dict[str, int],
    method: str,
    path: str,
    body: Json | None,
    statuses: tuple[int, ...],
) -> None:
    service.peers.answer("catalog", "/internal/courses/5/", course())
    if body is not None:
        body = {name: ids["choice"] if value == "{choice}" else value for name, value in body.items()}
        if path == "/api/questions/":
            body["assessment"] = ids["assessment"]
    got = []
    for caller in CALLERS.values():
        answer = await service.client(caller).request(method, path.format(**ids), json=body)
        got.append(answer.status_code)
    assert dict(zip(CALLERS, got, strict=True)) == dict(zip(CALLERS, statuses, strict=True))


@pytest.mark.parametrize(("method", "path", "body", "statuses"), TABLE, ids=lambda value: str(value)[:40])
async def test_an_absurd_id_is_no_error_of_ours(
    service: ServiceUnderTest, teacher: httpx.AsyncClient, method: str, path: str, body: Json | None, statuses: object
) -> None:
    absurd = dict.fromkeys(("assessment", "question", "choice", "answer", "given", "rubric"), 10**40)
    answer = await teacher.request(method, path.format(**absurd), json=body)
    assert answer.status_code in (200, 400)
