"""The service under test, and builders of what other services tell it."""

from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from certificate.consumers import HANDLERS
from certificate.main import create
from certificate.schedules import settle_batch
from certificate.settings import Settings
from shared.contracts.assessment.events import AssessmentCreated, AttemptGraded
from shared.contracts.assessment.http import CourseStanding
from shared.contracts.catalog.events import CategoryRef, CoursePublished, StaffMember
from shared.contracts.enrollment.events import EnrollmentCompleted
from shared.contracts.gateway.events import UserRegistered
from shared.testing import Environment, ServiceUnderTest, serve_for_tests

COURSE, LEARNER, ENROLLMENT, INSTRUCTOR = 5, 7, 50, 3
COMPLETED_AT = datetime(2026, 3, 1, 12, 30, 15, 250_000, tzinfo=UTC)

Build = Callable[..., Any]
"""Builds a state or an event: fields by name, sensible where not given; `kind` is the class."""


@pytest.fixture
async def certificate(environment: Environment) -> AsyncIterator[ServiceUnderTest]:
    async with serve_for_tests(Settings, create, HANDLERS, environment) as service:
        yield service


@pytest.fixture
def course() -> Build:
    def build(kind: type[Any] = CoursePublished, **fields: Any) -> Any:
        given = {
            "version": 1,
            "course_id": COURSE,
            "slug": "sound-statistics",
            "title": "Sound Statistics",
            "category": CategoryRef(id=1, name="General", slug="general"),
            "level": "beginner",
            "language": "en",
            "price": "0.00",
            "has_certificate": True,
            "is_draft": False,
            "is_published": True,
            "is_deleted": False,
            "duration_minutes": 90,
            "staff": [
                StaffMember(user_id=4, name="Bea Second", is_lead=False),
                StaffMember(user_id=INSTRUCTOR, name="Ivo Lead", is_lead=True),
            ],
            "modules": [],
        }
        return kind(**given | fields)

    return build


@pytest.fixture
def learner() -> Build:
    def build(kind: type[Any] = UserRegistered, **fields: Any) -> Any:
        given = {
            "version": 1,
            "user_id": LEARNER,
            "full_name": "Zoë Ångström",
            "role": "student",
            "is_active": True,
        }
        return kind(**given | fields)

    return build


@pytest.fixture
def enrollment() -> Build:
    def build(kind: type[Any] = EnrollmentCompleted, **fields: Any) -> Any:
        given = {
            "version": 9,
            "enrollment_id": ENROLLMENT,
            "user_id": LEARNER,
            "course_id": COURSE,
            "status": "completed",
            "progress_percentage": 100,
            "completed_lessons": 4,
            "total_lessons": 4,
            "completion_date": COMPLETED_AT,
            "created_date": datetime(2026, 1, 1, tzinfo=UTC),
        }
        return kind(**given | fields)

    return build


@pytest.fixture
def assessment() -> Build:
    def build(kind: type[Any] = AssessmentCreated, **fields: Any) -> Any:
        given = {
            "version": 1,
            "assessment_id": 20,
            "course_id": COURSE,
            "lesson_id": 30,
            "title": "Final",
            "is_required": True,
            "passing_score": 70,
            "questions_count": 3,
            "is_deleted": False,
        }
        return kind(**given | fields)

    return build


@pytest.fixture
def attempt() -> Build:
    def build(kind: type[Any] = AttemptGraded, **fields: Any) -> Any:
        given = {
            "version": 2,
            "attempt_id": 200,
            "attempt_number": 1,
            "assessment_id": 20,
            "course_id": COURSE,
            "lesson_id": 30,
            "user_id": LEARNER,
            "status": "graded",
            "max_score": 10,
            "has_passed": True,
            "start_time": datetime(2026, 2, 1, tzinfo=UTC),
        }
        return kind(**given | fields)

    return build


@pytest.fixture
def standing(certificate: ServiceUnderTest) -> Build:
    """Says what assessment answers about a course, whichever learner it is asked about."""

    def say(required: Iterable[int] = (), passed: Iterable[int] = (), *, course_id: int = COURSE) -> None:
        word = CourseStanding(course_id=course_id, user_id=LEARNER, required=list(required), passed=list(passed))
        certificate.peers.answer("assessment", f"/internal/courses/{course_id}/standing/", word)

    return say


@pytest.fixture
def settle(certificate: ServiceUnderTest) -> Build:
    """What the schedule does for a batch when so much time has gone by: `await settle(after=timedelta(days=2))`."""

    async def settle(*, after: timedelta = timedelta(0), peers: Any = certificate.peers) -> int:
        return await settle_batch(certificate.database, peers, now=datetime.now(UTC) + after)

    return settle


@pytest.fixture
def issue(
    certificate: ServiceUnderTest, course: Build, learner: Build, enrollment: Build, standing: Build, settle: Build
) -> Build:
    """Has certificates issued: one of the course for each learner given, if what is known by then allows."""

    async def issue(*learners: int, **course_fields: Any) -> None:
        told = course(**course_fields)
        await certificate.deliver(told)
        if ("assessment", f"/internal/courses/{told.course_id}/standing/") not in certificate.peers.answers:
            standing(course_id=told.course_id)
        for user_id in learners or (LEARNER,):
            await certificate.deliver(
                learner(user_id=user_id),
                enrollment(user_id=user_id, enrollment_id=told.course_id * 1000 + user_id, course_id=told.course_id),
            )
            await settle()
        certificate.peers.asked.clear()

    return issue
