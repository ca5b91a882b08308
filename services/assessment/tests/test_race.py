"""Many learners race on starts, answers and deadlines, with several workers, some of which die."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from assessment.commands.attempts import complete_overdue
from assessment.schedules import complete_overdue_attempts
from shared.contracts.assessment.events import AttemptGraded, AttemptStarted
from shared.contracts.enrollment.events import EnrollmentCreated
from shared.testing import ServiceUnderTest, user

Json = dict[str, Any]
Make = Callable[..., Awaitable[Json]]

LEARNERS = 40
AT_ONCE = 16
WORKERS = 3


class Killed(Exception):
    """A worker died between two statements."""


class Race:
    """Learners who do everything twice at once. What was acknowledged is written down in `saved`."""

    def __init__(self, service: ServiceUnderTest, assessment: Json) -> None:
        self.service = service
        self.start_path = f"/api/assessments/{assessment['id']}/start/"
        self.learners = range(1000, 1000 + LEARNERS)
        self.saved: dict[tuple[int, int], set[int]] = defaultdict(set)
        self.statuses: Counter[tuple[str, int]] = Counter()
        self._free = asyncio.Semaphore(AT_ONCE)

    async def ask(self, learner: int, what: str, path: str, body: Json | None = None) -> httpx.Response:
        async with self._free:
            # Signed anew: on a slow machine the race may last longer than a signature.
            answer = await self.service.client(user(learner)).post(path, json=body)
        self.statuses[what, answer.status_code] += 1
        return answer

    async def start(self, learner: int) -> Json:
        """Twice at once: the same attempt, new for one of them."""
        one, other = await asyncio.gather(*(self.ask(learner, "start", self.start_path) for _ in range(2)))
        assert {one.status_code, other.status_code} == {200, 201}, (one.text, other.text)
        assert one.json()["attempt_id"] == other.json()["attempt_id"]
        return dict(one.json())

    async def save(self, learner: int, attempt: Json, question: Json, place: int) -> None:
        chosen = question["answers"][place]["id"]
        body = {"attempt_id": attempt["attempt_id"], "question_id": question["id"], "selected_answer_id": chosen}
        answer = await self.ask(learner, "save", "/api/attempt-answers/", body)
        if answer.is_success:
            self.saved[attempt["attempt_id"], question["id"]].add(chosen)
        else:
            assert answer.json()["code"] in ("ATTEMPT_EXPIRED", "ATTEMPT_NOT_OPEN")

    async def finish(self, learner: int, attempt: Json) -> None:
        """Answer, complete twice and begin another, all at once."""
        question = attempt["questions"][2]
        path = f"/api/assessment-attempts/{attempt['attempt_id']}/complete/"
        _, one, other, _ = await asyncio.gather(
            self.save(learner, attempt, question, 1),
            self.ask(learner, "complete", path),
            self.ask(learner, "complete", path),
            self.ask(learner, "start again", self.start_path),
        )
        assert (one.status_code, other.status_code) == (200, 200)
        shown = [{name: value for name, value in one.json().items() if name != "server_time"} for one in (one, other)]
        assert shown[0] == shown[1]
        if learner % 3 == 0:
            assert (attempt["attempt_id"], question["id"]) not in self.saved, "it came too late"


@pytest.fixture
async def race(
    service: ServiceUnderTest, make: Make, question: Callable[..., Json], enrolled: Callable[..., EnrollmentCreated]
) -> Race:
    made = await make(questions=[question() for _ in range(3)], time_limit=10, max_attempts=5)
    race = Race(service, made)
    await service.deliver(*(enrolled(enrollment_id=id_, user_id=id_) for id_ in race.learners))
    return race


async def let_time_run_out(service: ServiceUnderTest) -> None:
    """For a third of the attempts long ago, for a third within the grace; the others run on."""
    moved = text(
        "UPDATE attempts SET start_time = start_time - late, expires_at = expires_at - late FROM"
        " (VALUES (0, interval '10 min 7 s'), (1, interval '10 min 1 s'), (2, interval '0')) AS v (rest, late)"
        " WHERE user_id % 3 = rest"
    )
    async with service.database.transaction() as session:
        await session.execute(moved)


async def die_at_work(service: ServiceUnderTest) -> None:
    """A worker that is killed after its statements and before its commit."""
    with suppress(Killed):
        async with service.database.transaction() as session:
            await complete_overdue(session, now=datetime.now(UTC), limit=5)
            raise Killed


async def work(service: ServiceUnderTest, over: asyncio.Event) -> None:
    while not over.is_set():
        await die_at_work(service)
        await complete_overdue_attempts(service.database, batch=7)
        await asyncio.sleep(0)


async def rows_of(service: ServiceUnderTest, sql: str) -> list[Any]:
    async with service.database.reading() as session:
        return list((await session.execute(text(sql))).all())


async def test_no_attempt_is_lost_doubled_or_late(service: ServiceUnderTest, race: Race) -> None:
    attempts = dict(zip(race.learners, await asyncio.gather(*map(race.start, race.learners)), strict=True))
    await asyncio.gather(
        *(
            race.save(learner, attempt, attempt["questions"][place], chosen)
            for learner, attempt in attempts.items()
            for place in range(2)
            for chosen in range(2)
        )
    )
    await let_time_run_out(service)
    over = asyncio.Event()
    workers = [asyncio.create_task(work(service, over)) for _ in range(WORKERS)]
    await asyncio.gather(*(race.finish(learner, attempt) for learner, attempt in attempts.items()))
    over.set()
    await asyncio.gather(*workers)
    assert not [key for key in race.statuses if key[1] >= 500]

    await check_attempts(service, race)
    await check_answers(service, race)
    await check_events(service)


async def check_attempts(service: ServiceUnderTest, race: Race) -> None:
    """Numbered without gaps, one open at most, ended in time, and by whom it should be."""
    numbers = defaultdict(list)
    for row in await rows_of(service, "SELECT * FROM attempts ORDER BY user_id, attempt_number"):
        numbers[row.user_id].append((row.attempt_number, row.status))
        if row.status == "in_progress":
            continue
        assert row.status == "graded"
        assert row.end_time <= row.expires_at
        # Of those within the grace it depends on how fast this machine is.
        if row.user_id % 3 != 1:
            assert row.submitted_by == ("system" if row.user_id % 3 == 0 and row.attempt_number == 1 else "user")
        assert row.submitted_by == "user" or row.end_time == row.expires_at
    assert set(numbers) == set(race.learners)
    for own in numbers.values():
        assert [number for number, _ in own] == list(range(1, len(own) + 1))
        assert all(status == "graded" for _, status in own[:-1])


async def check_answers(service: ServiceUnderTest, race: Race) -> None:
    """What was acknowledged is there, nothing is that came late, and the scores are what the answers earn."""
    saved = {
        (row.attempt_id, row.question_id): row
        for row in await rows_of(
            service,
            "SELECT attempt_answers.*, expires_at FROM attempt_answers JOIN attempts ON attempts.id = attempt_id",
        )
    }
    assert set(saved) == set(race.saved)
    assert all(row.selected_answer_id in race.saved[key] for key, row in saved.items())
    wrong = await rows_of(
        service,
        "SELECT 1 FROM attempts WHERE status = 'graded' AND score <>"
        " (SELECT coalesce(sum(points_earned), 0) FROM attempt_answers WHERE attempt_id = attempts.id)",
    )
    assert wrong == []


async def check_events(service: ServiceUnderTest) -> None:
    """One start for each attempt and one result for each that is closed, with the score it has."""
    rows = await rows_of(service, "SELECT id, status, score FROM attempts")
    started = [fact.attempt_id for fact in await service.events(AttemptStarted)]
    graded = {fact.attempt_id: fact.score for fact in await service.events(AttemptGraded)}
    assert sorted(started) == sorted(row.id for row in rows)
    assert len(await service.events(AttemptGraded)) == len(graded)
    assert graded == {row.id: float(row.score) for row in rows if row.status == "graded"}
