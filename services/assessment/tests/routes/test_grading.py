"""Grading by hand, and rubrics."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from shared.contracts.assessment.events import AttemptGraded, AttemptSubmitted
from shared.testing import ServiceUnderTest, user

Json = dict[str, Any]
Make = Callable[..., Awaitable[Json]]
Send = Callable[..., Awaitable[httpx.Response]]
QUEUE, RUBRICS = "/api/grading-queue/", "/api/rubrics/"


def grade_of(answer_id: int) -> str:
    return f"/api/attempt-answers/{answer_id}/grade/"


def rubric(**changes: Any) -> Json:
    ratings = [{"title": "Full", "points": 4}, {"title": "Half", "points": 2}, {"title": "None", "points": 0}]
    criteria = [
        {"title": "Content", "points": 4, "ratings": ratings},
        {"title": "Style", "points": 1, "ratings": [{"title": "Good", "points": 1}]},
    ]
    return {"title": "Essays", "criteria": criteria} | changes


@pytest.fixture
def essays(typed: dict[str, Json]) -> list[Json]:
    return [typed["essay"], typed["essay"] | {"points": 5}, typed["fill_blank"]]


@pytest.fixture
async def done(make: Make, start: Make, send: Send, complete: Make, essays: list[Json]) -> Json:
    """A completed attempt with two essays, worth 4 and 5, and a fill_blank that is right."""
    begun = await start(await make(questions=essays))
    await send(begun, 0, text_answer="First essay")
    await send(begun, 1, text_answer="Second essay")
    await send(begun, 2, response={"blanks": {"b1": "mitochondria", "b2": "energy"}})
    return await complete(begun)


class TestPending:
    async def test_the_attempt_waits_for_a_person(self, service: ServiceUnderTest, done: Json) -> None:
        assert (done["status"], done["score"], done["passed"]) == ("pending_review", None, None)
        assert [one["points_earned"] for one in done["answers"]] == [None, None, 4.0]
        (fact,) = await service.events(AttemptSubmitted)
        assert (fact.version, fact.status, fact.score, fact.passed, fact.has_passed) == (
            2, "pending_review", None, None, False,
        )  # fmt: skip
        assert await service.events(AttemptGraded) == []

    async def test_but_not_for_essays_that_were_left_empty(
        self, make: Make, start: Make, send: Send, complete: Make, essays: list[Json]
    ) -> None:
        begun = await start(await make(questions=essays))
        await send(begun, 0, text_answer="  ")
        assert (await complete(begun))["status"] == "graded"

    async def test_it_counts_as_an_attempt_and_another_can_be_started(
        self, learner: httpx.AsyncClient, done: Json, start: Make
    ) -> None:
        begun = await start({"id": done["assessment"]})
        assert begun["attempt_number"] == 2
        shown = (await learner.get(f"/api/assessments/{done['assessment']}/")).json()
        assert shown["result"] == {"score_percentage": None, "passed": False, "attempts_used": 2}


class TestQueue:
    async def test_has_what_waits_and_what_it_takes_to_grade(self, teacher: httpx.AsyncClient, done: Json) -> None:
        listed = (await teacher.get(QUEUE)).json()
        assert listed["count"] == 2
        first = listed["results"][0]
        assert (first["attempt"], first["user"], first["course"]) == (done["id"], 7, 5)
        assert (first["text_answer"], first["question"]["points"]) == ("First essay", 4.0)
        await teacher.put(grade_of(first["id"]), json={"points_earned": 1})
        assert (await teacher.get(QUEUE)).json()["count"] == 1

    @pytest.mark.parametrize(
        ("query", "count"), [("course=5", 2), ("course=first-aid", 2), ("course=6", 0), ("assessment={}", 2)]
    )
    async def test_can_be_narrowed(self, teacher: httpx.AsyncClient, done: Json, query: str, count: int) -> None:
        listed = await teacher.get(f"{QUEUE}?{query.format(done['assessment'])}&cursor=")
        assert len(listed.json()["results"]) == count


class TestGrade:
    async def test_the_last_one_grades_the_attempt(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, learner: httpx.AsyncClient, done: Json
    ) -> None:
        first, second, _ = (one["id"] for one in done["answers"])
        graded = await teacher.put(grade_of(first), json={"points_earned": 2.5, "feedback": "Well begun."})
        assert graded.status_code == 200, graded.text
        assert (graded.json()["status"], graded.json()["score"]) == ("pending_review", None)
        assert await service.events(AttemptGraded) == []
        graded = await teacher.put(grade_of(second), json={"points_earned": 5})
        assert (graded.json()["status"], graded.json()["score"], graded.json()["passed"]) == ("graded", 11.5, True)
        assert (graded.json()["is_correct"], graded.json()["graded_by"]) == (True, 500)
        (fact,) = await service.events(AttemptGraded)
        assert (fact.version, fact.score, fact.passed, fact.has_passed) == (4, 11.5, True, True)
        shown = (await learner.get(f"/api/assessment-attempts/{done['id']}/")).json()
        assert shown["answers"][0]["feedback"] == "Well begun."
        assert (shown["score"], shown["score_percentage"]) == (11.5, 88.46)

    async def test_again_changes_the_score_and_keeps_the_one_before(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, done: Json
    ) -> None:
        for one in done["answers"]:
            await teacher.put(grade_of(one["id"]), json={"points_earned": 4})
        graded = await teacher.put(grade_of(done["answers"][2]["id"]), json={"points_earned": 0.01})
        assert graded.json()["score"] == 8.01
        shown = (await teacher.get(f"/api/assessment-attempts/{done['id']}/")).json()
        assert (shown["previous_score"], shown["passed"]) == (12.0, False)
        assert [fact.score for fact in await service.events(AttemptGraded)][-1] == 8.01

    async def test_two_graders_at_once_grade_the_attempt_once(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, done: Json
    ) -> None:
        paths = [grade_of(one["id"]) for one in done["answers"][:2]]
        answers = await asyncio.gather(*(teacher.put(path, json={"points_earned": 1}) for path in paths))
        assert sorted(answer.json()["status"] for answer in answers) == ["graded", "pending_review"]
        assert [fact.score for fact in await service.events(AttemptGraded)] == [6.0]

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "points_earned"),
            ({"points_earned": -1}, "points_earned"),
            ({"points_earned": 4.01}, "points_earned"),
            ({"points_earned": 1.005}, "points_earned"),
            ({"points_earned": 10**30}, "points_earned"),
            ({"points_earned": "NaN"}, "points_earned"),
            ({"points_earned": 1, "feedback": None}, "feedback"),
            ({"points_earned": 1, "feedback": "x" * 20_001}, "feedback"),
            ({"rubric_grades": [{"criterion_id": 1, "rating_id": 1}]}, "rubric_grades"),
            ({"rubric_grades": [{"criterion_id": 0, "rating_id": 1}]}, "rubric_grades.0.criterion_id"),
        ],
    )
    async def test_takes_points_up_to_what_the_question_is_worth(
        self, teacher: httpx.AsyncClient, done: Json, body: Json, field: str
    ) -> None:
        answer = await teacher.put(grade_of(done["answers"][0]["id"]), json=body)
        assert (answer.status_code, list(answer.json())) == (400, [field])

    async def test_not_while_the_attempt_is_under_way(
        self, teacher: httpx.AsyncClient, make: Make, start: Make, send: Send, essays: list[Json]
    ) -> None:
        begun = await start(await make(questions=essays))
        saved = (await send(begun, 0, text_answer="Draft")).json()
        answer = await teacher.put(grade_of(saved["id"]), json={"points_earned": 1})
        assert (answer.status_code, list(answer.json())) == (400, ["non_field_errors"])


class TestRubric:
    async def test_gives_points_as_a_share_of_the_questions(
        self, teacher: httpx.AsyncClient, make: Make, start: Make, send: Send, complete: Make, essays: list[Json]
    ) -> None:
        made = (await teacher.post(RUBRICS, json=rubric())).json()
        assert [criterion["id"] for criterion in made["criteria"]] == [1, 2]
        essay = essays[0] | {"config": {"rubric_id": made["id"]}}
        begun = await start(await make(questions=[essay]))
        assert begun["questions"][0]["config"]["rubric"]["title"] == "Essays"
        saved = (await send(begun, 0, text_answer="Essay")).json()
        await complete(begun)
        entry = (await teacher.get(QUEUE)).json()["results"][0]
        assert entry["question"]["rubric"]["version"] == 1
        grades = [{"criterion_id": 1, "rating_id": 2, "comment": "Short"}, {"criterion_id": 2, "rating_id": 1}]
        answer = await teacher.put(grade_of(saved["id"]), json={"rubric_grades": grades})
        assert (answer.json()["points_earned"], answer.json()["score"]) == (2.4, 2.4)  # 3 of 5, of 4
        grades[0]["points"] = 3
        answer = await teacher.put(grade_of(saved["id"]), json={"rubric_grades": grades})
        assert answer.json()["points_earned"] == 3.2
        for wrong, field in (
            (grades[:1], "rubric_grades"),
            ([*grades, grades[0]], "rubric_grades.2.criterion_id"),
            ([grades[0], {"criterion_id": 2, "rating_id": 9}], "rubric_grades.1.rating_id"),
            ([{**grades[0], "points": 4.5}, grades[1]], "rubric_grades.0.points"),
        ):
            answer = await teacher.put(grade_of(saved["id"]), json={"rubric_grades": wrong})
            assert (answer.status_code, list(answer.json())) == (400, [field])

    async def test_once_used_a_change_is_a_new_version_and_papers_keep_the_old(
        self, teacher: httpx.AsyncClient, learner: httpx.AsyncClient, make: Make, start: Make, essays: list[Json]
    ) -> None:
        made = (await teacher.post(RUBRICS, json=rubric())).json()
        path = f"{RUBRICS}{made['id']}/"
        assert (await teacher.patch(path, json={"title": "Before use"})).json()["version"] == 1
        begun = await start(await make(questions=[essays[0] | {"config": {"rubric_id": made["id"]}}]))
        assert (await teacher.put(path, json=rubric(title="After use"))).json()["version"] == 2
        assert (await teacher.patch(path, json={"title": "Once more"})).json()["version"] == 2
        shown = (await learner.get(f"/api/assessment-attempts/{begun['attempt_id']}/")).json()
        assert shown["questions"][0]["config"]["rubric"] | {"criteria": []} == {
            "id": made["id"], "version": 1, "title": "Before use", "criteria": [],
        }  # fmt: skip

    async def test_belongs_to_who_made_it(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, make: Make, essays: list[Json]
    ) -> None:
        other = service.client(user(501, "instructor"))
        theirs = (await other.post(RUBRICS, json=rubric())).json()
        path = f"{RUBRICS}{theirs['id']}/"
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            assert (await teacher.request(method, path, json=rubric())).status_code == 404
        assert (await teacher.get(RUBRICS)).json()["count"] == 0
        essay = essays[0] | {"config": {"rubric_id": theirs["id"]}}
        body = {"lesson": 11, "title": "Checkpoint", "questions": [essay]}
        answer = await teacher.post("/api/assessments/", json=body)
        assert (answer.status_code, list(answer.json())) == (400, ["questions.0.config.rubric_id"])
        assert (await other.delete(path)).status_code == 204
        assert (await other.get(path)).status_code == 404

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"title": "x"}, "title"),
            ({"criteria": []}, "criteria"),
            ({"criteria": [{"title": "C", "points": 1, "ratings": []}]}, "criteria.0.ratings"),
            ({"criteria": [{"title": "C", "points": 0, "ratings": [{"title": "R", "points": 0}]}]}, "criteria"),
            (
                {"criteria": [{"title": "C", "points": 1, "ratings": [{"title": "R", "points": 2}]}]},
                "criteria.0.ratings.0.points",
            ),
            (
                {"criteria": [{"id": 1, "title": "C", "points": 1, "ratings": [{"title": "R", "points": 1}]}] * 2},
                "criteria.1.id",
            ),
        ],
    )
    async def test_is_checked_when_written(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, changes: Json, field: str
    ) -> None:
        answer = await teacher.post(RUBRICS, json=rubric(**changes))
        assert (answer.status_code, list(answer.json())) == (400, [field])
