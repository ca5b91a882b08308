"""Standings as they are told: with versions that grow, and anew when the scoring policy changes."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from assessment.commands.standings import WATCHED, tell_changed_policies
from assessment.schedules import TELL_STANDINGS, tell_changed_standings
from shared.contracts.assessment.events import AttemptEvent, AttemptExtended, AttemptGraded, AttemptStarted
from shared.testing import ServiceUnderTest

Json = dict[str, Any]
Make = Callable[..., Awaitable[Json]]
Save = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def take(start: Make, save: Save, complete: Make) -> Make:
    """Take the assessment once: `await take(made, passes=True)`."""

    async def build(made: Json, *, passes: bool) -> Json:
        begun = await start(made)
        for place, right in enumerate((("Beta",), ("False",), ("Red", "Blue"))) if passes else ():
            await save(begun, place, *right)
        return await complete(begun)

    return build


async def standings(service: ServiceUnderTest) -> list[tuple[int, bool]]:
    return [(fact.standing_version, fact.has_passed) for fact in await service.events(AttemptGraded)]


class TestTheVersion:
    async def test_grows_over_all_of_a_learners_attempts(
        self, service: ServiceUnderTest, make: Make, take: Make
    ) -> None:
        made = await make(scoring_policy="latest")
        await take(made, passes=True)
        await take(made, passes=False)
        told = [(fact.standing_version, fact.has_passed) for fact in await service.events(AttemptEvent)]
        assert told == [(0, False), (1, True), (1, True), (2, False)]

    async def test_of_two_graded_at_once_the_higher_has_seen_the_other(
        self,
        service: ServiceUnderTest,
        teacher: httpx.AsyncClient,
        make: Make,
        start: Make,
        send: Save,
        complete: Make,
        typed: dict[str, Json],
    ) -> None:
        made = await make(questions=[typed["essay"]], scoring_policy="average", passing_score=60, max_attempts=4)
        ids = []
        for _ in range(4):
            begun = await start(made)
            ids.append((await send(begun, 0, text_answer="An essay")).json()["id"])
            await complete(begun)
        paths = [f"/api/attempt-answers/{id_}/grade/" for id_ in ids]
        await asyncio.gather(
            *(
                teacher.put(path, json={"points_earned": points})
                for path, points in zip(paths, (0, 4, 4, 4), strict=True)
            )
        )
        told = await standings(service)
        assert sorted(version for version, _ in told) == [5, 6, 7, 8], "four were submitted before"
        assert max(told) == (8, True), "75 % on average"


class TestAChangeOfPolicy:
    async def test_is_told_of_those_whose_standing_it_changes(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, make: Make, take: Make
    ) -> None:
        made = await make(scoring_policy="highest")
        await take(made, passes=True)
        await take(made, passes=False)
        url = f"/api/assessments/{made['id']}/"
        await teacher.patch(url, json={"scoring_policy": "first"})
        await tell_changed_standings(service.database)
        assert await standings(service) == [(1, True), (2, True)], "it is the same by the other policy"
        await teacher.patch(url, json={"scoring_policy": "latest"})
        await asyncio.gather(*(tell_changed_standings(service.database) for _ in range(3)))
        await tell_changed_standings(service.database)
        facts = await service.events(AttemptGraded)
        assert (facts[-1].has_passed, facts[-1].attempt_number, facts[-1].status) == (False, 2, "graded")
        assert facts[-1].version > facts[-2].version, "so that those who know the attempt take it"
        assert facts[-1].standing_version > 2
        count = len(facts)
        await tell_changed_standings(service.database)
        assert len(await service.events(AttemptGraded)) == count

    async def test_also_where_it_was_told_by_the_old_one_meanwhile(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, make: Make, take: Make
    ) -> None:
        made = await make(scoring_policy="highest")
        await take(made, passes=True)
        await take(made, passes=False)
        await teacher.patch(f"/api/assessments/{made['id']}/", json={"scoring_policy": "latest"})
        await tell_changed_standings(service.database)
        async with service.database.transaction() as session:
            await session.execute(text("UPDATE standings SET scoring_policy = 'highest', has_passed = true"))
        await tell_changed_standings(service.database)
        assert [has_passed for _, has_passed in await standings(service)] == [True, True, False, False]

    async def test_is_watched_until_nobody_can_tell_by_the_old_one(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, make: Make
    ) -> None:
        made = await make(scoring_policy="highest")
        assert not await TELL_STANDINGS.is_due(service.database)
        await teacher.patch(f"/api/assessments/{made['id']}/", json={"scoring_policy": "latest"})
        assert await TELL_STANDINGS.is_due(service.database)

        async def is_watched(after: timedelta) -> bool:
            async with service.database.transaction() as session:
                await tell_changed_policies(session, now=datetime.now(UTC) + after)
                return await session.scalar(text("SELECT policy_changed_at FROM assessments")) is not None

        assert await is_watched(timedelta(0))
        assert not await is_watched(WATCHED + timedelta(seconds=1))
        assert not await TELL_STANDINGS.is_due(service.database)

    async def test_of_what_is_asked_for_changes_no_attempt(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, make: Make, take: Make
    ) -> None:
        made = await make(passing_score=100)
        await take(made, passes=True)
        await teacher.patch(f"/api/assessments/{made['id']}/", json={"passing_score": 0})
        await take(made, passes=False)
        await tell_changed_standings(service.database)
        assert [fact.passed for fact in await service.events(AttemptGraded)] == [True, True]


class TestTheClock:
    async def test_is_told_and_when_it_is_set_back(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, make: Make, start: Make
    ) -> None:
        made = await make(time_limit=10)
        begun = await start(made)
        path = f"/api/assessments/{made['id']}/overrides/7/"
        await teacher.put(path, json={"extra_time_seconds": 600})
        await teacher.put(path, json={"extra_time_seconds": 300})
        (started,), (extended,) = await service.events(AttemptStarted), await service.events(AttemptExtended)
        assert started.expires_at == datetime.fromisoformat(begun["expires_at"])
        assert extended.expires_at == started.expires_at + timedelta(minutes=10)
        assert (started.version, extended.version) == (1, 2)
