"""The service under test, and builders of what other services tell it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import text

from enrollment.consumers import HANDLERS
from enrollment.main import create
from enrollment.queries.recount import find_differences
from enrollment.settings import Settings
from shared.contracts.catalog.events import (
    CategoryRef,
    CoursePublished,
    LessonOutline,
    ModuleOutline,
    StaffMember,
)
from shared.contracts.enrollment.events import EnrollmentCompleted, EnrollmentEvent, ProgressUpdated
from shared.testing import Environment, ServiceUnderTest, serve_for_tests, user

Fields = dict[str, Any]
CourseBuilder = Callable[..., CoursePublished]
Enroller = Callable[..., Awaitable[dict[str, Any]]]

TEACHER = 500
COURSE = 5


@pytest.fixture
async def enrollment(environment: Environment) -> AsyncIterator[ServiceUnderTest]:
    async with serve_for_tests(Settings, create, HANDLERS, environment) as service:
        yield service


@pytest.fixture
def course() -> CourseBuilder:
    """A published, free course: `course(lessons=[1, 2], version=3, …)`; teacher 500 is its staff.

    `lessons` are in a published module, `hidden` in one that is not.
    """

    def build(lessons: list[int] | None = None, hidden: list[int] | None = None, **changes: Any) -> CoursePublished:
        shown = _module(1, [11, 12, 13] if lessons is None else lessons, is_published=True)
        fields: Fields = {
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
            "published_date": datetime(2026, 1, 1, tzinfo=UTC),
            "staff": [StaffMember(user_id=TEACHER, name="Tess Teacher", is_lead=True)],
            "modules": [shown, _module(2, hidden or [], is_published=False)],
        }
        return CoursePublished(**fields | changes)

    return build


def _module(module_id: int, lessons: list[int], *, is_published: bool) -> ModuleOutline:
    outlines = [
        LessonOutline(
            lesson_id=lesson,
            title=f"Lesson {lesson}",
            order=order,
            type="reading",
            access_level="registered",
            is_free_preview=False,
        )
        for order, lesson in enumerate(lessons, start=1)
    ]
    return ModuleOutline(
        module_id=module_id, title=f"Module {module_id}", order=module_id, is_published=is_published, lessons=outlines
    )


@pytest.fixture
def enroll(enrollment: ServiceUnderTest) -> Enroller:
    """Enroll a user in the course, and give the answer's body: `await enroll(7)`."""

    async def go(user_id: int = 7, ref: int | str = COURSE) -> dict[str, Any]:
        async with enrollment.client(user(user_id)) as client:
            answer = await client.post(f"/api/courses/{ref}/enroll/")
        assert answer.status_code in (200, 201), answer.text
        body: dict[str, Any] = answer.json()
        return body

    return go


@pytest.fixture
def progress_of(enrollment: ServiceUnderTest) -> Callable[..., Awaitable[dict[int, dict[str, Any]]]]:
    """A user's rows of progress by lesson id: `(await progress_of(7))[11]["id"]`."""

    async def read(user_id: int = 7) -> dict[int, dict[str, Any]]:
        async with enrollment.client(user(user_id)) as client:
            answer = await client.get("/api/progress/", params={"page_size": 100})
        assert answer.status_code == 200, answer.text
        return {row["lesson"]["id"]: row for row in answer.json()["results"]}

    return read


@pytest.fixture
def write_progress(
    enrollment: ServiceUnderTest, progress_of: Callable[..., Awaitable[dict[int, dict[str, Any]]]]
) -> Callable[..., Awaitable[dict[str, Any]]]:
    """Write progress in a lesson: `await write_progress(11, is_completed=True, user_id=7)`."""

    async def write(lesson: int, *, user_id: int = 7, **change: Any) -> dict[str, Any]:
        row = (await progress_of(user_id))[lesson]
        async with enrollment.client(user(user_id)) as client:
            answer = await client.patch(f"/api/progress/{row['id']}/", json=change)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    return write


