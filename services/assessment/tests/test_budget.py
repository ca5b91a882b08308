"""What an attempt costs. A larger figure is a decision, to be made here; a smaller one is to be kept here."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from shared.testing import Cost, ServiceUnderTest, cost_of, user

Json = dict[str, Any]
Request = Callable[[], Awaitable[httpx.Response]]
LEARNERS = range(1000, 1010)

BUDGET = {
    "start": Cost(8, events=1),
    "go on": Cost(8),
    "read": Cost(6),
    "answer": Cost(4),
    "answer anew": Cost(4),
    "complete": Cost(8, events=1),
    "complete again": Cost(2),
}


@pytest.fixture
async def assessment(teaching: ServiceUnderTest, make: Callable[..., Awaitable[Json]], enrolled: Any) -> Json:
    await teaching.deliver(*(enrolled(enrollment_id=id_, user_id=id_) for id_ in LEARNERS))
    return await make(time_limit=30, max_attempts=3)


async def test_what_an_attempt_costs(teaching: ServiceUnderTest, assessment: Json) -> None:
    started: dict[int, Json] = {}

    def each(send: Callable[[httpx.AsyncClient, int], Awaitable[httpx.Response]], first: int = 0) -> Request:
        """One more learner each time."""
        learners = iter(LEARNERS[first:])

        async def request() -> httpx.Response:
            learner = next(learners)
            async with teaching.client(user(learner)) as client:
                return await send(client, learner)

        return request

    async def start(client: httpx.AsyncClient, learner: int) -> httpx.Response:
        answer = await client.post(f"/api/assessments/{assessment['id']}/start/")
        started[learner] = answer.json()
        return answer

    async def read(client: httpx.AsyncClient, learner: int) -> httpx.Response:
        return await client.get(f"/api/assessment-attempts/{started[learner]['attempt_id']}/")

    async def save(client: httpx.AsyncClient, learner: int) -> httpx.Response:
        question = started[learner]["questions"][0]
        chosen = {"question_id": question["id"], "selected_answer_id": question["answers"][0]["id"]}
        return await client.post(
            "/api/attempt-answers/", json={"attempt_id": started[learner]["attempt_id"]} | chosen
        )  # fmt: skip

    async def complete(client: httpx.AsyncClient, learner: int) -> httpx.Response:
        return await client.post(f"/api/assessment-attempts/{started[learner]['attempt_id']}/complete/")

    steps = {
        "start": start, "go on": start, "read": read, "answer": save, "answer anew": save, "complete": complete,
        "complete again": complete,
    }  # fmt: skip
    found = {name: await cost_of(teaching, each(step)) for name, step in steps.items()}
    assert found == BUDGET
