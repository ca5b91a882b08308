"""Completing attempts, and their scores."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from shared.contracts.assessment.events import AttemptGraded
from shared.testing import ServiceUnderTest

Json = dict[str, Any]
Make = Callable[..., Awaitable[Json]]
Save = Callable[..., Awaitable[httpx.Response]]
ATTEMPTS = "/api/assessment-attempts/"


def address(attempt: Json) -> str:
    return f"{ATTEMPTS}{attempt['attempt_id']}/"


class TestComplete:
    async def test_everything_right(
        self, service: ServiceUnderTest, learner: httpx.AsyncClient, make: Make, start: Make, save: Save, complete: Make
    ) -> None:
        made = await make()
        begun = await start(made)
        await save(begun, 0, "Beta")
        await save(begun, 1, "False")
        await save(begun, 2, "Red", "Blue")
        done = await complete(begun)
        assert (done["status"], done["score"], done["max_score"]) == ("graded", 6.0, 6.0)
        assert (done["score_percentage"], done["passed"], done["submitted_by"]) == (100.0, True, "user")
        assert done["time_taken"] >= 0
        (fact,) = await service.events(AttemptGraded)
        assert (fact.version, fact.status, fact.score, fact.score_percentage) == (2, "graded", 6.0, 100.0)
        assert (fact.passed, fact.has_passed, fact.submitted_by) == (True, True, "user")
        shown = (await learner.get(f"/api/assessments/{made['id']}/")).json()
        assert shown["result"] == {"score_percentage": 100.0, "passed": True, "attempts_used": 1}

    async def test_some_right_some_wrong_some_left_out(
        self, make: Make, start: Make, save: Save, complete: Make
    ) -> None:
        begun = await start(await make(penalty_fraction=0.25))
        await save(begun, 0, "Alpha")
        await save(begun, 1, "False")
        done = await complete(begun)
        assert (done["score"], done["score_percentage"], done["passed"]) == (1.75, 29.17, False)
        assert [(one["points_earned"], one["is_correct"]) for one in done["answers"]] == [
            (-0.25, False),
            (2.0, True),
            (0.0, False),
        ]

    async def test_partial_credit(self, make: Make, start: Make, save: Save, complete: Make) -> None:
        begun = await start(await make(partial_credit=True, penalty_fraction=0.5))
        await save(begun, 2, "Red", "Blue", "Green")
        assert (await complete(begun))["answers"][2]["points_earned"] == 2.25

    async def test_twice_gives_the_same(
        self, service: ServiceUnderTest, learner: httpx.AsyncClient, make: Make, start: Make
    ) -> None:
        begun = await start(await make())
        path = f"{address(begun)}complete/"
        answers = await asyncio.gather(*(learner.post(path) for _ in range(4)))
        seen = [answer.json() | {"server_time": None} for answer in answers]
        assert all(answer.status_code == 200 for answer in answers)
        assert all(one == seen[0] for one in seen)
        assert len(await service.events(AttemptGraded)) == 1

    async def test_an_answer_and_the_completion_at_once_agree(
        self, make: Make, start: Make, save: Save, complete: Make
    ) -> None:
        begun = await start(await make())
        saved, done = await asyncio.gather(save(begun, 0, "Beta"), complete(begun))
        assert done["score"] == (1.0 if saved.status_code == 201 else 0.0)

    async def test_an_edit_meanwhile_does_not_count(
        self, teacher: httpx.AsyncClient, make: Make, start: Make, save: Save, complete: Make
    ) -> None:
        made = await make()
        begun = await start(made)
        await save(begun, 0, "Beta")
        changed = made["questions"][0] | {"points": 100}
        for answer in changed["answers"]:
            answer["is_correct"] = answer["answer_text"] == "Alpha"
        edit = {"questions": [changed], "passing_score": 1, "partial_credit": True}
        assert (await teacher.patch(f"/api/assessments/{made['id']}/", json=edit)).status_code == 200
        await save(begun, 2, "Red")
        done = await complete(begun)
        assert (done["score"], done["max_score"], done["passed"]) == (1.0, 6.0, False)
        assert len(done["questions"]) == 3

    async def test_after_the_assessment_is_deleted(
        self, teacher: httpx.AsyncClient, make: Make, start: Make, save: Save, complete: Make
    ) -> None:
        made = await make()
        begun = await start(made)
        await teacher.delete(f"/api/assessments/{made['id']}/")
        await save(begun, 0, "Beta")
        assert (await complete(begun))["score"] == 1.0

    @pytest.mark.parametrize(
        ("policy", "percentage", "passed"),
        [("highest", 100.0, True), ("latest", 0.0, False), ("first", 0.0, False), ("average", 33.33, False)],
    )
    async def test_the_result_is_by_policy(
        self,
        service: ServiceUnderTest,
        learner: httpx.AsyncClient,
        make: Make,
        start: Make,
        save: Save,
        complete: Make,
        question: Callable[..., Json],
        policy: str,
        percentage: float,
        passed: bool,
    ) -> None:
        made = await make(questions=[question()], scoring_policy=policy)
        for text_ in ("Alpha", "Beta", "Gamma"):
            begun = await start(made)
            await save(begun, 0, text_)
            await complete(begun)
        shown = (await learner.get(f"/api/assessments/{made['id']}/")).json()
        assert shown["result"] == {"score_percentage": percentage, "passed": passed, "attempts_used": 3}
        assert (await service.events(AttemptGraded))[-1].has_passed is passed
