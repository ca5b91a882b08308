"""The server's clock rules."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from assessment.domain import answering
from assessment.schedules import COMPLETE_OVERDUE, complete_overdue_attempts
from shared.contracts.assessment.events import AttemptGraded
from shared.testing import ServiceUnderTest, user

Json = dict[str, Any]
Make = Callable[..., Awaitable[Json]]
Save = Callable[..., Awaitable[httpx.Response]]
PassTime = Callable[..., Awaitable[None]]


@pytest.fixture
async def begun(make: Make, start: Make, save: Save) -> Json:
    """An attempt of ten minutes with one right answer."""
    attempt = await start(await make(time_limit=10))
    await save(attempt, 0, "Beta")
    return attempt


class TestTheServerCompletes:
    async def test_with_what_was_saved_as_of_when_the_time_was_up(
        self, service: ServiceUnderTest, learner: httpx.AsyncClient, begun: Json, pass_time: PassTime
    ) -> None:
        assert not await COMPLETE_OVERDUE.is_due(service.database)
        await pass_time(minutes=10, seconds=6)
        assert await COMPLETE_OVERDUE.is_due(service.database)
        await complete_overdue_attempts(service.database)
        assert not await COMPLETE_OVERDUE.is_due(service.database)
        (fact,) = await service.events(AttemptGraded)
        assert (fact.score, fact.submitted_by, fact.version) == (1.0, "system", 2)
        shown = (await learner.get(f"/api/assessment-attempts/{begun['attempt_id']}/")).json()
        assert (shown["status"], shown["submitted_by"], shown["time_taken"]) == ("graded", "system", 600)
        assert shown["end_time"] == shown["expires_at"]

    async def test_not_before_the_grace_is_over(
        self, service: ServiceUnderTest, begun: Json, save: Save, pass_time: PassTime
    ) -> None:
        await pass_time(minutes=10, seconds=1)
        await complete_overdue_attempts(service.database)
        assert await service.events(AttemptGraded) == []
        assert (await save(begun, 1, "False")).status_code == 201

    async def test_never_one_without_a_limit(
        self, service: ServiceUnderTest, make: Make, start: Make, pass_time: PassTime
    ) -> None:
        await start(await make())
        await pass_time(days=300)
        assert not await COMPLETE_OVERDUE.is_due(service.database)
        await complete_overdue_attempts(service.database)
        assert await service.events(AttemptGraded) == []

    async def test_each_once_however_many_workers_there_are(
        self,
        service: ServiceUnderTest,
        make: Make,
        pass_time: PassTime,
        enrolled: Callable[..., Any],
    ) -> None:
        made = await make(time_limit=10)
        for learner in range(100, 112):
            await service.deliver(enrolled(enrollment_id=learner, user_id=learner))
            await service.client(user(learner)).post(f"/api/assessments/{made['id']}/start/")
        await pass_time(minutes=11)
        await asyncio.gather(*(complete_overdue_attempts(service.database, batch=3) for _ in range(3)))
        facts = await service.events(AttemptGraded)
        assert sorted(fact.user_id for fact in facts) == list(range(100, 112))

    async def test_together_with_the_learner_one_of_them_wins(
        self, service: ServiceUnderTest, learner: httpx.AsyncClient, begun: Json, pass_time: PassTime
    ) -> None:
        await pass_time(minutes=10, seconds=6)
        path = f"/api/assessment-attempts/{begun['attempt_id']}/complete/"
        answers = await asyncio.gather(
            learner.post(path), learner.post(path), complete_overdue_attempts(service.database)
        )
        assert [answer.json()["submitted_by"] for answer in answers[:2] if answer] == ["system", "system"]
        assert len(await service.events(AttemptGraded)) == 1


class TestWhoeverTouchesIt:
    """Nothing depends on the worker being there in time."""

    async def test_answering_is_refused_and_completes_it(
        self, service: ServiceUnderTest, begun: Json, save: Save, pass_time: PassTime
    ) -> None:
        await pass_time(minutes=10, seconds=6)
        for _ in range(2):
            answer = await save(begun, 1, "False")
            assert (answer.status_code, answer.json()["code"]) == (400, "ATTEMPT_EXPIRED")
        (fact,) = await service.events(AttemptGraded)
        assert (fact.score, fact.submitted_by) == (1.0, "system")

    @pytest.mark.parametrize("path", ["", "{attempt_id}/"])
    async def test_reading_shows_it_completed(
        self, learner: httpx.AsyncClient, begun: Json, pass_time: PassTime, path: str
    ) -> None:
        await pass_time(minutes=11)
        shown = (await learner.get(f"/api/assessment-attempts/{path.format(**begun)}")).json()
        shown = shown.get("results", [shown])[0]
        assert (shown["status"], shown["submitted_by"], shown["score"]) == ("graded", "system", 1.0)

    async def test_starting_begins_another(
        self, learner: httpx.AsyncClient, make: Make, start: Make, pass_time: PassTime
    ) -> None:
        made = await make(time_limit=10, max_attempts=2)
        first = await start(made)
        await pass_time(minutes=11)
        second = await start(made)
        assert (first["attempt_number"], second["attempt_number"]) == (1, 2)

    async def test_a_start_counts_it_as_completed_also_where_it_is_refused(
        self, service: ServiceUnderTest, learner: httpx.AsyncClient, make: Make, start: Make, pass_time: PassTime
    ) -> None:
        made = await make(time_limit=10, max_attempts=1)
        await start(made)
        await pass_time(minutes=11)
        answer = await learner.post(f"/api/assessments/{made['id']}/start/")
        assert answer.json()["code"] == "ATTEMPT_LIMIT_EXCEEDED"
        # What is refused changes nothing: the next one who looks completes it, or the clock.
        (shown,) = (await learner.get("/api/assessment-attempts/")).json()["results"]
        assert (shown["status"], shown["submitted_by"]) == ("graded", "system")
        assert len(await service.events(AttemptGraded)) == 1

    async def test_completing_within_the_grace_is_the_learners(
        self, begun: Json, complete: Make, pass_time: PassTime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(answering, "GRACE", timedelta(hours=1))  # however long this machine takes
        await pass_time(minutes=30)
        done = await complete(begun)
        assert (done["submitted_by"], done["time_taken"]) == ("user", 600)
        assert datetime.fromisoformat(done["end_time"]) == datetime.fromisoformat(done["expires_at"])
