"""A copy may say yes; only the owner may say no."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from shared.contracts.catalog.events import CoursePublished
from shared.contracts.enrollment.events import EnrollmentCreated
from shared.testing import ServiceUnderTest, user

Json = dict[str, Any]
Make = Callable[..., Awaitable[Json]]
CourseBuilder = Callable[..., CoursePublished]
EnrollmentBuilder = Callable[..., EnrollmentCreated]


class TestALessonOfWhichNoEventCame:
    async def test_is_asked_for_once(
        self,
        service: ServiceUnderTest,
        teacher: httpx.AsyncClient,
        course: CourseBuilder,
        definition: Callable[..., Json],
    ) -> None:
        service.peers.answer("catalog", "/internal/lessons/11/", course())
        assert (await teacher.post("/api/assessments/", json=definition())).status_code == 201
        assert (await teacher.post("/api/assessments/", json=definition(lesson=12))).status_code == 201
        assert service.peers.asked == [("catalog", "/internal/lessons/11/", {})]

    async def test_is_refused_only_by_the_owner(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, definition: Callable[..., Json]
    ) -> None:
        answer = await teacher.post("/api/assessments/", json=definition())
        assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
        service.peers.answer("catalog", "/internal/lessons/11/", None)
        assert (await teacher.post("/api/assessments/", json=definition())).status_code == 400


class TestANewTeacher:
    async def test_of_whom_no_event_came_may_work_at_once(
        self, service: ServiceUnderTest, make: Make, course: CourseBuilder
    ) -> None:
        made = await make()
        new = service.client(user(501, "instructor"))
        assert (await new.patch(f"/api/assessments/{made['id']}/", json={"title": "Mine"})).status_code == 503
        service.peers.answer("catalog", "/internal/courses/5/", course(version=2, staff=(500, 501)))
        assert (await new.patch(f"/api/assessments/{made['id']}/", json={"title": "Mine"})).status_code == 200

    async def test_reads_although_enrollment_is_down(
        self, service: ServiceUnderTest, make: Make, course: CourseBuilder
    ) -> None:
        made = await make()
        service.peers.answer("catalog", "/internal/courses/5/", course(version=2, staff=(500, 501)))
        answer = await service.client(user(501, "instructor")).get(f"/api/assessments/{made['id']}/")
        assert (answer.status_code, answer.json()["result"]) == (200, None)


class TestANewLearner:
    async def test_of_whom_no_event_came_may_start_at_once(
        self, service: ServiceUnderTest, make: Make, enrolled: EnrollmentBuilder
    ) -> None:
        path, new = f"/api/assessments/{(await make())['id']}/", service.client(user(8))
        assert (await new.post(f"{path}start/")).status_code == 503
        assert (await new.get(path)).status_code == 503
        service.peers.answer("enrollment", "/internal/enrollments/", enrolled(enrollment_id=80, user_id=8))
        assert (await new.post(f"{path}start/")).status_code == 201
        assert service.peers.asked[-1] == ("enrollment", "/internal/enrollments/", {"user_id": 8, "course_id": 5})
        service.peers.answers.clear()
        assert (await new.get(path)).status_code == 200

    async def test_who_is_shut_out_is_refused_by_the_owner(
        self, service: ServiceUnderTest, make: Make, enrolled: EnrollmentBuilder
    ) -> None:
        path = f"/api/assessments/{(await make())['id']}/start/"
        state = enrolled(enrollment_id=80, user_id=8, status="suspended")
        service.peers.answer("enrollment", "/internal/enrollments/", state)
        answer = await service.client(user(8)).post(path)
        assert (answer.status_code, answer.json()["code"]) == (403, "ENROLLMENT_REQUIRED")

    async def test_an_old_answer_of_the_owner_does_not_undo_a_newer_event(
        self, service: ServiceUnderTest, make: Make, enrolled: EnrollmentBuilder
    ) -> None:
        path = f"/api/assessments/{(await make())['id']}/start/"
        await service.deliver(enrolled(enrollment_id=80, user_id=8, version=3, status="unenrolled"))
        service.peers.answer("enrollment", "/internal/enrollments/", enrolled(enrollment_id=80, user_id=8, version=2))
        assert (await service.client(user(8)).post(path)).status_code == 403


async def test_what_is_known_asks_nobody(
    service: ServiceUnderTest, make: Make, learner: httpx.AsyncClient, teacher: httpx.AsyncClient
) -> None:
    path = f"/api/assessments/{(await make())['id']}/"
    await learner.get(path)
    await learner.post(f"{path}start/")
    await teacher.patch(path, json={"title": "Renamed"})
    await teacher.get("/api/assessment-attempts/")
    assert service.peers.asked == []
