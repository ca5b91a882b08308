"""A user asks for their data, and to be forgotten."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from shared.auth import ServiceCaller
from shared.contracts.assessment.events import AssessmentUserDataErased, AttemptGraded
from shared.contracts.gateway.events import UserErased
from shared.testing import ServiceUnderTest, user

Json = dict[str, Any]
Make = Callable[..., Awaitable[Json]]
Send = Callable[..., Awaitable[httpx.Response]]
WRITTEN = "I wrote this myself"
ERASED = UserErased(version=4, user_id=7, full_name="", role="student", is_active=False)


async def export(service: ServiceUnderTest, user_id: int = 7) -> Json:
    answer = await service.client(ServiceCaller("gateway")).get(f"/internal/users/{user_id}/export/")
    assert answer.status_code == 200
    return dict(answer.json())


@pytest.fixture
async def taken(
    make: Make, start: Make, send: Send, complete: Make, typed: dict[str, Json], teacher: httpx.AsyncClient
) -> Json:
    """One attempt graded, one waiting for a person and one running, all with texts."""
    made = await make(questions=[typed["essay"], typed["fill_blank"]], time_limit=10)
    for place in range(3):
        begun = await start(made)
        essay = await send(begun, 0, text_answer=WRITTEN)
        await send(begun, 1, response={"blanks": {"b1": "mitochondria", "b2": WRITTEN}})
        if place < 2:
            await complete(begun)
        if place == 0:
            grade = {"points_earned": 3, "feedback": f"{WRITTEN}, you say"}
            assert (await teacher.put(f"/api/attempt-answers/{essay.json()['id']}/grade/", json=grade)).is_success
    await teacher.put(f"/api/assessments/{made['id']}/overrides/7/", json={"extra_time_seconds": 60})
    return made


class TestExport:
    async def test_has_all_that_the_user_may_know(self, service: ServiceUnderTest, taken: Json) -> None:
        told = await export(service)
        assert [one["status"] for one in told["attempts"]] == ["in_progress", "pending_review", "graded"]
        assert told["attempts_count"] == 3
        assert told["attempts"][2]["answers"][0]["text_answer"] == WRITTEN
        assert told["attempts"][2]["answers"][0]["feedback"].startswith(WRITTEN)
        assert told["attempts"][0]["answers"] == [], "it runs"
        assert [one["extra_time_seconds"] for one in told["overrides"]] == [60]
        assert [one["status"] for one in told["enrollments"]] == ["active"]

    async def test_of_somebody_unknown_is_empty(self, service: ServiceUnderTest) -> None:
        told = await export(service, 999)
        assert [value for name, value in told.items() if name != "exported_at"] == [0, [], [], [], [], []]

    async def test_is_for_services(self, service: ServiceUnderTest) -> None:
        path = "/internal/users/7/export/"
        assert (await service.client(user(1, "administrator")).get(path)).status_code == 404
        assert (await service.client().get(path)).status_code == 401
        assert (await service.client(ServiceCaller("gateway")).get(f"/internal/users/{10**30}/export/")).is_client_error


class TestErasure:
    async def test_leaves_nothing_that_the_user_wrote(self, service: ServiceUnderTest, taken: Json) -> None:
        await service.deliver(ERASED)
        async with service.database.reading() as session:
            rows = [
                (await session.scalars(text(f"SELECT to_jsonb(t) FROM {table} t"))).all()
                for table in ("attempts", "attempt_answers", "overrides", "outbox")
            ]
        assert WRITTEN not in json.dumps(rows)
        assert [(one["ip_address"], one["user_agent"]) for one in rows[0]] == [(None, "")] * 3
        assert rows[2] == []
        (fact,) = await service.events(AssessmentUserDataErased)
        assert (fact.user_id, fact.version) == (7, 4)
        assert fact.erased == {"attempts": 3, "attempt_answers": 6, "overrides": 1}

    async def test_keeps_scores_and_leaves_nothing_to_grade(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, taken: Json, regrade: Make
    ) -> None:
        await service.deliver(ERASED)
        shown = (await teacher.get(f"/api/assessment-attempts/?assessment={taken['id']}")).json()["results"]
        assert [(one["status"], one["score"]) for one in shown] == [("graded", 0.0), ("graded", 0.0), ("graded", 3.0)]
        assert (await teacher.get("/api/grading-queue/")).json()["results"] == []
        assert len(await service.events(AttemptGraded)) == 3
        assert (await regrade(taken))["results"] == []
        again = (await teacher.get(f"/api/assessment-attempts/?assessment={taken['id']}")).json()["results"]
        assert [one["score"] for one in again] == [0.0, 0.0, 3.0]

    async def test_can_be_repeated_and_of_nobody_is_told_too(self, service: ServiceUnderTest, taken: Json) -> None:
        await service.deliver(ERASED, ERASED, ERASED.model_copy(update={"user_id": 999}))
        facts = await service.events(AssessmentUserDataErased)
        assert [sum(fact.erased.values()) for fact in facts] == [10, 0, 0]

    async def test_touches_nobody_else(
        self, service: ServiceUnderTest, learner: httpx.AsyncClient, taken: Json
    ) -> None:
        before = await export(service)
        await service.deliver(ERASED.model_copy(update={"user_id": 8}))
        assert (await export(service))["attempts"] == before["attempts"]
