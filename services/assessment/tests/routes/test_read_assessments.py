"""Assessments as staff and learners see them."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from shared.contracts.catalog.events import CoursePublished
from shared.contracts.enrollment.events import EnrollmentCreated
from shared.testing import ServiceUnderTest, user

Json = dict[str, Any]
Make = Callable[..., Awaitable[Json]]
URL = "/api/assessments/"


def address(assessment: Json) -> str:
    return f"{URL}{assessment['id']}/"


class TestList:
    async def test_staff_and_the_enrolled_see_their_courses(
        self,
        service: ServiceUnderTest,
        make: Make,
        course: Callable[..., CoursePublished],
        enrolled: Callable[..., EnrollmentCreated],
    ) -> None:
        await make()
        await make(lesson=12)
        other = course(course_id=6, slug="knots", lessons=(21,), staff=(501,))
        await service.deliver(other, enrolled(enrollment_id=80, user_id=8, status="suspended"))
        body = {"lesson": 21, "title": "Knots"}
        await service.client(user(501, "instructor")).post(URL, json=body)

        async def seen(client: httpx.AsyncClient, query: str = "") -> list[int]:
            return [one["lesson"] for one in (await client.get(f"{URL}{query}")).json()["results"]]

        assert await seen(service.client(user(500, "instructor"))) == [12, 11]
        assert await seen(service.client(user(501, "instructor"))) == [21]
        assert await seen(service.client(user(7))) == [12, 11]
        assert await seen(service.client(user(8))) == []
        administrator = service.client(user(1, "administrator"))
        assert await seen(administrator) == [21, 12, 11]
        assert await seen(administrator, "?course=6") == await seen(administrator, "?course=knots") == [21]
        assert await seen(administrator, "?lesson=12") == [12]
        assert await seen(administrator, "?ordering=title,created_date") == [11, 12, 21]
        assert await seen(administrator, f"?course={10**30}") == []
        assert (await service.client().get(URL)).status_code == 401

    async def test_tells_no_questions(self, learner: httpx.AsyncClient, make: Make) -> None:
        await make()
        (shown,) = (await learner.get(URL)).json()["results"]
        assert "questions" not in shown
        assert shown["questions_count"] == 3

    async def test_by_cursor(self, teacher: httpx.AsyncClient, make: Make) -> None:
        await make()
        await make(lesson=12)
        first = (await teacher.get(f"{URL}?cursor=&page_size=1")).json()
        path = first["next"].removeprefix("http://127.0.0.1:8000")
        second = (await teacher.get(path)).json()
        assert [first["results"][0]["lesson"], second["results"][0]["lesson"]] == [12, 11]

    @pytest.mark.parametrize(
        "query", ["lesson=x", "lesson=0", f"lesson={10**20}", "ordering=secret", "course=%00", "page=0"]
    )
    async def test_a_wrong_filter_is_refused(
        self, teaching: ServiceUnderTest, teacher: httpx.AsyncClient, query: str
    ) -> None:
        assert (await teacher.get(f"{URL}?{query}")).status_code == 400


class TestRead:
    async def test_learners_see_the_rules_and_their_result(self, learner: httpx.AsyncClient, make: Make) -> None:
        shown = (await learner.get(address(await make()))).json()
        assert shown["result"] == {"score_percentage": None, "passed": False, "attempts_used": 0}
        assert (shown["questions_count"], shown["max_score"]) == (3, 6.0)
        assert shown["questions"][0]["question_text"] == "Which one is it?"
        assert all("answers" not in one for one in shown["questions"])

    @pytest.mark.parametrize("rules", [{"time_limit": 10}, {"available_from": "2999-01-01T00:00:00Z"}])
    async def test_no_questions_ahead_of_a_timed_or_closed_one(
        self, learner: httpx.AsyncClient, make: Make, rules: Json
    ) -> None:
        assert (await learner.get(address(await make(**rules)))).json()["questions"] == []

    async def test_others_must_enroll_first(self, service: ServiceUnderTest, make: Make) -> None:
        made = await make()
        service.peers.answer("enrollment", "/internal/enrollments/", None)
        answer = await service.client(user(8)).get(address(made))
        assert (answer.status_code, answer.json()["code"]) == (403, "ENROLLMENT_REQUIRED")
        assert (await service.client().get(address(made))).status_code == 401

    async def test_an_unpublished_course_stays_open_to_the_enrolled(
        self, service: ServiceUnderTest, learner: httpx.AsyncClient, make: Make, course: Callable[..., CoursePublished]
    ) -> None:
        made = await make()
        await service.deliver(course(version=2, is_published=False))
        assert (await learner.get(address(made))).status_code == 200
