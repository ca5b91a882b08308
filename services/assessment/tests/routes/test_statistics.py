"""How questions work: difficulty and discrimination."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from shared.contracts.enrollment.events import EnrollmentCreated
from shared.testing import ServiceUnderTest, user

Json = dict[str, Any]
Make = Callable[..., Awaitable[Json]]
Take = Callable[..., Awaitable[None]]

RIGHT = {"easy": "Beta", "telling": "Beta", "misleading": "Beta"}


@pytest.fixture
def take(service: ServiceUnderTest, enrolled: Callable[..., EnrollmentCreated]) -> Take:
    """Let a learner take the assessment, choosing these answers by their texts; empty is unanswered."""

    async def build(made: Json, learner: int, *texts: str) -> None:
        await service.deliver(enrolled(enrollment_id=1000 + learner, user_id=learner))
        client = service.client(user(learner))
        begun = (await client.post(f"/api/assessments/{made['id']}/start/")).json()
        for question, chosen in zip(begun["questions"], texts, strict=True):
            for answer in question["answers"]:
                if answer["answer_text"] == chosen:
                    body = {"attempt_id": begun["attempt_id"], "question_id": question["id"]}
                    await client.post("/api/attempt-answers/", json=body | {"selected_answer_id": answer["id"]})
        await client.post(f"/api/assessment-attempts/{begun['attempt_id']}/complete/")

    return build


async def test_are_as_computed_by_hand(
    teacher: httpx.AsyncClient, make: Make, take: Take, question: Callable[..., Json]
) -> None:
    """Scores 3, 2, 1, 1: the first is easy, the second tells, the third misleads, the last was hardly answered."""
    made = await make(questions=[question(question_text=f"Question {n}") for n in range(4)], passing_score=50)
    await take(made, 21, "Beta", "Beta", "Alpha", "Beta")
    await take(made, 22, "Beta", "Beta", "Alpha", "")
    await take(made, 23, "Beta", "Alpha", "", "")
    await take(made, 24, "Alpha", "Alpha", "Beta", "")
    await take(made, 24, "Beta", "Beta", "Beta", "Beta")
    told = (await teacher.get(f"/api/assessments/{made['id']}/statistics/")).json()
    assert (told["learners"], told["mean_percentage"], told["median_percentage"]) == (4, 43.75, 37.5)
    assert (told["pass_rate"], told["standard_deviation"]) == (0.5, 20.73)
    easy, telling, misleading, last = told["questions"]
    assert (easy["asked"], easy["answered"], easy["correct"], easy["difficulty"]) == (4, 4, 3, 0.75)
    assert (telling["difficulty"], telling["discrimination"]) == (0.5, 0.5774)
    assert (misleading["answered"], misleading["difficulty"], misleading["discrimination"]) == (3, 0.25, -0.7746)
    assert (last["answered"], last["question_text"], last["question_type"]) == (1, "Question 3", "multiple_choice")


async def test_of_nobody_are_null(teacher: httpx.AsyncClient, make: Make) -> None:
    made = await make()
    told = (await teacher.get(f"/api/assessments/{made['id']}/statistics/")).json()
    assert (told["learners"], told["mean_percentage"], told["pass_rate"], told["questions"]) == (0, None, None, [])


async def test_of_one_tell_nothing_apart(teacher: httpx.AsyncClient, make: Make, take: Take) -> None:
    made = await make()
    await take(made, 21, "Beta", "False", "")
    told = (await teacher.get(f"/api/assessments/{made['id']}/statistics/")).json()
    assert [one["discrimination"] for one in told["questions"]] == [None, None, None]
    assert [one["difficulty"] for one in told["questions"]] == [1.0, 1.0, 0.0]
