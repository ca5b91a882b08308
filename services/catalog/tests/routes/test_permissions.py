"""Who may do what: every route of the service, by every kind of caller, in a published course and in a draft."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, NamedTuple

import pytest
from fastapi.routing import APIRoute
from PIL import Image

from catalog.main import ROUTERS
from shared.auth import Identity
from shared.contracts.enrollment.events import EnrollmentCreated
from shared.contracts.gateway.events import UserRegistered
from shared.testing import ServiceUnderTest, user

CALLERS: dict[str, Identity | None] = {
    "guest": None,
    "student": user(10),
    "enrolled student": user(11),
    "other student": user(12),
    "premium": user(13, premium=True),
    "former instructor": user(14),
    "other instructor": user(15, "instructor"),
    "co-instructor": user(16, "instructor"),
    "instructor": user(7, "instructor"),
    "administrator": user(1, "administrator"),
}
"""The other student is enrolled in another course. The former instructor teaches the course, but lost the role; the
co-instructor teaches it too, the instructor leads it."""
Statuses = tuple[int, ...]


def to(
    staff: int, *, guest: int = 401, student: int = 403, enrolled: int | None = None, premium: int | None = None,
    other: int = 403, lead: int | None = None,
) -> Statuses:  # fmt: skip
    """A line of the table. Who is not named gets what a student gets, `lead` what the staff."""
    enrolled, premium = enrolled or student, premium or student
    return guest, student, enrolled, student, premium, student, other, staff, lead or staff, lead or staff


def all_get(status: int) -> Statuses:
    return (status,) * len(CALLERS)


def signed_in(status: int) -> Statuses:
    return 401, *(status,) * (len(CALLERS) - 1)


def instructors(status: int) -> Statuses:
    return to(status, other=status)


ADMINISTRATORS = (401, *(403,) * 8)
"""And what they get."""


class Rule(NamedTuple):
    method: str
    path: str
    body: Any
    published: Statuses
    draft: Statuses | None = None
    """The same of a draft; None where it does not matter to which course something belongs."""


CHANGE, CHANGE_DRAFT = to(200), to(200, other=404)
DELETE, DELETE_DRAFT = to(204), to(204, other=404)
READ, READ_DRAFT = all_get(200), to(200, guest=404, student=404, other=404)
NAMED, NAMED_DRAFT = to(201), to(201, other=400)
"""Made in something that the body names: what one may not know of is a wrong value there."""
COURSE = {"title": "Networks", "description": "d" * 60}
LESSON = {"title": "Joins", "content": "<p>All of it</p>"}
LINK = {"title": "Manual", "type": "link", "url": "https://example.com/manual"}

RULES = (
    Rule("GET", "/api/categories/", None, all_get(200)),
    Rule("POST", "/api/categories/", {"name": "Chemistry"}, (*ADMINISTRATORS, 201)),
    Rule("GET", "/api/categories/{slug}/", None, all_get(200)),
    Rule("PUT", "/api/categories/{slug}/", {"name": "Physics"}, (*ADMINISTRATORS, 200)),
    Rule("PATCH", "/api/categories/{slug}/", {"name": "Physics"}, (*ADMINISTRATORS, 200)),
    Rule("DELETE", "/api/categories/{slug}/", None, (*ADMINISTRATORS, 204)),
    Rule("GET", "/api/courses/", None, all_get(200)),
    Rule("GET", "/api/courses/featured/", None, all_get(200)),
    Rule("POST", "/api/courses/", COURSE, instructors(201)),
    Rule("POST", "/api/courses/import/", b"", instructors(202)),
    Rule("GET", "/api/courses/{ref}/", None, READ, READ_DRAFT),
    Rule("PUT", "/api/courses/{ref}/", COURSE, CHANGE, CHANGE_DRAFT),
    Rule("PATCH", "/api/courses/{ref}/", {"level": "advanced"}, CHANGE, CHANGE_DRAFT),
    Rule("DELETE", "/api/courses/{ref}/", None, DELETE, DELETE_DRAFT),
    Rule("PUT", "/api/courses/{ref}/publish/", None, CHANGE),
    Rule("PUT", "/api/courses/{ref}/unpublish/", None, CHANGE, CHANGE_DRAFT),
    Rule("PUT", "/api/courses/{ref}/modules/order/", {"ids": ["{module_id}"]}, CHANGE, CHANGE_DRAFT),
    Rule("GET", "/api/courses/{ref}/export/", None, CHANGE, CHANGE_DRAFT),
    Rule("POST", "/api/courses/{ref}/clone/", None, to(201), to(201, other=404)),
    Rule("GET", "/api/courses/{ref}/versions/", None, READ, READ_DRAFT),
    Rule("POST", "/api/courses/{ref}/versions/bulk/", {"action": "publish", "ids": [10**9]}, CHANGE, CHANGE_DRAFT),
    Rule("GET", "/api/courses/{ref}/instructors/", None, READ, READ_DRAFT),
    Rule("POST", "/api/courses/{ref}/instructors/", {"instructor": 18}, to(201), to(201, other=404)),
    Rule("PATCH", "/api/courses/{ref}/instructors/{user_id}/", {"title": "Guest"}, CHANGE, CHANGE_DRAFT),
    Rule("DELETE", "/api/courses/{ref}/instructors/{user_id}/", None, DELETE, DELETE_DRAFT),
    Rule("GET", "/api/modules/", None, all_get(200)),
    Rule("POST", "/api/modules/", {"course": "{ref}", "title": "Views"}, NAMED, NAMED_DRAFT),
    Rule("GET", "/api/modules/{module_id}/", None, READ, READ_DRAFT),
    Rule("PUT", "/api/modules/{module_id}/", {"course": "{ref}", "title": "Views"}, CHANGE, CHANGE_DRAFT),
    Rule("PATCH", "/api/modules/{module_id}/", {"title": "Views"}, CHANGE, CHANGE_DRAFT),
    Rule("DELETE", "/api/modules/{module_id}/", None, DELETE, DELETE_DRAFT),
    Rule("PUT", "/api/modules/{module_id}/lessons/order/", {"ids": ["{lesson_id}"]}, CHANGE, CHANGE_DRAFT),
    Rule("GET", "/api/lessons/", None, all_get(200)),
    Rule("POST", "/api/lessons/", {"module": "{module_id}", **LESSON}, NAMED, NAMED_DRAFT),
    # One of access level "registered" with its full content alone: which of its bodies a reader gets is in test_tiers.
    Rule("GET", "/api/lessons/{lesson_id}/", None, to(200, enrolled=200, premium=200), READ_DRAFT),
    Rule("PUT", "/api/lessons/{lesson_id}/", {"module": "{module_id}", **LESSON}, CHANGE, CHANGE_DRAFT),
    Rule("PATCH", "/api/lessons/{lesson_id}/", {"title": "Joins"}, CHANGE, CHANGE_DRAFT),
    Rule("DELETE", "/api/lessons/{lesson_id}/", None, DELETE, DELETE_DRAFT),
    Rule("PUT", "/api/lessons/{lesson_id}/resources/order/", {"ids": ["{resource_id}"]}, CHANGE, CHANGE_DRAFT),
    Rule("GET", "/api/resources/", None, all_get(200)),
    Rule("POST", "/api/resources/", {"lesson": "{lesson_id}", **LINK}, NAMED, NAMED_DRAFT),
    Rule("GET", "/api/resources/{resource_id}/", None, READ, READ_DRAFT),
    Rule("PUT", "/api/resources/{resource_id}/", {"lesson": "{lesson_id}", **LINK}, CHANGE, CHANGE_DRAFT),
    Rule("PATCH", "/api/resources/{resource_id}/", {"title": "Manual"}, CHANGE, CHANGE_DRAFT),
    Rule("DELETE", "/api/resources/{resource_id}/", None, DELETE, DELETE_DRAFT),
    # A premium one: the enrolled need the subscription too. It is a link, to which one is sent on.
    Rule("GET", "/api/resources/{resource_id}/download/", None, to(302, premium=302),
         to(302, guest=404, student=404, other=404)),
    Rule("GET", "/api/media/{key}/{size}.webp/", None, all_get(200), all_get(200)),
    Rule("GET", "/api/search/courses/", None, all_get(200)),
    Rule("GET", "/api/search/suggest/", None, all_get(200)),
    Rule("GET", "/api/search/content/", None, signed_in(200)),
    Rule("GET", "/api/search/resources/", None, all_get(200)),
    Rule("POST", "/api/search/click/", {"query": "views", "course": "{ref}", "position": 1}, all_get(204)),
    Rule("GET", "/api/search/analytics/", None, (*ADMINISTRATORS, 200)),
    Rule("GET", "/api/jobs/{job_id}/", None, to(404, student=404, other=404, lead=200)),
)  # fmt: skip
"""Statuses in the order of the callers."""


def test_no_route_is_missing() -> None:
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    public = {(method, route.path) for route in routes for method in route.methods if route.include_in_schema}
    assert {(rule.method, rule.path) for rule in RULES} == public
    assert len(RULES) == len(public)


MakeRows = Callable[[bool], Awaitable[dict[str, Any]]]


@pytest.fixture
async def make_rows(catalog: ServiceUnderTest, course: Any, module: Any, lesson: Any) -> MakeRows:
    """A course with one of each, drafts if wanted, by the names in the paths; some callers are enrolled or teach."""
    for user_id in (14, 16, 17, 18):
        await catalog.deliver(_user(user_id))
    admin, teacher = (catalog.client(CALLERS[name]) for name in ("administrator", "instructor"))
    image = BytesIO()
    Image.new("RGB", (64, 36)).save(image, "PNG")
    made: list[int] = []

    async def post(client: Any, path: str, **sent: Any) -> Any:
        answer = await client.post(path, **sent)
        assert answer.status_code in (201, 202), answer.text
        return answer.json()

    job = await post(teacher, "/api/courses/import/", files={"file": ("a.tar.gz", b"x")})
    elsewhere = await course()
    await catalog.deliver(_enrollment(12, elsewhere["id"]))

    async def make(is_draft: bool) -> dict[str, Any]:
        made.append(len(made))
        category = await post(admin, "/api/categories/", json={"name": f"Category {len(made)}"})
        draft = await course()
        ref = draft["id"]
        for user_id in (14, 16, 17):
            await post(teacher, f"/api/courses/{ref}/instructors/", json={"instructor": user_id})
        with_picture = await teacher.patch(f"/api/courses/{ref}/", files={"thumbnail": ("a.png", image.getvalue())})
        section = await module(ref)
        text = await lesson(section["id"])
        link = await post(teacher, "/api/resources/", json={"lesson": text["id"], "premium": True, **LINK})
        await catalog.deliver(_enrollment(11, ref))
        catalog.peers.answer("assessment", f"/internal/courses/{ref}/assessments/", None)
        if not is_draft:
            assert (await teacher.put(f"/api/courses/{ref}/publish/")).status_code == 200
        return {
            "slug": category["slug"],
            "ref": ref,
            "user_id": 17,
            "module_id": section["id"],
            "lesson_id": text["id"],
            "resource_id": link["id"],
            "key": with_picture.json()["thumbnail"].split("/")[-2],
            "size": "small",
            "job_id": job["job_id"],
        }

    catalog.peers.answer("enrollment", "/internal/enrollments/", None)
    return make


@pytest.mark.parametrize("is_draft", [False, True], ids=["published", "draft"])
@pytest.mark.parametrize("noun", sorted({rule.path.split("/")[2] for rule in RULES}))
async def test_who_may(catalog: ServiceUnderTest, make_rows: MakeRows, noun: str, is_draft: bool) -> None:
    wrong, rows = [], await make_rows(is_draft)
    for rule in RULES:
        expected = rule.draft if is_draft else rule.published
        if rule.path.split("/")[2] != noun or expected is None:
            continue
        for (name, caller), status in zip(CALLERS.items(), expected, strict=True):
            sent = {"files": {"file": ("a.tar.gz", b"x")}} if rule.body == b"" else {"json": _filled(rule.body, rows)}
            async with catalog.client(caller) as client:
                answer = await client.request(rule.method, rule.path.format(**rows), **sent)
            if answer.status_code != status:
                wrong.append(f"{rule.method} {rule.path} by {name}: {answer.status_code}, not {status}")
            if answer.is_success and (rule.method == "DELETE" or rule.path.endswith(ONCE)):
                rows = await make_rows(is_draft)
    assert wrong == []


ONCE = ("/instructors/", "/unpublish/")
"""What can be done once, or changes what others see: those after it have rows of their own."""
UNPUBLISHED = tuple(rule for rule in RULES if rule.method == "GET" and rule.draft)


async def test_the_enrolled_keep_a_course_that_was_unpublished(catalog: ServiceUnderTest, make_rows: MakeRows) -> None:
    """It is as published to them, to everybody else as a draft."""
    rows = await make_rows(False)
    async with catalog.client(CALLERS["instructor"]) as client:
        assert (await client.put(f"/api/courses/{rows['ref']}/unpublish/")).status_code == 200
    for rule in UNPUBLISHED:
        assert rule.draft is not None
        expected, got = dict(zip(CALLERS, rule.draft, strict=True)), {}
        expected["enrolled student"] = rule.published[2]
        for name, caller in CALLERS.items():
            async with catalog.client(caller) as client:
                got[name] = (await client.get(rule.path.format(**rows))).status_code
        assert got == expected, rule.path


def _filled(body: Any, rows: dict[str, Any]) -> Any:
    """A body with the ids of the rows in the places of their names."""
    if isinstance(body, dict):
        return {name: _filled(value, rows) for name, value in body.items()}
    if isinstance(body, list):
        return [_filled(value, rows) for value in body]
    return rows[body[1:-1]] if isinstance(body, str) and body.startswith("{") else body


def _user(user_id: int) -> UserRegistered:
    return UserRegistered(user_id=user_id, full_name=f"Teacher {user_id}", role="instructor", is_active=True, version=1)


def _enrollment(user_id: int, course_id: int) -> EnrollmentCreated:
    return EnrollmentCreated(
        enrollment_id=1000 * user_id + course_id,
        user_id=user_id,
        course_id=course_id,
        status="active",
        progress_percentage=0,
        completed_lessons=0,
        total_lessons=1,
        created_date=datetime(2030, 1, 1, tzinfo=UTC),
        version=1,
    )
