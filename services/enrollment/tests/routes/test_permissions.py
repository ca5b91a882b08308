"""Who may do what: every route of the service, by every kind of caller. Rows are the enrolled student's own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from fastapi.routing import APIRoute

from enrollment.main import ROUTERS
from shared.auth import Identity
from shared.testing import ServiceUnderTest, user

CALLERS: dict[str, Identity | None] = {
    "guest": None,
    "student": user(10),
    "enrolled student": user(7),
    "other student": user(8),
    "premium": user(9, premium=True),
    "other instructor": user(501, "instructor"),
    "instructor": user(500, "instructor"),
    "administrator": user(1, "administrator"),
}
"""The other student is enrolled in the course too; the instructor teaches it."""
SIGNED_IN = (401, 200, 200, 200, 200, 200, 200, 200)
OWN = (401, 404, 200, 404, 404, 404, 404, 404)
MEMBERS = (401, 403, 200, 200, 403, 403, 200, 200)
AUTHOR = (401, 403, 200, 403, 403, 403, 403, 403)
AUTHOR_AND_STAFF = (401, 403, 200, 403, 403, 403, 200, 200)
STAFF = (401, 403, 403, 403, 403, 403, 200, 200)
ANYONE = (200,) * 8
TEXT = "Worth every minute of it."

RULES: list[tuple[str, str, Any, tuple[int, ...]]] = [
    ("POST", "/api/courses/{ref}/enroll/", None, (401, 201, 400, 400, 201, 201, 201, 201)),
    ("POST", "/api/enrollments/", {"course": 5}, (401, 201, 400, 400, 201, 201, 201, 201)),
    ("GET", "/api/enrollments/", None, SIGNED_IN),
    ("GET", "/api/enrollments/{enrollment_id}/", None, OWN),
    ("POST", "/api/enrollments/{enrollment_id}/unenroll/", None, OWN),
    ("GET", "/api/courses/{ref}/enrollments/", None, STAFF),
    ("POST", "/api/courses/{ref}/enrollments/bulk/", {"emails": ["a@example.com"]},
     (401, 403, 403, 403, 403, 403, 202, 202)),
    ("PATCH", "/api/courses/{ref}/enrollments/{enrollment_id}/", {"status": "suspended"}, STAFF),
    ("GET", "/api/progress/", None, SIGNED_IN),
    ("GET", "/api/progress/{progress_id}/", None, OWN),
    ("PUT", "/api/progress/{progress_id}/", {"is_completed": True}, OWN),
    ("PATCH", "/api/progress/{progress_id}/", {"is_completed": True}, OWN),
    ("POST", "/api/progress/{progress_id}/heartbeat/", {"state": "active"}, OWN),
    ("GET", "/api/courses/{ref}/progress-policy/", None, ANYONE),
    ("PUT", "/api/courses/{ref}/progress-policy/", {"method": "lessons"}, STAFF),
    ("PATCH", "/api/courses/{ref}/progress-policy/", {"method": "lessons"}, STAFF),
    ("GET", "/api/user/progress-stats/", None, SIGNED_IN),
    ("GET", "/api/reviews/", None, SIGNED_IN),
    ("POST", "/api/reviews/", {"course": 5, "rating": 4, "content": TEXT}, (401, 403, 400, 201, 403, 403, 403, 403)),
    ("GET", "/api/reviews/{review_id}/", None, ANYONE),
    ("PUT", "/api/reviews/{review_id}/", {"rating": 4, "content": TEXT}, AUTHOR),
    ("PATCH", "/api/reviews/{review_id}/", {"rating": 4}, AUTHOR),
    ("DELETE", "/api/reviews/{review_id}/", None, (401, 403, 204, 403, 403, 403, 403, 403)),
    ("POST", "/api/reviews/{review_id}/helpful/", None, (401, 200, 403, 200, 200, 200, 200, 200)),
    ("PUT", "/api/reviews/{review_id}/moderate/", {"status": "approved"}, STAFF),
    ("GET", "/api/courses/{ref}/reviews/", None, ANYONE),
    ("GET", "/api/notes/", None, SIGNED_IN),
    ("POST", "/api/notes/", {"lesson": 11, "content": "Mind this."}, (401, 403, 201, 201, 403, 403, 201, 201)),
    ("GET", "/api/notes/{note_id}/", None, OWN),
    ("PUT", "/api/notes/{note_id}/", {"content": "Mind that."}, OWN),
    ("PATCH", "/api/notes/{note_id}/", {"content": "Mind that."}, OWN),
    ("DELETE", "/api/notes/{note_id}/", None, (401, 404, 204, 404, 404, 404, 404, 404)),
    ("GET", "/api/courses/{ref}/topics/", None, MEMBERS),
    ("POST", "/api/courses/{ref}/topics/", {"title": "New", "body": "x"}, (401, 403, 201, 201, 403, 403, 201, 201)),
    ("GET", "/api/topics/{topic_id}/", None, MEMBERS),
    ("PUT", "/api/topics/{topic_id}/", {"title": "New", "body": "x"}, AUTHOR_AND_STAFF),
    ("PATCH", "/api/topics/{topic_id}/", {"title": "New"}, AUTHOR_AND_STAFF),
    ("DELETE", "/api/topics/{topic_id}/", None, (401, 403, 204, 403, 403, 403, 204, 204)),
    ("GET", "/api/topics/{topic_id}/replies/", None, MEMBERS),
    ("POST", "/api/topics/{topic_id}/replies/", {"body": "x"}, (401, 403, 201, 201, 403, 403, 201, 201)),
    ("GET", "/api/replies/{reply_id}/", None, MEMBERS),
    ("PUT", "/api/replies/{reply_id}/", {"body": "x"}, AUTHOR_AND_STAFF),
    ("PATCH", "/api/replies/{reply_id}/", {"body": "x"}, AUTHOR_AND_STAFF),
    ("DELETE", "/api/replies/{reply_id}/", None, (401, 403, 204, 403, 403, 403, 204, 204)),
    ("POST", "/api/replies/{reply_id}/endorse/", None, STAFF),
    ("POST", "/api/replies/{reply_id}/report/", None, (401, 403, 403, 200, 403, 403, 200, 200)),
    ("GET", "/api/jobs/{job_id}/", None, (401, 404, 404, 404, 404, 404, 200, 200)),
]  # fmt: skip
"""Statuses in the order of the callers."""


def test_no_route_is_missing() -> None:
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    public = {(method, route.path) for route in routes for method in route.methods if route.include_in_schema}
    assert {(method, path) for method, path, _, _ in RULES} == public


@pytest.fixture
async def make_rows(
    enrollment: ServiceUnderTest, course: Any, enroll: Any, progress_of: Any
) -> AsyncIterator[Callable[[], Awaitable[dict[str, Any]]]]:
    """One of each of the enrolled student's, by the names in the paths; what a caller deleted is made anew."""
    await enrollment.deliver(course())
    enrollment.peers.answer("catalog", "/internal/courses/5/", course())
    learning = await enroll(7)
    await enroll(8)
    owner, teacher = enrollment.client(user(7)), enrollment.client(user(500, "instructor"))

    async def post(client: Any, path: str, body: Any) -> Any:
        answer = await client.post(path, json=body)
        assert answer.status_code in (201, 202), answer.text
        return answer.json()

    async def make() -> dict[str, Any]:
        review = (await owner.get("/api/reviews/")).json()["results"] or [
            await post(owner, "/api/reviews/", {"course": 5, "rating": 5, "content": TEXT})
        ]
        note = (await owner.get("/api/notes/")).json()["results"] or [
            await post(owner, "/api/notes/", {"lesson": 11, "content": "Mind the gap."})
        ]
        topic = await post(owner, "/api/courses/5/topics/", {"title": "How deep?", "body": "Five?"})
        reply = await post(owner, f"/api/topics/{topic['id']}/replies/", {"body": "Six."})
        job = await post(teacher, "/api/courses/5/enrollments/bulk/", {"emails": ["b@example.com"]})
        return {
            "ref": 5,
            "enrollment_id": learning["id"],
            "progress_id": (await progress_of(7))[11]["id"],
            "review_id": review[0]["id"],
            "note_id": note[0]["id"],
            "topic_id": topic["id"],
            "reply_id": reply["id"],
            "job_id": job["job_id"],
        }

    yield make
    await owner.aclose()
    await teacher.aclose()


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"), RULES, ids=[f"{method} {path}" for method, path, _, _ in RULES]
)
async def test_who_may(
    enrollment: ServiceUnderTest, make_rows: Any, method: str, path: str, body: Any, expected: tuple[int, ...]
) -> None:
    rows, got = await make_rows(), {}
    for name, caller in CALLERS.items():
        async with enrollment.client(caller) as client:
            answer = await client.request(method, path.format(**rows), json=body)
        got[name] = answer.status_code
        if method == "DELETE" and answer.status_code == 204:
            rows = await make_rows()
    assert got == dict(zip(CALLERS, expected, strict=True))
