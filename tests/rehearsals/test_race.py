"""200 learners race on starts, answers and deadlines, with two workers, of which one is killed (-9) in the midst.

No attempt is lost, doubled or late. The deadlines are real ones: minutes after the start, by the server's clock.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing, closing
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.faults.plant import LIMIT_S, Plant, wait_for

from shared.auth import HEADER, Signer
from shared.runtime.stack import Stack
from shared.testing import user

pytestmark = [pytest.mark.stack, pytest.mark.timeout(1800)]

Json = dict[str, Any]
LEARNERS = range(100_001, 100_201)
AT_ONCE = 8
MINUTES = 2
BEHIND_S = 60
"""Of a machine that does much else. On one that does not, it is about the grace of 3 s and the second of the clock."""
ENROLLED = "SELECT count(*) FROM assessment.enrollments"
OPEN = "SELECT count(*) FROM assessment.attempts WHERE status = 'in_progress'"
BY_SERVER = "SELECT count(*) FROM assessment.attempts WHERE submitted_by = 'system'"
LATENESS = """
    SELECT max(extract(epoch FROM o.recorded_at - a.expires_at)), count(*)
    FROM assessment.attempts a
    JOIN assessment.outbox o ON o.type = 'assessment.attempt.graded.v1' AND o.aggregate_id = a.id::text
    WHERE a.submitted_by = 'system'
