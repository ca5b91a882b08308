"""Overrides for single learners, and regrading."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import httpx
import pytest

from assessment.commands.regrading import REGRADING
from shared.contracts.assessment.events import AttemptGraded
from shared.jobs import work_off
from shared.testing import ServiceUnderTest

Json = dict[str, Any]
Make = Callable[..., Awaitable[Json]]
Save = Callable[..., Awaitable[httpx.Response]]


def override_of(assessment: Json, user_id: int = 7) -> str:
    return f"/api/assessments/{assessment['id']}/overrides/{user_id}/"


class TestOverride:
    async def test_gives_more_attempts(
        self, teacher: httpx.AsyncClient, learner: httpx.AsyncClient, make: Make, start: Make, complete: Make
    ) -> None:
        made = await make(max_attempts=1)
        await complete(await start(made))
        path = f"/api/assessments/{made['id']}/start/"
        assert (await learner.post(path)).json()["code"] == "ATTEMPT_LIMIT_EXCEEDED"
        first = await teacher.put(override_of(made), json={"extra_attempts": 1})
        assert (first.status_code, first.json()["extra_attempts"], first.json()["due_date"]) == (201, 1, None)
        assert (await learner.get(f"/api/assessments/{made['id']}/")).json()["max_attempts"] == 2
        await complete(await start(made))
        assert (await learner.post(path)).status_code == 403

    async def test_gives_more_time_also_to_an_attempt_under_way(
        self, teacher: httpx.AsyncClient, make: Make, start: Make, complete: Make
    ) -> None:
        made = await make(time_limit=10)
        begun = await start(made)
        assert (await teacher.put(override_of(made), json={"extra_time_seconds": 300})).status_code == 201
        for attempt in (await start(made), None):
            attempt = attempt or await start(made)
            given = datetime.fromisoformat(attempt["expires_at"]) - datetime.fromisoformat(attempt["start_time"])
            assert given.total_seconds() == 900
            await complete(attempt)
        assert begun["expires_at"] != attempt["expires_at"]
        again = await teacher.put(override_of(made), json={"due_date": "2030-01-01T00:00:00Z"})
        assert (again.status_code, again.json()["extra_time_seconds"]) == (200, 300)

    async def test_a_later_due_date_keeps_it_open(
        self, teacher: httpx.AsyncClient, learner: httpx.AsyncClient, make: Make
    ) -> None:
        made = await make(available_until="2026-01-01T00:00:00Z")
        path = f"/api/assessments/{made['id']}/start/"
        assert (await learner.post(path)).json()["code"] == "ASSESSMENT_NOT_AVAILABLE"
        await teacher.put(override_of(made), json={"due_date": "2999-01-01T00:00:00Z"})
        assert (await learner.get(f"/api/assessments/{made['id']}/")).json()["due_date"] == "2999-01-01T00:00:00Z"
        assert (await learner.post(path)).status_code == 201
        listed = (await teacher.get(f"/api/assessments/{made['id']}/overrides/")).json()
        assert [one["user"] for one in listed["results"]] == [7]
        assert (await teacher.delete(override_of(made))).status_code == 204
        assert (await teacher.delete(override_of(made))).status_code == 404

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"extra_attempts": -1}, "extra_attempts"),
            ({"extra_attempts": 1001}, "extra_attempts"),
            ({"extra_time_seconds": 10**30}, "extra_time_seconds"),
            ({"due_date": "soon"}, "due_date"),
            ({"due_date": "2026-01-01T00:00:00Z"}, "due_date"),
        ],
    )
    async def test_is_checked(self, teacher: httpx.AsyncClient, make: Make, body: Json, field: str) -> None:
        made = await make(available_from="2026-02-01T00:00:00Z")
        answer = await teacher.put(override_of(made), json=body)
        assert (answer.status_code, list(answer.json())) == (400, [field])

    async def test_of_two_at_once_one_is_the_first(self, teacher: httpx.AsyncClient, make: Make) -> None:
        path = override_of(await make())
        answers = await asyncio.gather(*(teacher.put(path, json={"extra_attempts": 1}) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [200, 200, 201]


class TestRegrade:
    @pytest.fixture
    async def done(self, make: Make, start: Make, save: Save, complete: Make) -> tuple[Json, Json]:
        made = await make()
        begun = await start(made)
        await save(begun, 0, "Alpha")
        await save(begun, 1, "False")
        return made, await complete(begun)

    async def mend(self, teacher: httpx.AsyncClient, made: Json) -> None:
        alpha = made["questions"][0]["answers"][0]["id"]
        assert (await teacher.patch(f"/api/answers/{alpha}/", json={"is_correct": True})).status_code == 200

    async def test_by_the_mended_key_and_keeps_the_old_score(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, done: tuple[Json, Json], regrade: Make
    ) -> None:
        made, attempt = done
        row = {"row": 1, "status": "succeeded", "attempt": attempt["id"], "attempt_status": "graded"}
        job = await regrade(made)
        assert job["results"] == [row | {"changed": False, "previous_score": 2.0, "score": 2.0}]
        await self.mend(teacher, made)
        first, second = await regrade(made), await regrade(made)
        assert first["results"] == [row | {"changed": True, "previous_score": 2.0, "score": 3.0}]
        assert second["results"] == [row | {"changed": False, "previous_score": 3.0, "score": 3.0}]
        shown = (await teacher.get(f"/api/assessment-attempts/{attempt['id']}/")).json()
        assert (shown["score"], shown["previous_score"], shown["max_score"]) == (3.0, 2.0, 6.0)
        assert shown["answers"][0]["is_correct"] is True
        facts = await service.events(AttemptGraded)
        assert [(fact.version, fact.score) for fact in facts] == [(2, 2.0), (3, 3.0)]

    async def test_by_several_at_once_counts_once(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, done: tuple[Json, Json]
    ) -> None:
        made, attempt = done
        await self.mend(teacher, made)
        path = f"/api/assessments/{made['id']}/regrade/"
        await asyncio.gather(teacher.post(path), teacher.post(path))
        await asyncio.gather(*(work_off(service.database, {REGRADING.name: REGRADING}) for _ in range(3)))
        shown = (await teacher.get(f"/api/assessment-attempts/{attempt['id']}/")).json()
        assert (shown["score"], shown["previous_score"]) == (3.0, 2.0)
        assert len(await service.events(AttemptGraded)) == 2

    async def test_leaves_what_a_person_graded(
        self, teacher: httpx.AsyncClient, done: tuple[Json, Json], regrade: Make
    ) -> None:
        made, attempt = done
        await teacher.put(f"/api/attempt-answers/{attempt['answers'][0]['id']}/grade/", json={"points_earned": 0.5})
        await self.mend(teacher, made)
        assert [row["changed"] for row in (await regrade(made))["results"]] == [False]
        assert (await teacher.get(f"/api/assessment-attempts/{attempt['id']}/")).json()["score"] == 2.5

    async def test_a_question_that_is_gone_keeps_its_key(
        self, teacher: httpx.AsyncClient, done: tuple[Json, Json], regrade: Make
    ) -> None:
        made, _ = done
        await teacher.delete(f"/api/questions/{made['questions'][1]['id']}/")
        assert [row["changed"] for row in (await regrade(made))["results"]] == [False]

    async def test_gives_attempts_under_way_the_new_key(
        self,
        teacher: httpx.AsyncClient,
        done: tuple[Json, Json],
        start: Make,
        save: Save,
        complete: Make,
        regrade: Make,
    ) -> None:
        made, _ = done
        begun = await start(made)
        await save(begun, 0, "Alpha")
        await self.mend(teacher, made)
        await regrade(made)
        assert (await complete(begun))["score"] == 1.0
