"""Questions and answers one at a time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from shared.contracts.assessment.events import AssessmentUpdated
from shared.testing import ServiceUnderTest

Json = dict[str, Any]
Build = Callable[..., Json]
Make = Callable[..., Awaitable[Json]]
QUESTIONS, ANSWERS = "/api/questions/", "/api/answers/"


class TestQuestions:
    async def test_come_change_and_go(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, make: Make, question: Build
    ) -> None:
        made = await make()
        created = await teacher.post(QUESTIONS, json=question(assessment=made["id"], points=3))
        assert created.status_code == 201, created.text
        one = created.json()
        path = f"{QUESTIONS}{one['id']}/"
        assert (one["order"], one["assessment"], len(one["answers"])) == (4, made["id"], 3)
        assert (await teacher.get(path)).json() == one
        changed = await teacher.patch(path, json={"points": 5, "assessment": 99, "id": 1})
        assert (changed.status_code, changed.json()) == (200, one | {"points": 5})
        put = await teacher.put(path, json={"question_text": "Another one?", "question_type": "multiple_choice"})
        assert put.json() == one | {"points": 5, "question_text": "Another one?"}
        assert (await teacher.delete(path)).status_code == 204
        assert (await teacher.get(path)).status_code == 404
        facts = await service.events(AssessmentUpdated)
        assert [(fact.version, fact.questions_count) for fact in facts] == [(2, 4), (3, 4), (4, 4), (5, 3)]

    async def test_are_listed_in_their_order(self, teacher: httpx.AsyncClient, make: Make) -> None:
        made, _ = await make(), await make(lesson=12)
        listed = (await teacher.get(f"{QUESTIONS}?assessment={made['id']}")).json()
        assert [one["id"] for one in listed["results"]] == [one["id"] for one in made["questions"]]
        assert (await teacher.get(QUESTIONS)).json()["count"] == 6
        assert (await teacher.get(f"{QUESTIONS}?question_type=true_false&cursor=")).json()["results"][0]["order"] == 2
        assert (await teacher.get(f"{QUESTIONS}?question_type=riddle")).status_code == 400

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"order": 1}, "order"),
            ({"answers": []}, "answers"),
            ({"question_type": "essay"}, "answers"),
            ({"question_text": None}, "question_text"),
            ({"config": None}, "config"),
            ({"question_type": "fill_blank", "answers": []}, "config.blanks"),
            ({"answers": [{"id": 1, "answer_text": "A", "is_correct": True}, {"answer_text": "B"}]}, "answers.0.id"),
        ],
    )
    async def test_are_checked_as_they_become(
        self, teacher: httpx.AsyncClient, make: Make, changes: Json, field: str
    ) -> None:
        await make(lesson=12)
        made = await make()
        before = made["questions"][0]
        moved = await teacher.patch(f"{QUESTIONS}{made['questions'][1]['id']}/", json={"order": 7})
        assert moved.json()["order"] == 7
        answer = await teacher.patch(f"{QUESTIONS}{before['id']}/", json={**changes, "order": changes.get("order", 3)})
        if field == "order":
            assert answer.status_code == 200, "its own place"
            answer = await teacher.patch(f"{QUESTIONS}{before['id']}/", json={"order": 7})
        elif "order" not in changes:
            answer = await teacher.patch(f"{QUESTIONS}{before['id']}/", json=changes)
        assert (answer.status_code, list(answer.json())) == (400, [field])

    async def test_two_at_once_get_a_place_each(self, teacher: httpx.AsyncClient, make: Make, question: Build) -> None:
        made = await make()
        body = question(assessment=made["id"])
        answers = await asyncio.gather(*(teacher.post(QUESTIONS, json=body) for _ in range(4)))
        assert sorted(answer.json()["order"] for answer in answers) == [4, 5, 6, 7]


class TestAnswers:
    async def test_come_change_and_go(self, teacher: httpx.AsyncClient, make: Make) -> None:
        question = (await make())["questions"][0]
        created = await teacher.post(ANSWERS, json={"question": question["id"], "answer_text": "Delta"})
        assert created.status_code == 201, created.text
        one = created.json()
        path = f"{ANSWERS}{one['id']}/"
        assert one == {
            "id": one["id"], "question": question["id"], "answer_text": "Delta", "is_correct": False, "explanation": "",
            "order": 4,
        }  # fmt: skip
        assert (await teacher.patch(path, json={"answer_text": "Epsilon"})).json() == one | {"answer_text": "Epsilon"}
        assert (await teacher.put(path, json={"answer_text": "Zeta"})).json() == one | {"answer_text": "Zeta"}
        assert (await teacher.get(path)).json()["answer_text"] == "Zeta"
        assert (await teacher.get(f"{ANSWERS}?question={question['id']}")).json()["count"] == 4
        assert (await teacher.delete(path)).status_code == 204
        assert (await teacher.get(path)).status_code == 404

    async def test_of_one_choice_only_one_is_correct(self, teacher: httpx.AsyncClient, make: Make) -> None:
        question = (await make())["questions"][0]
        alpha, beta, _ = question["answers"]
        assert (await teacher.patch(f"{ANSWERS}{alpha['id']}/", json={"is_correct": True})).status_code == 200
        now = (await teacher.get(f"{QUESTIONS}{question['id']}/")).json()["answers"]
        assert [answer["is_correct"] for answer in now] == [True, False, False]
        for refused in (
            await teacher.patch(f"{ANSWERS}{alpha['id']}/", json={"is_correct": False}),
            await teacher.delete(f"{ANSWERS}{alpha['id']}/"),
        ):
            assert (refused.status_code, list(refused.json())) == (400, ["answers"])
        assert (await teacher.delete(f"{ANSWERS}{beta['id']}/")).status_code == 204

    async def test_of_true_and_false_either_one_is(self, teacher: httpx.AsyncClient, make: Make) -> None:
        question = (await make())["questions"][1]
        true, false = (answer["id"] for answer in question["answers"])
        assert (await teacher.patch(f"{ANSWERS}{true}/", json={"is_correct": True})).status_code == 200
        why = await teacher.patch(f"{ANSWERS}{false}/", json={"explanation": "It is so."})
        assert (why.status_code, why.json()["explanation"]) == (200, "It is so.")
        now = (await teacher.get(f"{QUESTIONS}{question['id']}/")).json()
        assert now["config"] == {"correct_answer": True}
        assert [answer["is_correct"] for answer in now["answers"]] == [True, False]
        assert (await teacher.delete(f"{ANSWERS}{true}/")).status_code == 400
        body = {"question": question["id"], "answer_text": "Perhaps"}
        assert (await teacher.post(ANSWERS, json=body)).status_code == 400
