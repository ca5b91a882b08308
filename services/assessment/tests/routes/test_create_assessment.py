"""Putting an assessment on a lesson."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from shared.contracts.assessment.events import AssessmentCreated
from shared.contracts.catalog.events import CoursePublished
from shared.testing import ServiceUnderTest, user

Json = dict[str, Any]
Build = Callable[..., Json]
Make = Callable[..., Awaitable[Json]]
URL = "/api/assessments/"
BIGGEST = 9223372036854775807


def address(assessment: Json) -> str:
    return f"{URL}{assessment['id']}/"


class TestCreate:
    async def test_a_whole_assessment_at_once(
        self, teaching: ServiceUnderTest, teacher: httpx.AsyncClient, definition: Build
    ) -> None:
        answer = await teacher.post(URL, json=definition())
        assert answer.status_code == 201
        made = answer.json()
        assert (made["lesson"], made["course"], made["questions_count"], made["max_score"]) == (11, 5, 3, 6.0)
        first, second, third = made["questions"]
        assert [one["order"] for one in made["questions"]] == [1, 2, 3]
        assert [one["is_correct"] for one in first["answers"]] == [False, True, False]
        assert [(one["answer_text"], one["is_correct"]) for one in second["answers"]] == [
            ("True", False),
            ("False", True),
        ]
        assert third["weight"] == 1.5
        assert (await teacher.get(address(made))).json() == made

    async def test_what_is_left_out_has_the_default(self, make: Make) -> None:
        made = await make()
        expected = {
            "time_limit": 0,
            "passing_score": 70,
            "max_attempts": 3,
            "is_required": True,
            "randomize_questions": False,
            "randomize_answers": False,
            "show_results": True,
            "feedback_mode": "after_completion",
            "partial_credit": False,
            "penalty_fraction": 0.0,
            "scoring_policy": "highest",
            "cooldown_first_seconds": 0,
            "cooldown_next_seconds": 0,
            "available_from": None,
            "due_date": None,
            "available_until": None,
            "result": None,
        }
        assert expected.items() <= made.items()

    async def test_tells_it(self, service: ServiceUnderTest, make: Make) -> None:
        made = await make()
        (fact,) = await service.events(AssessmentCreated)
        assert (fact.assessment_id, fact.version, fact.course_id, fact.lesson_id) == (made["id"], 1, 5, 11)
        assert (fact.questions_count, fact.is_required, fact.is_deleted) == (3, True, False)

    async def test_a_lesson_has_one_at_most(self, teacher: httpx.AsyncClient, make: Make, definition: Build) -> None:
        await make()
        answer = await teacher.post(URL, json=definition())
        assert (answer.status_code, answer.json()) == (400, {"lesson": ["This lesson has an assessment already."]})

    async def test_of_several_at_once_one_is_made(
        self, teaching: ServiceUnderTest, teacher: httpx.AsyncClient, definition: Build
    ) -> None:
        answers = await asyncio.gather(*(teacher.post(URL, json=definition()) for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [201, 400, 400, 400, 400]
        assert len(await teaching.events(AssessmentCreated)) == 1

    async def test_after_deletion_there_may_be_another(self, teacher: httpx.AsyncClient, make: Make) -> None:
        await teacher.delete(address(await make()))
        await make()

    async def test_an_administrator_may_anywhere(self, teaching: ServiceUnderTest, definition: Build) -> None:
        answer = await teaching.client(user(1, "administrator")).post(URL, json=definition())
        assert answer.status_code == 201


class TestCreateIsRefused:
    async def test_to_guests_and_students(self, teaching: ServiceUnderTest, definition: Build) -> None:
        assert (await teaching.client().post(URL, json=definition())).status_code == 401
        answer = await teaching.client(user(7)).post(URL, json=definition())
        assert (answer.status_code, answer.json()["code"]) == (403, "ROLE_REQUIRED")

    async def test_to_who_teaches_something_else(
        self, teaching: ServiceUnderTest, course: Callable[..., CoursePublished], definition: Build
    ) -> None:
        teaching.peers.answer("catalog", "/internal/lessons/11/", course())
        answer = await teaching.client(user(501, "instructor")).post(URL, json=definition())
        assert (answer.status_code, answer.json()["code"]) == (403, "PERMISSION_DENIED")

    async def test_without_telling_that_a_draft_exists(
        self, service: ServiceUnderTest, course: Callable[..., CoursePublished], definition: Build
    ) -> None:
        service.peers.answer("catalog", "/internal/lessons/11/", course(is_published=False, is_draft=True))
        service.peers.answer("catalog", "/internal/lessons/12/", None)
        stranger = service.client(user(501, "instructor"))
        answers = [await stranger.post(URL, json=definition(lesson=lesson)) for lesson in (11, 12)]
        assert [answer.status_code for answer in answers] == [400, 400]
        assert answers[0].json() == answers[1].json() == {"lesson": ["There is no such lesson."]}

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("title", "x"),
            ("title", "  x  "),
            ("title", "x" * 256),
            ("title", "a\0b"),
            ("title", None),
            ("title", 5),
            ("description", "x" * 20_001),
            ("lesson", "eleven"),
            ("lesson", 0),
            ("lesson", -1),
            ("lesson", BIGGEST + 1),
            ("lesson", 10**40),
            ("lesson", None),
            ("time_limit", -1),
            ("time_limit", 10_081),
            ("time_limit", 1.5),
            ("passing_score", 101),
            ("passing_score", -1),
            ("max_attempts", 0),
            ("is_required", None),
            ("is_required", "perhaps"),
            ("feedback_mode", "sometimes"),
            ("scoring_policy", "lowest"),
            ("penalty_fraction", 1.01),
            ("penalty_fraction", -0.1),
            ("penalty_fraction", 0.00001),
            ("penalty_fraction", "NaN"),
            ("penalty_fraction", "1e999999999"),
            ("cooldown_first_seconds", -1),
            ("cooldown_next_seconds", 31_536_001),
            ("available_from", "2026-01-01T00:00:00"),
            ("available_from", "0001-01-01T00:00:00+14:00"),
            ("available_from", "tomorrow"),
            ("due_date", "9999-12-31T23:59:59-14:00"),
            ("questions", "none"),
            ("questions", None),
            ("questions", [5]),
        ],
    )
    async def test_with_a_wrong_value(
        self, teaching: ServiceUnderTest, teacher: httpx.AsyncClient, definition: Build, field: str, value: Any
    ) -> None:
        answer = await teacher.post(URL, json=definition(**{field: value}))
        assert answer.status_code == 400, answer.text
        assert any(name == field or name.startswith(f"{field}.") for name in answer.json())
        assert await teaching.events() == []

    @pytest.mark.parametrize(
        ("changes", "path"),
        [
            ({"question_text": "Why?"}, "question_text"),
            ({"question_text": "   Why?   "}, "question_text"),
            ({"question_text": "x" * 10_001}, "question_text"),
            ({"question_type": "riddle"}, "question_type"),
            ({"question_type": "essay"}, "answers"),
            ({"question_type": None}, "question_type"),
            ({"points": 0}, "points"),
            ({"points": 1001}, "points"),
            ({"weight": 0}, "weight"),
            ({"weight": 0.001}, "weight"),
            ({"weight": 100.01}, "weight"),
            ({"order": -1}, "order"),
            ({"order": 10**12}, "order"),
            ({"explanation": "x\0"}, "explanation"),
            ({"explanation": None}, "explanation"),
            ({"id": 4}, "id"),
            ({"answers": []}, "answers"),
            ({"answers": [{"answer_text": "A", "is_correct": True}] * 11}, "answers"),
            ({"answers": [{"answer_text": "A"}, {"answer_text": "B"}]}, "answers"),
            ({"answers": [{"answer_text": " "}, {"answer_text": "B", "is_correct": True}]}, "answers.0.answer_text"),
            (
                {"answers": [{"answer_text": "A" * 501}, {"answer_text": "B", "is_correct": True}]},
                "answers.0.answer_text",
            ),
            ({"answers": [{"answer_text": "A", "id": 9}, {"answer_text": "B", "is_correct": True}]}, "answers.0.id"),
            ({"question_type": "true_false"}, "config.correct_answer"),
            ({"question_type": "true_false", "config": {"correct_answer": "maybe"}}, "config.correct_answer"),
            ({"config": []}, "config"),
        ],
    )
    async def test_with_a_wrong_question(
        self,
        teaching: ServiceUnderTest,
        teacher: httpx.AsyncClient,
        definition: Build,
        question: Build,
        changes: Json,
        path: str,
    ) -> None:
        answer = await teacher.post(URL, json=definition(questions=[question(), question(**changes)]))
        assert answer.status_code == 400, answer.text
        assert list(answer.json()) == [f"questions.1.{path}"]

    async def test_naming_the_types_that_there_are(
        self, teaching: ServiceUnderTest, teacher: httpx.AsyncClient, definition: Build, question: Build
    ) -> None:
        answer = await teacher.post(URL, json=definition(questions=[question(question_type="riddle")]))
        (sentence,) = answer.json()["questions.0.question_type"]
        assert all(name in sentence for name in ("multiple_choice", "true_false", "multiple_select"))

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"[]",
            b"null",
            b'"title"',
            b'{"lesson": 11, "title": "\\ud800\\ud800"}',
            b'{"lesson": 11, "title": "Title", "weight": NaN, "penalty_fraction": NaN}',
            b'{"lesson": 11, "title": "Title", "time_limit": ' + b"9" * 5000 + b"}",
        ],
    )
    async def test_with_a_body_that_cannot_be_read(
        self, teaching: ServiceUnderTest, teacher: httpx.AsyncClient, body: bytes
    ) -> None:
        answer = await teacher.post(URL, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400, answer.text

    @pytest.mark.parametrize("field", ["lesson", "title"])
    async def test_with_a_required_field_missing(
        self, teaching: ServiceUnderTest, teacher: httpx.AsyncClient, definition: Build, field: str
    ) -> None:
        body = definition()
        del body[field]
        answer = await teacher.post(URL, json=body)
        assert (answer.status_code, answer.json()) == (400, {field: ["This field is required."]})

    async def test_with_too_many_questions(
        self, teaching: ServiceUnderTest, teacher: httpx.AsyncClient, definition: Build, question: Build
    ) -> None:
        answer = await teacher.post(URL, json=definition(questions=[question()] * 201))
        assert (answer.status_code, list(answer.json())) == (400, ["questions"])

    @pytest.mark.parametrize(
        ("window", "field"),
        [
            ({"available_from": "2026-02-01T00:00:00Z", "available_until": "2026-01-01T00:00:00Z"}, "available_until"),
            ({"available_from": "2026-02-01T00:00:00Z", "due_date": "2026-01-01T00:00:00Z"}, "due_date"),
            ({"due_date": "2026-02-01T00:00:00Z", "available_until": "2026-01-01T00:00:00Z"}, "due_date"),
        ],
    )
    async def test_with_a_window_that_cannot_be(
        self, teaching: ServiceUnderTest, teacher: httpx.AsyncClient, definition: Build, window: Json, field: str
    ) -> None:
        answer = await teacher.post(URL, json=definition(**window))
        assert (answer.status_code, list(answer.json())) == (400, [field])
