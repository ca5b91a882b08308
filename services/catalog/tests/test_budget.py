"""What the hot routes cost. A larger figure is a decision, to be made here; a smaller one is to be kept here."""

from typing import Any

import pytest

from shared.auth import Identity
from shared.contracts.enrollment.events import EnrollmentCreated
from shared.testing import Cost, ServiceUnderTest, cost_of, user

STUDENT, ENROLLED, TEACHER = user(21), user(20), user(7, "instructor", name="Grace Teacher")

BUDGET: dict[tuple[str, Identity | None], Cost] = {
    ("/api/courses/", None): Cost(1),
    ("/api/courses/", STUDENT): Cost(1),
    ("/api/courses/?page=1&page_size=1", None): Cost(1),
    ("/api/courses/?level=all_levels&max_price=900", None): Cost(1),
    ("/api/courses/?search=data", None): Cost(1),
    ("/api/courses/?ordering=title", None): Cost(1),
    ("/api/courses/?cursor=", None): Cost(2),
    ("/api/courses/?is_draft=true", TEACHER): Cost(2),
    ("/api/courses/featured/", None): Cost(1),
    ("/api/courses/{slug}/", None): Cost(1),
    ("/api/courses/{id}/", STUDENT): Cost(1),
    ("/api/courses/{id}/", ENROLLED): Cost(1),
    ("/api/courses/{id}/", TEACHER): Cost(1),
    ("/api/lessons/{lesson}/", ENROLLED): Cost(1),
    ("/api/lessons/{lesson}/", TEACHER): Cost(1),
    ("/api/lessons/{lesson}/", user(22, premium=True)): Cost(1),
    ("/api/lessons/{open}/", None): Cost(1),
    ("/api/lessons/?course={id}", None): Cost(2),
    ("/api/modules/?course={id}", None): Cost(3),
    ("/api/categories/", None): Cost(2),
    ("/api/search/courses/?q=databases", None): Cost(2),  # with the one that counts it
    ("/api/search/courses/?q=databases&level=advanced&is_free=true", None): Cost(2),
    ("/api/search/suggest/?q=data", None): Cost(1),
    ("/api/search/content/?q=full", ENROLLED): Cost(3),
}


@pytest.fixture
async def places(catalog: ServiceUnderTest, published: Any, lesson: Any) -> dict[str, Any]:
    made = await published()
    module_id = made["modules"][0]["id"]
    extra = await lesson(module_id, is_free_preview=True, title="Free")
    for number in range(3):
        await published(title=f"Other {number}")
    enrollment = {
        "enrollment_id": 5,
        "user_id": 20,
        "course_id": made["id"],
        "status": "active",
        "progress_percentage": 0,
        "completed_lessons": 0,
        "total_lessons": 2,
        "created_date": "2030-01-01T00:00:00Z",
        "version": 1,
    }
    await catalog.deliver(EnrollmentCreated(**enrollment))
    lesson_id = made["modules"][0]["lessons"][0]["id"]
    return {"id": made["id"], "slug": made["slug"], "lesson": lesson_id, "open": extra["id"]}


async def test_reads(catalog: ServiceUnderTest, places: dict[str, Any]) -> None:
    spent = {}
    for path, caller in BUDGET:
        client = catalog.client(caller)
        spent[path, caller] = await cost_of(catalog, lambda: client.get(path.format(**places)))  # noqa: B023
    assert spent == BUDGET


async def test_an_unknown_enrollment_is_asked_for_once(catalog: ServiceUnderTest, places: dict[str, Any]) -> None:
    catalog.peers.answer("enrollment", "/internal/enrollments/", None)
    client = catalog.client(STUDENT)
    path = f"/api/lessons/{places['lesson']}/"
    await client.get(path)
    catalog.peers.asked.clear()
    answer = await client.get(path)
    assert (answer.status_code, len(catalog.peers.asked)) == (403, 1)