@pytest.fixture
def assert_counters_right(enrollment: ServiceUnderTest) -> Callable[[], Awaitable[None]]:
    """The counters of every enrollment are what a recount of its rows gives."""

    async def check() -> None:
        async with enrollment.database.reading() as session:
            wrong = await session.execute(
                text("""
                SELECT e.id, e.completed_lessons, e.total_lessons, e.total_time_spent, e.progress_percentage, counted.*
                FROM enrollments e CROSS JOIN LATERAL (
                    SELECT count(*) FILTER (WHERE is_counted) AS total,
                        count(*) FILTER (WHERE is_counted AND is_completed) AS completed,
                        coalesce(sum(time_spent), 0) AS time
                    FROM progress p JOIN lessons l ON l.lesson_id = p.lesson_id AND l.course_id = e.course_id
                    WHERE p.enrollment_id = e.id
                ) AS counted
                WHERE (e.completed_lessons, e.total_lessons, e.total_time_spent) <> (completed, total, time)
                    OR total <> (SELECT count(*) FROM lessons WHERE course_id = e.course_id AND is_counted)
                    OR e.progress_percentage <> CASE WHEN completion_date IS NOT NULL THEN 100
                        ELSE coalesce(completed * 100 / nullif(total, 0), 0) END
                """)
            )
            assert wrong.all() == []
        assert [difference async for difference in find_differences(enrollment.database)] == []

    return check


@pytest.fixture
def assert_from_scratch(enrollment: ServiceUnderTest) -> Callable[..., Awaitable[None]]:
    """What stands on every enrollment of a course is what its rows come to, and what its last event told."""

    async def check(course_id: int = COURSE) -> None:
        await _assert_from_scratch(enrollment, course_id)
        assert [difference async for difference in find_differences(enrollment.database)] == []

    return check


async def _assert_from_scratch(service: ServiceUnderTest, course_id: int) -> None:
    async def read(statement: str) -> Sequence[Any]:
        async with service.database.reading() as session:
            return (await session.execute(text(statement), {"course": course_id})).mappings().all()

    policy = next(iter(await read("SELECT * FROM progress_policies WHERE course_id = :course")), None)
    enrollments = await read("SELECT * FROM enrollments WHERE course_id = :course")
    rows = await read(
        "SELECT * FROM progress JOIN lessons USING (lesson_id) WHERE lessons.course_id = :course AND is_counted"
    )
    needed = await read(
        "SELECT assessment_id FROM assessments WHERE course_id = :course AND is_required AND NOT is_deleted"
    )
    passed = await read("""
        SELECT user_id, assessment_id FROM attempts
        LEFT JOIN standings USING (user_id, assessment_id) JOIN assessments USING (assessment_id)
        WHERE course_id = :course AND is_required AND NOT is_deleted
        GROUP BY user_id, assessment_id, standings.has_passed
        HAVING coalesce(standings.has_passed, bool_or(attempts.has_passed))
    """)
    told = {event.enrollment_id: event for event in await service.events(EnrollmentEvent, ProgressUpdated)}
    completed = {event.enrollment_id for event in await service.events(EnrollmentCompleted)}
    for enrollment in enrollments:
        own = [row for row in rows if row["enrollment_id"] == enrollment["id"]]
        weights = policy["type_weights"] if policy else {}
        points = {row["lesson_id"]: weights.get(row["type"], 10_000) for row in own}
        lessons = (sum(points[r["lesson_id"]] for r in own if r["is_completed"]), sum(points.values()))
        expected = [(row["duration_minutes"] or 0) * 60 for row in own]
        time = (sum(min(row["time_spent"], most) for row, most in zip(own, expected, strict=True)), sum(expected))
        assessments = (sum(row["user_id"] == enrollment["user_id"] for row in passed), len(needed))
        parts = {"lesson": lessons, "time": time, "assessment": assessments}
        method = policy["method"] if policy else "lessons"
        measured = {"lessons": ["lesson"], "time": ["time"], "assessments": ["assessment"], "weighted": list(parts)}
        share = {n: policy[f"{n}_weight"] if policy and method == "weighted" else 1 for n in measured[method]}
        share = {name: weight for name, weight in share.items() if weight and parts[name][1]} or {"lesson": 1}
        total = sum(Fraction(weight * parts[n][0], parts[n][1] or 1) for n, weight in share.items())
        assert enrollment["completed_lessons"] == sum(row["is_completed"] for row in own)
        assert told[enrollment["id"]].version == enrollment["revision"]
        if enrollment["completion_date"] is not None:
            assert (enrollment["progress_percentage"], enrollment["id"] in completed) == (100, True)
            continue
        assert enrollment["progress_percentage"] == int(100 * total / sum(share.values()))
        assert enrollment["progress_percentage"] < 100 or enrollment["status"] != "active"