"""


@pytest.fixture
def plant() -> Iterator[Plant]:
    with Stack(durable=True, settings={"SYLLABUS_RUN_WORKER": "false"}) as stack, closing(Plant(stack)) as plant:
        yield plant


class Race:
    """Learners of one assessment, who ask the service as the gateway does. What was acknowledged is in `saved`."""

    def __init__(self, plant: Plant, course: Json, assessment: Json) -> None:
        self.course, self.assessment = course, assessment
        self.saved: dict[tuple[int, int], set[int]] = defaultdict(set)
        self.attempts: dict[int, Json] = {}
        self._signer = Signer("gateway", plant.stack.wiring.keys / "gateway.pem")
        self._clients = {
            service: httpx.AsyncClient(
                base_url="http://service",
                transport=httpx.AsyncHTTPTransport(uds=str(plant.stack.wiring.socket(service))),
                timeout=60,
            )
            for service in ("enrollment", "assessment")
        }
        self._free = asyncio.Semaphore(AT_ONCE)

    async def ask(self, learner: int, service: str, path: str, body: Json | None = None) -> httpx.Response:
        """Again while a service does not answer another in time: here everybody comes at once."""
        while True:
            async with self._free:
                headers = {HEADER: self._signer.for_user(user(learner))}
                answer = await self._clients[service].post(path, json=body, headers=headers)
            if answer.status_code != 503:
                assert answer.status_code < 500, answer.text
                return answer
            await asyncio.sleep(1)

    async def start(self, learner: int) -> httpx.Response:
        return await self.ask(learner, "assessment", f"/api/assessments/{self.assessment['id']}/start/")

    async def begin(self, learner: int) -> None:
        """Start twice at once: the same attempt, new for one of them, or another one when its time was up."""
        answers = await asyncio.gather(self.start(learner), self.start(learner))
        first, second = sorted((answer.json() for answer in answers), key=lambda told: told["attempt_number"])
        if first["attempt_id"] == second["attempt_id"]:
            assert {answer.status_code for answer in answers} == {200, 201}
        else:
            assert first["expires_at"] < second["start_time"]
        self.attempts[learner] = first

    async def save(self, learner: int, place: int, chosen: int) -> None:
        attempt = self.attempts[learner]
        question = attempt["questions"][place]
        answer_id = question["answers"][chosen]["id"]
        body = {"attempt_id": attempt["attempt_id"], "question_id": question["id"], "selected_answer_id": answer_id}
        answer = await self.ask(learner, "assessment", "/api/attempt-answers/", body)
        if answer.is_success:
            self.saved[attempt["attempt_id"], question["id"]].add(answer_id)
        else:
            assert answer.json()["code"] in ("ATTEMPT_EXPIRED", "ATTEMPT_NOT_OPEN")

    async def finish(self, learner: int) -> None:
        """Answer, complete twice and begin another, all at once."""
        path = f"/api/assessment-attempts/{self.attempts[learner]['attempt_id']}/complete/"
        _, one, other, _ = await asyncio.gather(
            self.save(learner, 2, 1),
            self.ask(learner, "assessment", path),
            self.ask(learner, "assessment", path),
            self.start(learner),
        )
        assert one.status_code == other.status_code == 200
        assert one.json() | {"server_time": None} == other.json() | {"server_time": None}

    async def take(self, learner: int) -> None:
        """A third finishes early, a third about its deadline, and a third leaves it to the server."""
        await asyncio.gather(*(self.save(learner, place, chosen) for place in range(2) for chosen in range(2)))
        if learner % 3 == 1:
            expires_at = datetime.fromisoformat(self.attempts[learner]["expires_at"])
            until = expires_at + timedelta(seconds=learner % 9 / 2) - datetime.now(UTC)
            await asyncio.sleep(until.total_seconds())
        if learner % 3:
            await self.finish(learner)

    async def enroll(self, learner: int) -> None:
        await self.ask(learner, "enrollment", f"/api/courses/{self.course['id']}/enroll/")

    async def all(self, step: Callable[[int], Awaitable[None]]) -> None:
        await asyncio.gather(*map(step, LEARNERS))

    async def aclose(self) -> None:
        for client in self._clients.values():
            await client.aclose()


async def test_no_attempt_is_lost_doubled_or_late(plant: Plant) -> None:
    second = plant.start_worker("assessment", "second")
    course = plant.publish_course("The race")
    answers = [{"answer_text": text, "is_correct": text == "Beta"} for text in ("Alpha", "Beta", "Gamma")]
    question = {"question_text": "Which one is it?", "question_type": "multiple_choice", "answers": answers}
    made = plant.instructor.post(
        "/assessments/",
        {
            "lesson": course["modules"][0]["lessons"][0]["id"],
            "title": "Race",
            "time_limit": MINUTES,
            "max_attempts": 5,
            "questions": [question] * 3,
        },
    )
    race = Race(plant, course, made)
    async with aclosing(race):
        await race.all(race.enroll)
        await asyncio.to_thread(wait_for, lambda: plant.number(ENROLLED) == len(LEARNERS))
        await race.all(race.begin)
        taking = asyncio.create_task(race.all(race.take))
        await asyncio.to_thread(wait_for, lambda: plant.number(BY_SERVER) >= 10, 2 * LIMIT_S)
        plant.workers["assessment"].kill()
        await taking
    await asyncio.to_thread(wait_for, lambda: not plant.number(OPEN), 2 * LIMIT_S)
    lateness, by_server = plant.rows(LATENESS)[0]
    print(f"\n{len(LEARNERS)} learners, {by_server} attempts completed by the server, at most {lateness:.2f} s late")
    check_attempts(plant)
    check_answers(plant, race)
    assert lateness < BEHIND_S
    assert second.exit_code is None


def check_attempts(plant: Plant) -> None:
    """Numbered without gaps, closed once each, at the deadline at the latest, and told once."""
    numbers = defaultdict(list)
    for row in plant.rows("SELECT user_id, attempt_number FROM assessment.attempts ORDER BY attempt_number"):
        numbers[row[0]].append(row[1])
    assert set(numbers) == set(LEARNERS)
    assert all(own == list(range(1, len(own) + 1)) for own in numbers.values())
    assert not plant.rows("SELECT 1 FROM assessment.attempts WHERE status <> 'graded' OR end_time > expires_at")
    assert not plant.rows(
        "SELECT 1 FROM assessment.attempts WHERE submitted_by = 'system' AND end_time <> expires_at"
        " OR attempt_number = 1 AND mod(user_id, 3) = 0 AND submitted_by <> 'system'"
    )
    told = plant.rows(
        "SELECT aggregate_id, type, count(*) FROM assessment.outbox WHERE type LIKE 'assessment.attempt.%%'"
        " GROUP BY 1, 2 ORDER BY 1, 2"
    )
    assert {number for _, _, number in told} == {1}
    assert len(told) == 2 * sum(map(len, numbers.values())), "each was started, and graded"


def check_answers(plant: Plant, race: Race) -> None:
    """What was acknowledged is there, and nothing else; the scores are what the answers earn."""
    rows = plant.rows("SELECT attempt_id, question_id, selected_answer_id FROM assessment.attempt_answers")
    saved = {(attempt, question): chosen for attempt, question, chosen in rows}
    assert set(saved) == set(race.saved)
    assert all(chosen in race.saved[key] for key, chosen in saved.items())
    assert not plant.rows(
        "SELECT 1 FROM assessment.attempts a WHERE score <>"
        " (SELECT coalesce(sum(points_earned), 0) FROM assessment.attempt_answers WHERE attempt_id = a.id)"
    )
