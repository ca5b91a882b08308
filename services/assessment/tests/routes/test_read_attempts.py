"""Attempts as their learners and staff see them."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from shared.contracts.catalog.events import CoursePublished
from shared.testing import ServiceUnderTest, user

Json = dict[str, Any]
Make = Callable[..., Awaitable[Json]]
Save = Callable[..., Awaitable[httpx.Response]]
ATTEMPTS = "/api/assessment-attempts/"


def start_of(assessment: Json) -> str:
    return f"/api/assessments/{assessment['id']}/start/"


def address(attempt: Json) -> str:
    return f"{ATTEMPTS}{attempt['attempt_id']}/"


class TestListAndRead:
    async def test_one_sees_ones_own_and_staff_all_of_theirs(
        self,
        service: ServiceUnderTest,
        learner: httpx.AsyncClient,
        teacher: httpx.AsyncClient,
        make: Make,
        start: Make,
        complete: Make,
        course: Callable[..., CoursePublished],
        enrolled: Callable[..., Any],
    ) -> None:
        made = await make()
        await service.deliver(enrolled(enrollment_id=80, user_id=8))
        other = service.client(user(8))
        service.peers.answer("catalog", "/internal/courses/5/", course())
        await complete(await start(made))
        await start(made)
        await other.post(start_of(made))

        async def seen(client: httpx.AsyncClient, query: str = "") -> list[tuple[int, int]]:
            results = (await client.get(f"{ATTEMPTS}{query}")).json()["results"]
            return [(one["user"], one["attempt_number"]) for one in results]

        assert await seen(learner) == [(7, 2), (7, 1)]
        assert await seen(learner, "?ordering=start_time") == [(7, 1), (7, 2)]
        assert await seen(other, f"?assessment={made['id']}") == [(8, 1)]
        assert await seen(teacher) == []
        assert await seen(teacher, f"?assessment={made['id']}") == [(8, 1), (7, 2), (7, 1)]
        assert await seen(teacher, f"?assessment={made['id']}&cursor=") == [(8, 1), (7, 2), (7, 1)]
        assert await seen(service.client(user(501, "instructor")), f"?assessment={made['id']}") == []
        assert (await learner.get(f"{ATTEMPTS}?assessment={10**30}")).status_code == 400
        assert (await service.client().get(ATTEMPTS)).status_code == 401

    async def test_staff_see_from_where_it_was_started(
        self, learner: httpx.AsyncClient, teacher: httpx.AsyncClient, make: Make
    ) -> None:
        origin = {"X-Forwarded-For": "203.0.113.9", "User-Agent": "A browser"}
        begun = (await learner.post(start_of(await make()), headers=origin)).json()
        shown = [(await client.get(address(begun))).json() for client in (teacher, learner)]
        assert [(one["ip_address"], one["user_agent"]) for one in shown] == [("203.0.113.9", "A browser"), (None, None)]

    async def test_one_under_way_can_be_taken_up_again(
        self, learner: httpx.AsyncClient, make: Make, start: Make, save: Save
    ) -> None:
        begun = await start(await make(time_limit=10))
        await save(begun, 0, "Beta")
        shown = (await learner.get(address(begun))).json()
        assert (shown["status"], shown["score"], shown["passed"]) == ("in_progress", None, None)
        assert (shown["questions"], shown["expires_at"]) == (begun["questions"], begun["expires_at"])
        assert [one["question_id"] for one in shown["saved_answers"]] == [begun["questions"][0]["id"]]
        assert shown["answers"] == []

    async def test_staff_see_an_attempt_with_the_key(
        self,
        service: ServiceUnderTest,
        teacher: httpx.AsyncClient,
        make: Make,
        start: Make,
        save: Save,
        course: Callable[..., CoursePublished],
    ) -> None:
        begun = await start(await make(feedback_mode="never"))
        await save(begun, 0, "Beta")
        shown = (await teacher.get(address(begun))).json()
        assert len(shown["answers"]) == 3
        assert all(one["correct_answer_ids"] for one in shown["answers"])
        stranger = service.client(user(501, "instructor"))
        assert (await stranger.get(address(begun))).status_code == 503
        service.peers.answer("catalog", "/internal/courses/5/", course())
        assert (await stranger.get(address(begun))).status_code == 404
