"""The copy of a course gets copies of its assessments."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from shared.contracts.assessment.events import AssessmentCreated
from shared.contracts.catalog.events import CourseCloned, CoursePublished
from shared.testing import ServiceUnderTest

Json = dict[str, Any]
Make = Callable[..., Awaitable[Json]]
CourseBuilder = Callable[..., CoursePublished]
Cloned = Callable[..., CourseCloned]
URL = "/api/assessments/"


@pytest.fixture
def cloned(course: CourseBuilder) -> Cloned:
    """Course 6 is a copy of course 5, its lessons 21 and 22 of 11 and 12."""

    def build(**changes: Any) -> CourseCloned:
        fields = {"source_course_id": 5, "lesson_ids": {11: 21, 12: 22, 13: 23}, "copy_assessments": True}
        state = course(lessons=(21, 22), course_id=6, slug="first-aid-2", is_published=False, is_draft=True)
        return CourseCloned(**(state.model_dump() | fields | changes))

    return build


async def of_copy(teacher: httpx.AsyncClient) -> list[Json]:
    return list((await teacher.get(f"{URL}?course=6")).json()["results"])


class TestACourseIsCloned:
    async def test_with_its_assessments(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, make: Make, cloned: Cloned, typed: dict[str, Json],
        questions: list[Json],
    ) -> None:  # fmt: skip
        made = await make(questions=[*questions, *typed.values()], passing_score=55, due_date="2030-01-01T00:00:00Z")
        await service.deliver(cloned())
        (copy,) = await of_copy(teacher)
        shown = (await teacher.get(f"{URL}{copy['id']}/")).json()
        own = {"id", "lesson", "course", "questions", "created_date", "updated_date"}
        assert {name: value for name, value in shown.items() if name not in own} == {
            name: value for name, value in made.items() if name not in own
        }
        assert (shown["lesson"], shown["course"]) == (21, 6)
        assert without_ids(shown["questions"]) == without_ids(made["questions"])
        assert not {one["id"] for one in shown["questions"]} & {one["id"] for one in made["questions"]}
        fact = (await service.events(AssessmentCreated))[-1]
        assert (fact.assessment_id, fact.course_id, fact.lesson_id, fact.version) == (copy["id"], 6, 21, 1)
        assert fact.questions_count == 7

    async def test_or_without(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, make: Make, cloned: Cloned
    ) -> None:
        await make()
        await service.deliver(cloned(copy_assessments=False))
        assert await of_copy(teacher) == []

    async def test_repeated_and_late_it_does_nothing_more(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, make: Make, cloned: Cloned, course: CourseBuilder
    ) -> None:
        await make()
        await make(lesson=12)
        await service.deliver(course(lessons=(21,), course_id=6, version=5, slug="first-aid-2"))
        await service.deliver(cloned(), cloned())
        (copy,) = await of_copy(teacher)
        assert copy["lesson"] == 21, "lesson 22 had left the copy before"
        assert (await teacher.delete(f"{URL}{copy['id']}/")).status_code == 204
        await service.deliver(cloned())
        assert await of_copy(teacher) == []

    async def test_what_is_there_already_stays(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, make: Make, cloned: Cloned
    ) -> None:
        await make()
        await service.deliver(cloned(copy_assessments=False))
        await make(lesson=21, title="My own")
        await service.deliver(cloned())
        assert [one["title"] for one in await of_copy(teacher)] == ["My own"]


def without_ids(payload: Any) -> Any:
    if isinstance(payload, dict):
        return {name: without_ids(value) for name, value in payload.items() if name != "id"}
    return [without_ids(one) for one in payload] if isinstance(payload, list) else payload
