"""Answering while an attempt is open."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from shared.testing import ServiceUnderTest, user

Json = dict[str, Any]
Make = Callable[..., Awaitable[Json]]
Save = Callable[..., Awaitable[httpx.Response]]
ATTEMPTS = "/api/assessment-attempts/"
ANSWERS = "/api/attempt-answers/"
BIGGEST = 9223372036854775807


def address(attempt: Json) -> str:
    return f"{ATTEMPTS}{attempt['attempt_id']}/"


class TestAnswer:
    async def test_the_first_is_201_and_a_change_of_it_200(
        self, make: Make, start: Make, save: Save, complete: Make
    ) -> None:
        begun = await start(await make())
        first = await save(begun, 0, "Alpha")
        assert (first.status_code, first.json()["result"]) == (201, None)
        second = await save(begun, 0, "Beta")
        assert (second.status_code, second.json()["id"]) == (200, first.json()["id"])
        assert (await complete(begun))["score"] == 1.0

    async def test_of_two_at_once_one_is_the_first(self, make: Make, start: Make, save: Save) -> None:
        begun = await start(await make())
        answers = await asyncio.gather(save(begun, 0, "Alpha"), save(begun, 0, "Beta"))
        assert sorted(answer.status_code for answer in answers) == [200, 201]

    async def test_an_empty_list_takes_it_back(
        self, learner: httpx.AsyncClient, make: Make, start: Make, save: Save, complete: Make
    ) -> None:
        begun = await start(await make(penalty_fraction=1))
        await save(begun, 2, "Green")
        assert (await save(begun, 2)).status_code == 200
        await save(begun, 0, "Beta")
        assert (await complete(begun))["score"] == 1.0

    @pytest.mark.parametrize(
        ("place", "given", "field"),
        [
            (0, {}, "selected_answer_id"),
            (0, {"selected_answer_id": None}, "selected_answer_id"),
            (0, {"selected_answer_id": 1}, "selected_answer_id"),
            (0, {"selected_answer_id": BIGGEST + 1}, "selected_answer_id"),
            (0, {"selected_answer_id": "x"}, "selected_answer_id"),
            (0, {"selected_answer_ids": [1]}, "selected_answer_id"),
            (0, {"text_answer": "Beta"}, "selected_answer_id"),
            (1, {"selected_answer_id": 1}, "selected_answer_id"),
            (2, {"selected_answer_id": 1}, "selected_answer_ids"),
            (2, {"selected_answer_ids": [1]}, "selected_answer_ids"),
            (2, {"selected_answer_ids": [1] * 11}, "selected_answer_ids"),
            (2, {"selected_answer_ids": 1}, "selected_answer_ids"),
            (2, {"selected_answer_ids": [None]}, "selected_answer_ids.0"),
            (0, {"question_id": 1}, "question_id"),
            (0, {"question_id": 0}, "question_id"),
            (0, {"attempt_id": 10**40}, "attempt_id"),
        ],
    )
    async def test_what_the_question_does_not_take_is_refused(
        self, learner: httpx.AsyncClient, make: Make, start: Make, place: int, given: Json, field: str
    ) -> None:
        # Ids grow over all tests of the run: 1 belongs to another question, if to any.
        await make(lesson=12)
        begun = await start(await make())
        body = {"attempt_id": begun["attempt_id"], "question_id": begun["questions"][place]["id"], **given}
        answer = await learner.post(ANSWERS, json=body)
        assert (answer.status_code, list(answer.json())) == (400, [field])

    async def test_other_peoples_attempts_do_not_exist(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, make: Make, start: Make
    ) -> None:
        begun = await start(await make())
        body = {"attempt_id": begun["attempt_id"], "question_id": begun["questions"][0]["id"], "selected_answer_id": 1}
        stranger = service.client(user(8))
        for client in (stranger, teacher):
            assert (await client.post(ANSWERS, json=body)).status_code == 404
            assert (await client.post(f"{address(begun)}complete/")).status_code == 404
        assert (await stranger.get(address(begun))).status_code == 404
        assert (await service.client().post(ANSWERS, json=body)).status_code == 401

    async def test_after_completion_it_is_too_late(self, make: Make, start: Make, save: Save, complete: Make) -> None:
        begun = await start(await make())
        await complete(begun)
        answer = await save(begun, 0, "Beta")
        assert (answer.status_code, answer.json()["code"]) == (400, "ATTEMPT_NOT_OPEN")
