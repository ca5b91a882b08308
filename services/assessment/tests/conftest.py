"""The service under test, and builders of what other services tell it and of what teachers write."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from assessment.commands.regrading import REGRADING
from assessment.consumers import HANDLERS
from assessment.main import create
from assessment.settings import Settings
from shared.contracts.catalog.events import (
    CategoryRef,
    CoursePublished,
    LessonOutline,
    ModuleOutline,
    StaffMember,
)
from shared.contracts.enrollment.events import EnrollmentCreated
from shared.jobs import work_off
from shared.testing import Environment, ServiceUnderTest, serve_for_tests, user

Json = dict[str, Any]
CourseBuilder = Callable[..., CoursePublished]
EnrollmentBuilder = Callable[..., EnrollmentCreated]
JsonBuilder = Callable[..., Json]
Maker = Callable[..., Awaitable[Json]]

TEACHER, LEARNER = 500, 7
COURSE, LESSON = 5, 11
SECRET = "because of the key"


@pytest.fixture
async def service(environment: Environment) -> AsyncIterator[ServiceUnderTest]:
    async with serve_for_tests(Settings, create, HANDLERS, environment) as service:
        yield service


@pytest.fixture
def course() -> CourseBuilder:
    """A published course of teacher 500: `course(lessons=[11, 12], version=2, …)`."""

    def build(lessons: tuple[int, ...] = (LESSON, 12), staff: tuple[int, ...] = (TEACHER,), **changes: Any) -> Any:
        outline = [
            LessonOutline(
                lesson_id=id_,
                title=f"Lesson {id_}",
                order=id_,
                type="quiz",
                access_level="registered",
                is_free_preview=False,
            )
            for id_ in lessons
        ]
        fields: Json = {
            "version": 1,
            "course_id": COURSE,
            "slug": "first-aid",
            "title": "First aid",
            "category": CategoryRef(id=1, name="General", slug="general"),
            "level": "beginner",
            "language": "en",
            "price": Decimal("0.00"),
            "has_certificate": True,
            "is_draft": False,
            "is_published": True,
            "is_deleted": False,
            "staff": [StaffMember(user_id=id_, name="Tess Teacher", is_lead=id_ == staff[0]) for id_ in staff],
            "modules": [ModuleOutline(module_id=1, title="Module", order=1, is_published=True, lessons=outline)],
        }
        return CoursePublished(**(fields | changes))

    return build


@pytest.fixture
def enrolled() -> EnrollmentBuilder:
    """Learner 7 enrolled in the course: `enrolled(version=2, status="suspended", …)`."""

    def build(**changes: Any) -> EnrollmentCreated:
        fields: Json = {
            "version": 1,
            "enrollment_id": 70,
            "user_id": LEARNER,
            "course_id": COURSE,
            "status": "active",
            "progress_percentage": 0,
            "completed_lessons": 0,
            "total_lessons": 2,
            "created_date": datetime(2026, 1, 1, tzinfo=UTC),
        }
        return EnrollmentCreated(**(fields | changes))

    return build


@pytest.fixture
async def teaching(service: ServiceUnderTest, course: CourseBuilder, enrolled: EnrollmentBuilder) -> ServiceUnderTest:
    """The service, knowing the course, its teacher 500 and its learner 7."""
    await service.deliver(course(), enrolled())
    return service


@pytest.fixture
def teacher(service: ServiceUnderTest) -> httpx.AsyncClient:
    return service.client(user(TEACHER, "instructor"))


@pytest.fixture
def learner(service: ServiceUnderTest) -> httpx.AsyncClient:
    return service.client(user(LEARNER))


@pytest.fixture
def question() -> JsonBuilder:
    """A `multiple_choice` question of one point whose second answer is right."""

    def build(**changes: Any) -> Json:
        answers = [
            {"answer_text": "Alpha", "is_correct": False, "explanation": SECRET},
            {"answer_text": "Beta", "is_correct": True, "explanation": SECRET},
            {"answer_text": "Gamma", "is_correct": False},
        ]
        fields: Json = {
            "question_text": "Which one is it?",
            "question_type": "multiple_choice",
            "explanation": SECRET,
            "answers": answers,
        }
        return fields | changes

    return build


@pytest.fixture
def questions(question: JsonBuilder) -> list[Json]:
    """One of each type, worth 1, 2 and 3: choose Beta; False; Red and Blue."""
    colours = [("Red", True), ("Green", False), ("Blue", True), ("Black", False)]
    return [
        question(),
        question(question_text="Is it so?", question_type="true_false", points=2, config={"correct_answer": False}),
        question(
            question_text="Which ones are they?",
            question_type="multiple_select",
            points=2,
            weight=1.5,
            answers=[{"answer_text": text, "is_correct": right, "explanation": SECRET} for text, right in colours],
        ),
    ]


@pytest.fixture
def typed() -> dict[str, Json]:
    """A question of each type whose key is in its config, worth 4 each."""
    matching = {
        "left": [{"id": "fr", "text": "France"}, {"id": "it", "text": "Italy"}],
        "right": [{"id": "p", "text": "Paris"}, {"id": "r", "text": "Rome"}, {"id": "o", "text": "Oslo"}],
        "pairs": [{"left_id": "fr", "right_id": "p"}, {"left_id": "it", "right_id": "r"}],
    }
    blanks = [
        {"id": "b1", "accepted": [{"text": "mitochondria"}]},
        {"id": "b2", "match": "wildcard", "accepted": [{"text": "energ*"}]},
    ]
    configs: dict[str, Json] = {
        "short_answer": {"keywords": [{"text": "airway", "fraction": 0.5}, {"text": "breathing", "fraction": 0.5}]},
        "essay": {"max_words": 20},
        "fill_blank": {"text": "The {{b1}} give {{b2}}.", "blanks": blanks},
        "matching": matching,
    }
    return {
        kind: {
            "question_text": f"A question of type {kind}",
            "question_type": kind,
            "points": 4,
            "explanation": SECRET,
            "config": config,
        }
        for kind, config in configs.items()
    }


@pytest.fixture
def definition(questions: list[Json]) -> JsonBuilder:
    """A whole assessment on lesson 11."""

    def build(**changes: Any) -> Json:
        fields: Json = {"lesson": LESSON, "title": "Checkpoint", "description": "Read well.", "questions": questions}
        return fields | changes

    return build


@pytest.fixture
def make(teaching: ServiceUnderTest, teacher: httpx.AsyncClient, definition: JsonBuilder) -> Maker:
    """Create an assessment as the teacher: `await make(time_limit=10)`."""

    async def build(**changes: Any) -> Json:
        answer = await teacher.post("/api/assessments/", json=definition(**changes))
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    return build


@pytest.fixture
def start(learner: httpx.AsyncClient) -> Maker:
    """Start an attempt as the learner."""

    async def build(assessment: Json) -> Json:
        answer = await learner.post(f"/api/assessments/{assessment['id']}/start/")
        assert answer.status_code in (200, 201), answer.text
        return dict(answer.json())

    return build


@pytest.fixture
def save(learner: httpx.AsyncClient) -> Callable[..., Awaitable[httpx.Response]]:
    """Answer the question in that place of the attempt, with answers by their texts."""

    async def build(attempt: Json, place: int, *texts: str) -> httpx.Response:
        question = attempt["questions"][place]
        ids = [answer["id"] for answer in question["answers"] if answer["answer_text"] in texts]
        given = (
            {"selected_answer_ids": ids}
            if question["question_type"] == "multiple_select"
            else {"selected_answer_id": ids[0]}
        )
        body = {"attempt_id": attempt["attempt_id"], "question_id": question["id"], **given}
        return await learner.post("/api/attempt-answers/", json=body)

    return build


@pytest.fixture
def send(learner: httpx.AsyncClient) -> Callable[..., Awaitable[httpx.Response]]:
    """Answer the question in that place of the attempt with these fields."""

    async def build(attempt: Json, place: int, **given: Any) -> httpx.Response:
        body = {"attempt_id": attempt["attempt_id"], "question_id": attempt["questions"][place]["id"], **given}
        return await learner.post("/api/attempt-answers/", json=body)

    return build


@pytest.fixture
def complete(learner: httpx.AsyncClient) -> Maker:
    async def build(attempt: Json) -> Json:
        answer = await learner.post(f"/api/assessment-attempts/{attempt['attempt_id']}/complete/")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    return build


@pytest.fixture
def pass_time(service: ServiceUnderTest) -> Callable[..., Awaitable[None]]:
    """Let time pass for all attempts, by moving them into the past."""

    async def build(**by: float) -> None:
        async with service.database.transaction() as session:
            await session.execute(
                text(
                    "UPDATE attempts SET start_time = start_time - :by, end_time = end_time - :by,"
                    " expires_at = expires_at - :by"
                ),
                {"by": timedelta(**by)},
            )

    return build


@pytest.fixture
def regrade(service: ServiceUnderTest, teacher: httpx.AsyncClient) -> Maker:
    """Regrade the assessment as the teacher, and wait for the job."""

    async def build(assessment: Json) -> Json:
        answer = await teacher.post(f"/api/assessments/{assessment['id']}/regrade/")
        assert answer.status_code == 202, answer.text
        await work_off(service.database, {REGRADING.name: REGRADING})
        job = (await teacher.get(answer.json()["url"])).json()
        assert (job["state"], job["report"]["failed"]) == ("completed", 0), job
        return dict(job)

    return build
