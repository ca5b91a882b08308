"""What other services are told when they ask."""

import httpx
import pytest

from shared.auth import ServiceCaller
from shared.contracts.catalog.http import CourseState
from shared.testing import ServiceUnderTest


@pytest.fixture
def enrollment(catalog: ServiceUnderTest) -> httpx.AsyncClient:
    return catalog.client(ServiceCaller("enrollment"))


async def test_a_course_by_id_slug_and_lesson(catalog, published, enrollment) -> None:
    course = await published(price=5, discount_price=1, discount_ends="2199-01-01T00:00:00Z")
    lesson_id = course["modules"][0]["lessons"][0]["id"]
    paths = (f"courses/{course['id']}/", f"courses/?slug={course['slug']}", f"lessons/{lesson_id}/")
    answers = [await enrollment.get(f"/internal/{path}") for path in paths]
    states = [CourseState.model_validate_json(answer.content) for answer in answers]
    assert states[0] == states[1] == states[2]
    [*_, told] = await catalog.events()
    assert states[0].model_dump() == told.model_dump()
    assert (states[0].course_id, states[0].is_published, states[0].is_staff(7)) == (course["id"], True, True)
    assert [lesson.lesson_id for lesson in states[0].modules[0].lessons] == [lesson_id]


async def test_a_deleted_course_is_told_as_deleted(published, teacher, enrollment) -> None:
    course = await published()
    await teacher.delete(f"/api/courses/{course['id']}/")
    assert (await enrollment.get(f"/internal/courses/{course['id']}/")).json()["is_deleted"] is True


@pytest.mark.parametrize("path", ["courses/999999/", "courses/?slug=nothing", "courses/?slug=a%00b", "lessons/999999/"])
async def test_what_never_was_is_404(enrollment, path: str) -> None:
    assert (await enrollment.get(f"/internal/{path}")).status_code == 404


async def test_only_services_are_answered(published, guest, admin) -> None:
    course = await published()
    for client, status in ((guest, 401), (admin, 404)):
        assert (await client.get(f"/internal/courses/{course['id']}/")).status_code == status
