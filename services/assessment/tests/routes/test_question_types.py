"""The types of question whose key is in their config: written, asked, answered, scored."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from shared.testing import ServiceUnderTest

Json = dict[str, Any]
Make = Callable[..., Awaitable[Json]]
Send = Callable[..., Awaitable[httpx.Response]]
SIDE = [{"id": "a", "text": "A"}, {"id": "b", "text": "B"}]


def pair(left: str, right: str) -> Json:
    return {"left_id": left, "right_id": right}


def blank(**changes: Any) -> Json:
    return {"id": "b1", "accepted": [{"text": "x"}]} | changes


class TestConfig:
    @pytest.mark.parametrize(
        ("kind", "config", "field"),
        [
            ("short_answer", {"min_length": 9, "max_length": 3}, "max_length"),
            ("short_answer", {"max_length": 0}, "max_length"),
            ("short_answer", {"keywords": [{"text": "x", "fraction": 0}]}, "keywords.0.fraction"),
            ("short_answer", {"keywords": [{"text": " "}]}, "keywords.0.text"),
            ("short_answer", {"keywords": [{"text": "x"}] * 51}, "keywords"),
            ("essay", {"min_words": 9, "max_words": 3}, "max_words"),
            ("essay", {"rubric_id": 999_999}, "rubric_id"),
            ("essay", {"rubric_id": 10**30}, "rubric_id"),
            ("fill_blank", {}, "blanks"),
            ("fill_blank", {"text": "none", "blanks": [blank()]}, "text"),
            ("fill_blank", {"text": "{{b1}} {{b1}}", "blanks": [blank()]}, "text"),
            ("fill_blank", {"text": "{{b1}} {{b2}}", "blanks": [blank()]}, "text"),
            ("fill_blank", {"text": "{{b1}}", "blanks": [blank(), blank()]}, "blanks.1.id"),
            ("fill_blank", {"text": "{{b1}}", "blanks": [blank(id="b 1")]}, "blanks.0.id"),
            ("fill_blank", {"text": "{{b1}}", "blanks": [blank(accepted=[])]}, "blanks.0.accepted"),
            ("fill_blank", {"text": "{{b1}}", "blanks": [blank(match="fuzzy")]}, "blanks.0.match"),
            (
                "fill_blank",
                {"text": "{{b1}}", "blanks": [blank(match="regex", accepted=[{"text": r"(?=x)"}])]},
                "blanks.0.accepted.0.text",
            ),
            (
                "fill_blank",
                {
                    "text": "{{b1}} {{b2}} {{b3}}",
                    "blanks": [blank(id=f"b{n}", match="regex", accepted=[{"text": "x"}] * 20) for n in (1, 2, 3)],
                },
                "blanks",
            ),
            ("matching", {}, "left"),
            ("matching", {"left": SIDE, "right": SIDE}, "pairs"),
            ("matching", {"left": SIDE, "right": SIDE, "pairs": [pair("a", "a")]}, "pairs"),
            ("matching", {"left": SIDE, "right": SIDE, "pairs": [pair("a", "c")]}, "pairs.0.right_id"),
            ("matching", {"left": SIDE, "right": SIDE, "pairs": [pair("a", "a"), pair("b", "a")]}, "pairs"),
            ("matching", {"left": SIDE + SIDE, "right": SIDE}, "left.2.id"),
            ("matching", {"left": SIDE, "right": SIDE, "mode": "many"}, "mode"),
        ],
    )
    async def test_is_checked_when_written(
        self, teaching: ServiceUnderTest, teacher: httpx.AsyncClient, kind: str, config: Json, field: str
    ) -> None:
        question = {"question_text": "What is it?", "question_type": kind, "config": config}
        body = {"lesson": 11, "title": "Checkpoint", "questions": [question]}
        answer = await teacher.post("/api/assessments/", json=body)
        assert answer.status_code == 400, answer.text
        assert f"questions.0.config.{field}" in answer.json()

    async def test_of_the_type_alone_is_kept_and_can_be_written_back(
        self, teacher: httpx.AsyncClient, make: Make, typed: dict[str, Json]
    ) -> None:
        typed["essay"]["config"]["correct_answer"] = True
        made = await make(questions=list(typed.values()))
        assert made["max_score"] == 16.0
        configs = [question["config"] for question in made["questions"]]
        assert configs[1] == {"rubric_id": None, "allow_attachments": False, "min_words": 0, "max_words": 20}
        assert configs[0]["keywords"] == [{"text": "airway", "fraction": 0.5}, {"text": "breathing", "fraction": 0.5}]
        answer = await teacher.put(f"/api/assessments/{made['id']}/", json=made)
        assert (answer.status_code, answer.json()["questions"]) == (200, made["questions"])


class TestAsking:
    async def test_nothing_tells_the_key(
        self, learner: httpx.AsyncClient, make: Make, start: Make, typed: dict[str, Json]
    ) -> None:
        made = await make(questions=list(typed.values()))
        begun = await start(made)
        shown = (await learner.get(f"/api/assessments/{made['id']}/")).text + json.dumps(begun)
        for secret in ("airway", "mitochondria", "energ", "pairs", '"fraction"', "accepted", "because of the key"):
            assert secret not in shown, secret
        short, essay, blanks, matching = (question["config"] for question in begun["questions"])
        assert short == {"min_length": 0, "max_length": 1000}
        assert essay["max_words"] == 20
        assert blanks == {"text": "The {{b1}} give {{b2}}.", "blanks": [{"id": "b1"}, {"id": "b2"}]}
        assert [one["id"] for one in matching["left"]] == ["fr", "it"]
        assert sorted(one["id"] for one in matching["right"]) == ["o", "p", "r"]
        assert (await start(made))["questions"] == begun["questions"], "drawn once"


class TestAnswering:
    @pytest.mark.parametrize(
        ("place", "given", "field"),
        [
            (0, {}, "text_answer"),
            (0, {"selected_answer_id": 1}, "text_answer"),
            (0, {"text_answer": "x" * 1001}, "text_answer"),
            (0, {"text_answer": "\0"}, "text_answer"),
            (1, {"text_answer": "word " * 21}, "text_answer"),
            (1, {"text_answer": "x" * 50_001}, "text_answer"),
            (2, {}, "response.blanks"),
            (2, {"response": {"pairs": []}}, "response.blanks"),
            (2, {"response": {"blanks": {"b9": "x"}}}, "response.blanks.b9"),
            (2, {"response": {"blanks": {"b1": "x" * 201}}}, "response.blanks.b1"),
            (3, {"text_answer": "x"}, "response.pairs"),
            (3, {"response": {"pairs": [pair("fr", "x")]}}, "response.pairs.0"),
            (3, {"response": {"pairs": [pair("fr", "p"), pair("fr", "r")]}}, "response.pairs"),
            (3, {"response": {"pairs": [pair("fr", "p"), pair("it", "p")]}}, "response.pairs"),
        ],
    )
    async def test_what_the_question_does_not_take_is_refused(
        self, make: Make, start: Make, send: Send, typed: dict[str, Json], place: int, given: Json, field: str
    ) -> None:
        begun = await start(await make(questions=list(typed.values())))
        answer = await send(begun, place, **given)
        assert (answer.status_code, list(answer.json())) == (400, [field])

    async def test_is_scored_when_the_attempt_is_completed(
        self, make: Make, start: Make, send: Send, complete: Make, typed: dict[str, Json]
    ) -> None:
        del typed["essay"]
        begun = await start(await make(questions=list(typed.values()), partial_credit=True, penalty_fraction=0.5))
        await send(begun, 0, text_answer="Look at the airway first")
        await send(begun, 1, response={"blanks": {"b1": "Mitochondria ", "b2": "energy"}})
        await send(begun, 2, response={"pairs": [pair("fr", "p"), pair("it", "o")]})
        done = await complete(begun)
        assert (done["status"], done["score"], done["max_score"]) == ("graded", 7.0, 12.0)
        assert [one["points_earned"] for one in done["answers"]] == [2.0, 4.0, 1.0]
        assert [one["correct_response"] for one in done["answers"]] == [
            {"keywords": typed["short_answer"]["config"]["keywords"]},
            {"blanks": {"b1": "mitochondria", "b2": "energ*"}},
            {"pairs": typed["matching"]["config"]["pairs"]},
        ]
        assert [one["correct_answer_ids"] for one in done["answers"]] == [None] * 3
        assert done["saved_answers"][1]["response"] == {"blanks": {"b1": "Mitochondria ", "b2": "energy"}}

    async def test_with_immediate_feedback_machines_tell_at_once_and_people_later(
        self, make: Make, start: Make, send: Send, typed: dict[str, Json]
    ) -> None:
        begun = await start(await make(questions=list(typed.values()), feedback_mode="immediate"))
        told = (await send(begun, 2, response={"blanks": {"b1": "mitochondria", "b2": "energies"}})).json()["result"]
        assert (told["points_earned"], told["is_correct"]) == (4.0, True)
        assert (await send(begun, 2, response={"blanks": {"b1": "x"}})).status_code == 400
        told = (await send(begun, 1, text_answer="First draft")).json()["result"]
        assert (told["points_earned"], told["is_correct"]) == (None, None)
        assert (await send(begun, 1, text_answer="")).status_code == 200
        assert (await send(begun, 1, text_answer="Second draft")).status_code == 200
