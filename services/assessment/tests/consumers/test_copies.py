"""Copies of courses and enrollments, however the events come."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from shared.contracts.assessment.events import AssessmentDeleted
from shared.contracts.catalog.events import CourseDeleted, CoursePublished
from shared.contracts.enrollment.events import EnrollmentCreated, EnrollmentSuspended
from shared.testing import ServiceUnderTest, statements, user

Json = dict[str, Any]
Make = Callable[..., Awaitable[Json]]
CourseBuilder = Callable[..., CoursePublished]
EnrollmentBuilder = Callable[..., EnrollmentCreated]


@pytest.fixture
def may_start(learner: httpx.AsyncClient, service: ServiceUnderTest) -> Callable[[Json], Awaitable[bool]]:
    async def build(assessment: Json) -> bool:
        service.peers.answer("enrollment", "/internal/enrollments/", None)
        return (await learner.post(f"/api/assessments/{assessment['id']}/start/")).status_code in (200, 201)

    return build


class TestACourse:
    async def test_without_a_lesson_loses_its_assessment(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, make: Make, course: CourseBuilder
    ) -> None:
        gone, kept = await make(), await make(lesson=12)
        await service.deliver(course(version=2, lessons=(12,)))
        assert (await teacher.get(f"/api/assessments/{gone['id']}/")).status_code == 404
        assert (await teacher.get(f"/api/assessments/{kept['id']}/")).status_code == 200
        (fact,) = await service.events(AssessmentDeleted)
        assert (fact.assessment_id, fact.version, fact.questions_count) == (gone["id"], 2, 3)

    async def test_deleted_loses_all(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, make: Make, course: CourseBuilder
    ) -> None:
        made = [await make(), await make(lesson=12)]
        deleted = CourseDeleted(**dict(course(version=2, is_deleted=True)))
        await service.deliver(deleted, deleted)
        facts = await service.events(AssessmentDeleted)
        assert [fact.assessment_id for fact in facts] == [one["id"] for one in made]
        service.peers.answer("catalog", "/internal/lessons/11/", course(version=2, is_deleted=True))
        assert (await teacher.post("/api/assessments/", json={"lesson": 11, "title": "Again"})).status_code == 400

    async def test_told_late_changes_nothing(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, make: Make, course: CourseBuilder
    ) -> None:
        await service.deliver(course(version=4, lessons=(11, 12, 13)))
        made = await make(lesson=13)
        await service.deliver(course(version=3, lessons=(11,), staff=(501,)))
        assert (await teacher.get(f"/api/assessments/{made['id']}/")).status_code == 200
        assert await service.events(AssessmentDeleted) == []

    async def test_tells_who_its_staff_are_now(
        self, service: ServiceUnderTest, make: Make, course: CourseBuilder
    ) -> None:
        path = f"/api/assessments/{(await make())['id']}/"
        latest = course(version=2, staff=(501,))
        await service.deliver(latest)
        service.peers.answer("catalog", "/internal/courses/5/", latest)
        assert (await service.client(user(501, "instructor")).patch(path, json={"title": "Mine"})).status_code == 200
        assert (await service.client(user(500, "instructor")).patch(path, json={"title": "Mine"})).status_code == 403


class TestAnEnrollment:
    async def test_suspended_shuts_out_and_restored_lets_in(
        self,
        service: ServiceUnderTest,
        make: Make,
        enrolled: EnrollmentBuilder,
        may_start: Callable[[Json], Awaitable[bool]],
    ) -> None:
        made = await make()
        await service.deliver(EnrollmentSuspended(**dict(enrolled(version=2, status="suspended"))))
        assert not await may_start(made)
        await service.deliver(enrolled(version=3))
        assert await may_start(made)

    async def test_told_late_or_again_changes_nothing(
        self,
        service: ServiceUnderTest,
        make: Make,
        enrolled: EnrollmentBuilder,
        may_start: Callable[[Json], Awaitable[bool]],
    ) -> None:
        made = await make()
        suspended = enrolled(version=5, status="suspended")
        await service.deliver(suspended, event_id="00000000-0000-7000-8000-000000000001")
        await service.deliver(suspended, event_id="00000000-0000-7000-8000-000000000001")
        await service.deliver(enrolled(version=4))
        assert not await may_start(made)

    async def test_of_many_in_a_batch_the_newest_state_of_each_holds(
        self, service: ServiceUnderTest, enrolled: EnrollmentBuilder
    ) -> None:
        story = [(70, 2, "active"), (71, 1, "active"), (70, 5, "suspended"), (70, 4, "active"), (71, 2, "unenrolled")]
        events = [
            enrolled(enrollment_id=number, user_id=number, version=version, status=status)
            for number, version, status in story
        ]
        await service.deliver_at_once(events[0])  # a new connection asks for the server's kind
        with statements() as sent:
            await service.deliver_at_once(*events[1:])
        assert len(sent) == 2
        async with service.database.reading() as session:
            rows = await session.execute(text("SELECT enrollment_id, revision, status FROM enrollments"))
            assert {tuple(row) for row in rows} >= {(70, 5, "suspended"), (71, 2, "unenrolled")}
