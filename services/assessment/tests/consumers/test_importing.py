"""Assessments that come with an imported course."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from shared.auth import ServiceCaller
from shared.contracts.assessment.content import AssessmentContent
from shared.contracts.assessment.events import AssessmentCreated
from shared.contracts.catalog.events import AssessmentImported, CoursePublished
from shared.testing import ServiceUnderTest, user

Json = dict[str, Any]
Make = Callable[..., Awaitable[Json]]
CourseBuilder = Callable[..., CoursePublished]
Imported = Callable[..., AssessmentImported]
URL = "/api/assessments/"
EXPORT = "/internal/courses/5/assessments/"


def content(**changes: Any) -> Json:
    """A question on lesson 11."""
    answers = [
        {"answer_text": "Alpha", "is_correct": False, "order": 2},
        {"answer_text": "Beta", "is_correct": True, "order": 1},
    ]
    question = {"question_text": "Which is it?", "question_type": "multiple_choice", "order": 1, "answers": answers}
    return {"lesson_id": 11, "title": "Imported", "questions": [question]} | changes


@pytest.fixture
def imported() -> Imported:
    def build(course_id: int = 5, **changes: Any) -> AssessmentImported:
        assessment = AssessmentContent.model_validate(content(**changes))
        return AssessmentImported(version=1, course_id=course_id, assessment=assessment)

    return build


async def listed(teacher: httpx.AsyncClient) -> list[Json]:
    return list((await teacher.get(f"{URL}?course=5")).json()["results"])


async def shown(teacher: httpx.AsyncClient) -> Json:
    (one,) = await listed(teacher)
    return dict((await teacher.get(f"{URL}{one['id']}/")).json())


class TestAnImport:
    async def test_makes_the_assessment(
        self, teaching: ServiceUnderTest, teacher: httpx.AsyncClient, imported: Imported
    ) -> None:
        await teaching.deliver(imported(rules={"passing_score": 55, "time_limit": 10}))
        made = await shown(teacher)
        assert (made["title"], made["lesson"], made["passing_score"], made["time_limit"]) == ("Imported", 11, 55, 10)
        assert [one["answer_text"] for one in made["questions"][0]["answers"]] == ["Beta", "Alpha"]
        (fact,) = await teaching.events(AssessmentCreated)
        assert (fact.assessment_id, fact.course_id, fact.lesson_id, fact.version) == (made["id"], 5, 11, 1)

    async def test_before_the_course_waits_for_its_lesson(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, course: CourseBuilder, imported: Imported
    ) -> None:
        await service.deliver(imported())
        assert await service.events(AssessmentCreated) == []
        await service.deliver(course(lessons=(12,)))
        assert await service.events(AssessmentCreated) == []
        await service.deliver(course(version=2))
        assert (await shown(teacher))["lesson"] == 11

    async def test_at_once_with_the_course_is_not_missed(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, course: CourseBuilder, imported: Imported
    ) -> None:
        await asyncio.gather(
            service.deliver(course()), service.deliver(imported(lesson_id=12)), service.deliver(imported())
        )
        assert sorted(one["lesson"] for one in await listed(teacher)) == [11, 12]

    async def test_is_made_once(
        self, teaching: ServiceUnderTest, teacher: httpx.AsyncClient, course: CourseBuilder, imported: Imported
    ) -> None:
        await asyncio.gather(*(teaching.deliver(imported()) for _ in range(3)))
        await teacher.delete(f"{URL}{(await shown(teacher))['id']}/")
        await teaching.deliver(imported(), course(version=2))
        assert await listed(teacher) == []

    async def test_leaves_what_is_there(
        self, teaching: ServiceUnderTest, teacher: httpx.AsyncClient, make: Make, imported: Imported
    ) -> None:
        await make(title="My own")
        await teaching.deliver(imported())
        assert (await shown(teacher))["title"] == "My own"

    async def test_on_a_lesson_of_another_course_does_nothing(
        self, teaching: ServiceUnderTest, imported: Imported, course: CourseBuilder
    ) -> None:
        await teaching.deliver(imported(course_id=6), course(course_id=6, lessons=(61,), slug="other"))
        assert await teaching.events(AssessmentCreated) == []


GOOD: Json = content()["questions"][0]


class TestWhatAPersonCouldNotHaveWritten:
    @pytest.mark.parametrize(
        "bad",
        [
            {"question_text": ""},
            {"question_text": "nul \0 within"},
            {"question_type": "drag_and_drop"},
            {"points": 10**30},
            {"points": 0},
            {"weight": 0},
            {"answers": []},
            {"answers": [{"answer_text": "x" * 1000, "is_correct": True, "order": 1}] * 2},
            {"question_type": "fill_blank", "config": {"text": "{{b1}}", "blanks": "all"}, "answers": []},
            {
                "question_type": "fill_blank",
                "config": {"text": "{{b1}}", "blanks": [{"id": "b1", "match": "regex", "accepted": [{"text": "(("}]}]},
                "answers": [],
            },
        ],
        ids=lambda bad: next(iter(bad)),
    )
    async def test_of_questions_is_left_out(
        self, teaching: ServiceUnderTest, teacher: httpx.AsyncClient, imported: Imported, bad: Json
    ) -> None:
        await teaching.deliver(imported(questions=[GOOD | bad | {"order": 1}, GOOD | {"order": -(10**30)}]))
        assert [one["question_text"] for one in (await shown(teacher))["questions"]] == ["Which is it?"]

    @pytest.mark.parametrize(
        ("rules", "field", "value"),
        [
            ({"passing_score": 101, "time_limit": 7}, "passing_score", 70),
            ({"max_attempts": 10**40}, "max_attempts", 3),
            ({"due_date": "soon"}, "due_date", None),
            ({"available_from": "2030-01-02T00:00:00Z", "available_until": "2030-01-01T00:00:00Z"}, "due_date", None),
            ({"questions": [], "draws": [{"bank": 1, "count": 1}], "lesson": 12}, "draws", []),
        ],
    )
    async def test_of_rules_has_its_default(
        self,
        teaching: ServiceUnderTest,
        teacher: httpx.AsyncClient,
        imported: Imported,
        rules: Json,
        field: str,
        value: Any,
    ) -> None:
        await teaching.deliver(imported(rules=rules))
        made = await shown(teacher)
        assert (made["lesson"], made[field], len(made["questions"])) == (11, value, 1)

    @pytest.mark.parametrize(("title", "kept"), [(" ", "Assessment"), ("x" * 300, "x" * 255), ("\0\0", "Assessment")])
    async def test_of_the_title_is_mended(
        self, teaching: ServiceUnderTest, teacher: httpx.AsyncClient, imported: Imported, title: str, kept: str
    ) -> None:
        await teaching.deliver(imported(title=title))
        assert (await shown(teacher))["title"] == kept

    @pytest.mark.parametrize(
        "changes",
        [{"questions": [GOOD | {"answers": []}]}, {"lesson_id": 10**30}, {"lesson_id": -1}, {"course_id": 10**30}],
    )
    async def test_leaves_nothing_where_nothing_is_left(
        self, teaching: ServiceUnderTest, imported: Imported, changes: Json
    ) -> None:
        await teaching.deliver(imported(**changes))
        assert await teaching.events(AssessmentCreated) == []


class TestRoundTrip:
    async def test_nothing_is_lost(
        self,
        teaching: ServiceUnderTest,
        teacher: httpx.AsyncClient,
        make: Make,
        course: CourseBuilder,
        questions: list[Json],
        typed: dict[str, Json],
    ) -> None:
        made = await make(
            questions=[*questions, *typed.values()],
            passing_score=55,
            penalty_fraction=0.3333,
            partial_credit=True,
            due_date="2030-01-01T00:00:00Z",
        )
        exported = (await teaching.client(ServiceCaller("catalog")).get(EXPORT)).json()
        (travelling,) = [AssessmentContent.model_validate(one) for one in exported]
        await teaching.deliver(
            course(course_id=6, lessons=(61,), slug="copy"),
            AssessmentImported(version=1, course_id=6, assessment=travelling.model_copy(update={"lesson_id": 61})),
        )
        (copy,) = (await teacher.get(f"{URL}?course=6")).json()["results"]
        arrived = (await teacher.get(f"{URL}{copy['id']}/")).json()
        assert without(arrived) == without(made)

    async def test_a_course_without_has_none(self, teaching: ServiceUnderTest) -> None:
        answer = await teaching.client(ServiceCaller("catalog")).get("/internal/courses/999/assessments/")
        assert (answer.status_code, answer.json()) == (200, [])

    async def test_users_are_not_told(self, teaching: ServiceUnderTest) -> None:
        for role in ("student", "instructor", "administrator"):
            assert (await teaching.client(user(1, role)).get(EXPORT)).status_code == 404


OWN = {"id", "lesson", "course", "created_date", "updated_date"}


def without(payload: Any) -> Any:
    """A payload without what differs between two assessments that are the same."""
    if isinstance(payload, dict):
        return {name: without(value) for name, value in payload.items() if name not in OWN}
    return [without(one) for one in payload] if isinstance(payload, list) else payload
