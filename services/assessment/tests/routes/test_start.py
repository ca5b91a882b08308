"""Starting attempts."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from shared.contracts.assessment.events import AttemptStarted
from shared.testing import ServiceUnderTest

Json = dict[str, Any]
Make = Callable[..., Awaitable[Json]]
Save = Callable[..., Awaitable[httpx.Response]]
PassTime = Callable[..., Awaitable[None]]
BIGGEST = 9223372036854775807


def start_of(assessment: Json) -> str:
    return f"/api/assessments/{assessment['id']}/start/"


class TestStart:
    async def test_gives_all_that_is_needed_to_begin(self, learner: httpx.AsyncClient, make: Make) -> None:
        answer = await learner.post(start_of(await make(time_limit=30)))
        assert answer.status_code == 201
        begun = answer.json()
        assert set(begun) == {
            "attempt_id", "attempt_number", "start_time", "expires_at", "server_time", "time_limit", "max_score",
            "questions", "saved_answers",
        }  # fmt: skip
        assert (begun["attempt_number"], begun["time_limit"], begun["max_score"]) == (1, 30, 6.0)
        begins, ends = (datetime.fromisoformat(begun[name]) for name in ("start_time", "expires_at"))
        assert ends - begins == timedelta(minutes=30)
        assert begun["start_time"].endswith("Z")
        assert [len(one["answers"]) for one in begun["questions"]] == [3, 2, 4]

    async def test_without_a_limit_never_expires(self, make: Make, start: Make) -> None:
        assert (await start(await make()))["expires_at"] is None

    async def test_an_open_attempt_is_returned_with_what_was_saved(
        self, learner: httpx.AsyncClient, make: Make, start: Make, save: Save
    ) -> None:
        made = await make(randomize_questions=True, randomize_answers=True)
        begun = await start(made)
        await save(begun, 0, *[answer["answer_text"] for answer in begun["questions"][0]["answers"]][:1])
        answer = await learner.post(start_of(made))
        assert answer.status_code == 200
        again = answer.json()
        assert (again["attempt_id"], again["questions"]) == (begun["attempt_id"], begun["questions"])
        (saved,) = again["saved_answers"]
        assert saved["question_id"] == begun["questions"][0]["id"]
        assert set(saved) == {
            "question_id", "selected_answer_id", "selected_answer_ids", "text_answer", "response", "attachment",
            "answered_at",
        }  # fmt: skip

    async def test_twice_at_once_starts_one(
        self, service: ServiceUnderTest, learner: httpx.AsyncClient, make: Make
    ) -> None:
        made = await make()
        answers = await asyncio.gather(*(learner.post(start_of(made)) for _ in range(6)))
        assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 200, 201]
        assert len({answer.json()["attempt_id"] for answer in answers}) == 1
        assert len(await service.events(AttemptStarted)) == 1

    async def test_tells_it(self, service: ServiceUnderTest, make: Make, start: Make) -> None:
        begun = await start(await make())
        (fact,) = await service.events(AttemptStarted)
        assert (fact.attempt_id, fact.version, fact.user_id, fact.course_id) == (begun["attempt_id"], 1, 7, 5)
        assert (fact.status, fact.score, fact.max_score, fact.passed) == ("in_progress", None, 6.0, None)
        assert not fact.has_passed

    async def test_notes_where_from(self, service: ServiceUnderTest, learner: httpx.AsyncClient, make: Make) -> None:
        headers = {"X-Forwarded-For": "2001:db8::7, 10.0.0.1", "User-Agent": "x" * 600}
        await learner.post(start_of(await make()), headers=headers)
        await learner.post(start_of(await make(lesson=12)), headers={"X-Forwarded-For": "nonsense"})
        async with service.database.reading() as session:
            rows = (await session.execute(text("SELECT host(ip_address), user_agent FROM attempts ORDER BY id"))).all()
        assert [(row[0], len(row[1]) <= 500) for row in rows] == [("2001:db8::7", True), (None, True)]

    async def test_questions_and_answers_are_drawn_for_each_attempt(
        self, make: Make, start: Make, complete: Make, question: Callable[..., Json]
    ) -> None:
        many = [question(question_text=f"Question {place}?") for place in range(20)]
        made = await make(questions=many, randomize_questions=True, randomize_answers=True, max_attempts=10)
        drawn = []
        for _ in range(2):
            begun = await start(made)
            drawn.append([one["id"] for one in begun["questions"]])
            assert [one["order"] for one in begun["questions"]] == list(range(1, 21))
            await complete(begun)
        assert drawn[0] != drawn[1]
        assert sorted(drawn[0]) == sorted(drawn[1]) == [one["id"] for one in made["questions"]]


class TestStartIsRefused:
    async def test_to_guests_and_to_staff_who_do_not_learn(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, make: Make
    ) -> None:
        made = await make()
        service.peers.answer("enrollment", "/internal/enrollments/", None)
        assert (await service.client().post(start_of(made))).status_code == 401
        assert (await teacher.post(start_of(made))).json()["code"] == "ENROLLMENT_REQUIRED"

    async def test_for_what_is_not_there(
        self, service: ServiceUnderTest, learner: httpx.AsyncClient, teacher: httpx.AsyncClient, make: Make
    ) -> None:
        assert (await learner.post(f"/api/assessments/{BIGGEST}/start/")).status_code == 404
        assert (await learner.post(f"/api/assessments/{BIGGEST + 1}/start/")).status_code == 400
        made = await make()
        await teacher.delete(f"/api/assessments/{made['id']}/")
        assert (await learner.post(start_of(made))).status_code == 404

    async def test_past_the_limit(self, learner: httpx.AsyncClient, make: Make, start: Make, complete: Make) -> None:
        made = await make(max_attempts=2)
        for _ in range(2):
            await complete(await start(made))
        answer = await learner.post(start_of(made))
        assert (answer.status_code, answer.json()["code"]) == (403, "ATTEMPT_LIMIT_EXCEEDED")

    async def test_past_the_limit_also_of_several_at_once(
        self, service: ServiceUnderTest, learner: httpx.AsyncClient, make: Make, start: Make, complete: Make
    ) -> None:
        made = await make(max_attempts=2)
        await complete(await start(made))
        await asyncio.gather(*(learner.post(start_of(made)) for _ in range(4)))
        await complete(await start(made))
        assert {(await learner.post(start_of(made))).status_code for _ in range(2)} == {403}
        assert len(await service.events(AttemptStarted)) == 2

    async def test_during_the_pause(
        self, learner: httpx.AsyncClient, make: Make, start: Make, complete: Make, pass_time: PassTime
    ) -> None:
        made = await make(cooldown_first_seconds=60, cooldown_next_seconds=3600, max_attempts=5)
        for pause in (60, 3600):
            ended = (await complete(await start(made)))["end_time"]
            answer = await learner.post(start_of(made))
            assert (answer.status_code, answer.json()["code"]) == (403, "COOLDOWN_ACTIVE")
            available_at = datetime.fromisoformat(answer.json()["details"]["available_at"])
            assert available_at == datetime.fromisoformat(ended) + timedelta(seconds=pause)
            await pass_time(seconds=pause)
        assert (await learner.post(start_of(made))).status_code == 201

    @pytest.mark.parametrize(
        "rules",
        [
            {"available_from": "2999-01-01T00:00:00Z"},
            {"available_until": "2001-01-01T00:00:00Z"},
            {"questions": []},
        ],
    )
    async def test_when_it_is_not_available(self, learner: httpx.AsyncClient, make: Make, rules: Json) -> None:
        answer = await learner.post(start_of(await make(**rules)))
        assert (answer.status_code, answer.json()["code"]) == (403, "ASSESSMENT_NOT_AVAILABLE")

    async def test_but_one_under_way_is_not_cut(
        self, learner: httpx.AsyncClient, teacher: httpx.AsyncClient, make: Make, start: Make, save: Save
    ) -> None:
        made = await make()
        begun = await start(made)
        await teacher.patch(f"/api/assessments/{made['id']}/", json={"available_until": "2001-01-01T00:00:00Z"})
        assert (await learner.post(start_of(made))).status_code == 200
        assert (await save(begun, 0, "Beta")).status_code == 201
