"""Nothing that tells the right answer leaves before it may."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from pydantic import BaseModel
from sqlalchemy import text

from shared.auth import ServiceCaller
from shared.contracts.assessment.events import AssessmentState, AttemptState
from shared.testing import ServiceUnderTest

Json = dict[str, Any]
Make = Callable[..., Awaitable[Json]]
Save = Callable[..., Awaitable[httpx.Response]]

KEY_FIELDS = {
    "is_correct", "points_earned", "correct_answer", "correct_answers", "correct_answer_ids", "correct_response",
    "explanation", "answer_explanations", "feedback", "accepted", "keywords", "fraction", "match",
}  # fmt: skip
SECRET = "because of the key"
WORDS_OF_THE_KEY = ("Beta", "mitochondria", "energ", "airway", "Paris")


def told(payload: Any, path: str = "") -> list[str]:
    """Paths of everything in a payload that could tell the key. Null tells nothing."""
    if isinstance(payload, dict):
        named = [f"{path}.{name}" for name, value in payload.items() if name in KEY_FIELDS and value is not None]
        return named + [found for name, value in payload.items() for found in told(value, f"{path}.{name}")]
    if isinstance(payload, list):
        return [found for place, value in enumerate(payload) for found in told(value, f"{path}.{place}")]
    return [path] if isinstance(payload, str) and SECRET in payload else []


def key_of(assessment: Json) -> dict[int, list[int]]:
    return {
        question["id"]: [answer["id"] for answer in question["answers"] if answer["is_correct"]]
        for question in assessment["questions"]
    }


class TestWhileItMayNotBeTold:
    @pytest.mark.parametrize("rules", [{}, {"feedback_mode": "never"}, {"show_results": False}, {"time_limit": 5}])
    async def test_nothing_on_the_way_tells_the_key(
        self,
        service: ServiceUnderTest,
        learner: httpx.AsyncClient,
        make: Make,
        start: Make,
        save: Save,
        rules: Json,
    ) -> None:
        made = await make(**rules)
        assert told(made), "the search finds what staff are told"
        begun = await start(made)
        saved = [await save(begun, 0, "Beta"), await save(begun, 1, "True"), await save(begun, 2, "Red", "Blue")]
        payloads = [begun, await start(made), *(one.json() for one in saved)]
        for path in (
            "/api/assessments/",
            f"/api/assessments/{made['id']}/",
            "/api/assessment-attempts/",
            f"/api/assessment-attempts/{begun['attempt_id']}/",
        ):
            answer = await learner.get(path)
            assert answer.status_code == 200
            payloads.append(answer.json())
        assert [told(payload) for payload in payloads] == [[]] * len(payloads)

    @pytest.mark.parametrize("rules", [{"feedback_mode": "never"}, {"show_results": False}])
    async def test_nor_afterwards_where_feedback_is_never_given(
        self, learner: httpx.AsyncClient, make: Make, start: Make, save: Save, complete: Make, rules: Json
    ) -> None:
        begun = await start(await make(**rules))
        await save(begun, 0, "Beta")
        done = await complete(begun)
        assert told(done) == []
        assert (done["score"], done["passed"]) == (1.0, False)
        assert done["answers"][0]["selected_answer_id"] is not None
        assert told((await learner.get(f"/api/assessment-attempts/{begun['attempt_id']}/")).json()) == []

    @pytest.mark.parametrize("rules", [{}, {"feedback_mode": "never"}, {"show_results": False}])
    async def test_nor_does_what_other_services_are_told(
        self,
        service: ServiceUnderTest,
        learner: httpx.AsyncClient,
        make: Make,
        start: Make,
        save: Save,
        complete: Make,
        rules: Json,
    ) -> None:
        begun = await start(await make(**rules))
        await save(begun, 0, "Beta")
        if rules:
            await complete(begun)
        gateway = service.client(ServiceCaller("gateway"))
        for path in (
            "/internal/users/7/export/",
            "/internal/analytics/courses/5/scores/",
            "/internal/courses/5/standing/?user_id=7",
        ):
            answer = await gateway.get(path)
            assert (answer.status_code, told(answer.json())) == (200, [])

    @pytest.mark.parametrize(
        "path",
        [
            "/api/search/questions/?q=one",
            "/api/questions/",
            "/api/answers/",
            "/api/assessments/{id}/statistics/",
            "/api/assessments/{id}/overrides/",
            "/internal/courses/5/assessments/",
        ],
    )
    async def test_learners_do_not_come_where_staff_are_told(
        self, learner: httpx.AsyncClient, make: Make, path: str
    ) -> None:
        answer = await learner.get(path.format(**await make()))
        assert answer.status_code in (403, 404)
        assert told(answer.json()) == []

    async def test_no_event_or_log_tells_it(
        self,
        service: ServiceUnderTest,
        teacher: httpx.AsyncClient,
        questions: list[Json],
        typed: dict[str, Json],
        make: Make,
        start: Make,
        save: Save,
        complete: Make,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        """Events are what the feed, webhooks and sockets tell, too."""
        made = await make(questions=[*questions, *typed.values()], time_limit=10)
        path = f"/api/assessments/{made['id']}/"
        begun = await start(made)
        await save(begun, 0, "Beta")
        await teacher.put(f"{path}overrides/7/", json={"extra_time_seconds": 60})
        await complete(begun)
        await teacher.patch(path, json={"title": "Renamed"})
        await teacher.delete(path)
        async with service.database.reading() as session:
            kinds = (await session.scalars(text("SELECT type FROM outbox ORDER BY id"))).all()
            recorded = (await session.scalars(text("SELECT data FROM outbox"))).all()
        assert [kind.split(".")[2] for kind in kinds] == [
            "created", "started", "extended", "graded", "updated", "deleted",
        ]  # fmt: skip
        assert told(recorded) == []
        written = json.dumps(recorded) + "".join(capfd.readouterr())
        assert [word for word in (*WORDS_OF_THE_KEY, SECRET) if word in written] == []

    @pytest.mark.parametrize("state", [AssessmentState, AttemptState])
    def test_no_event_has_room_for_it(self, state: type[BaseModel]) -> None:
        assert not KEY_FIELDS & set(state.model_fields)

    async def test_the_saved_rows_hold_no_grades_while_open(
        self, service: ServiceUnderTest, make: Make, start: Make, save: Save
    ) -> None:
        await save(await start(await make()), 0, "Beta")
        async with service.database.reading() as session:
            row = (await session.execute(text("SELECT is_correct, points_earned FROM attempt_answers"))).one()
        assert tuple(row) == (None, None)


class TestWhenItMayBeTold:
    async def test_results_have_the_key_and_the_reasons(
        self, make: Make, start: Make, save: Save, complete: Make
    ) -> None:
        made = await make()
        begun = await start(made)
        await save(begun, 0, "Alpha")
        done = await complete(begun)
        assert {one["question_id"]: one["correct_answer_ids"] for one in done["answers"]} == key_of(made)
        assert all(set(one) >= {"points", "points_earned", "is_correct", "feedback"} for one in done["answers"])
        first = done["answers"][0]
        assert (first["points"], first["points_earned"], first["is_correct"]) == (1.0, 0.0, False)
        assert first["explanation"] == SECRET
        assert [one["explanation"] for one in first["answer_explanations"]] == [SECRET, SECRET]
        assert told(done["questions"]) == []

    async def test_staff_can_release_results_later(
        self,
        learner: httpx.AsyncClient,
        teacher: httpx.AsyncClient,
        make: Make,
        start: Make,
        complete: Make,
    ) -> None:
        made = await make(feedback_mode="never")
        begun = await start(made)
        await complete(begun)
        await teacher.patch(f"/api/assessments/{made['id']}/", json={"feedback_mode": "after_completion"})
        shown = (await learner.get(f"/api/assessment-attempts/{begun['attempt_id']}/")).json()
        assert {one["question_id"]: one["correct_answer_ids"] for one in shown["answers"]} == key_of(made)


class TestImmediateFeedback:
    async def test_tells_of_each_question_when_it_is_answered_and_of_no_other(
        self, learner: httpx.AsyncClient, make: Make, start: Make, save: Save
    ) -> None:
        made = await make(feedback_mode="immediate")
        begun = await start(made)
        assert told(begun) == []
        result = (await save(begun, 0, "Alpha")).json()["result"]
        assert (result["is_correct"], result["points_earned"], result["explanation"]) == (False, 0.0, SECRET)
        shown = (await learner.get(f"/api/assessment-attempts/{begun['attempt_id']}/")).json()
        assert [one["question_id"] for one in shown["answers"]] == [begun["questions"][0]["id"]]
        assert told(shown["questions"]) == told(shown["saved_answers"]) == []

    async def test_makes_an_answer_final(self, make: Make, start: Make, save: Save, complete: Make) -> None:
        begun = await start(await make(feedback_mode="immediate"))
        first = await save(begun, 0, "Alpha")
        again = await save(begun, 0, "Alpha")
        assert (again.status_code, again.json()["result"]) == (200, first.json()["result"])
        changed = await save(begun, 0, "Beta")
        assert (changed.status_code, list(changed.json())) == (400, ["question_id"])
        assert (await complete(begun))["score"] == 0.0

    async def test_switched_on_meanwhile_does_not_tell_before_the_end(
        self, learner: httpx.AsyncClient, teacher: httpx.AsyncClient, make: Make, start: Make, save: Save
    ) -> None:
        made = await make()
        begun = await start(made)
        await teacher.patch(f"/api/assessments/{made['id']}/", json={"feedback_mode": "immediate"})
        assert (await save(begun, 0, "Alpha")).json()["result"] is None
        assert told((await learner.get(f"/api/assessment-attempts/{begun['attempt_id']}/")).json()) == []
