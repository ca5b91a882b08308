"""Changing and deleting assessments, and who may."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from shared.contracts.assessment.events import AssessmentDeleted, AssessmentUpdated
from shared.contracts.catalog.events import CoursePublished
from shared.testing import ServiceUnderTest, user

Json = dict[str, Any]
Build = Callable[..., Json]
Make = Callable[..., Awaitable[Json]]
URL = "/api/assessments/"
BIGGEST = 9223372036854775807


def address(assessment: Json) -> str:
    return f"{URL}{assessment['id']}/"


class TestChange:
    async def test_put_keeps_what_is_left_out(self, teacher: httpx.AsyncClient, make: Make) -> None:
        made = await make(time_limit=20, penalty_fraction=0.25)
        answer = await teacher.put(address(made), json={"lesson": 11, "title": "Renamed"})
        assert answer.status_code == 200
        assert {**made, "title": "Renamed"} | {"updated_date": None} == answer.json() | {"updated_date": None}

    async def test_put_needs_the_required_fields(self, teacher: httpx.AsyncClient, make: Make) -> None:
        answer = await teacher.put(address(await make()), json={"passing_score": 10})
        assert (answer.status_code, sorted(answer.json())) == (400, ["lesson", "title"])

    async def test_patch_takes_any_subset_and_ignores_what_is_read_only(
        self, teacher: httpx.AsyncClient, make: Make
    ) -> None:
        made = await make()
        answer = await teacher.patch(address(made), json={"passing_score": 10, "id": 99, "course": 6, "nonsense": 1})
        assert answer.status_code == 200
        assert (answer.json()["passing_score"], answer.json()["id"], answer.json()["course"]) == (10, made["id"], 5)

    async def test_patch_refuses_null_where_there_must_be_a_value(self, teacher: httpx.AsyncClient, make: Make) -> None:
        made = await make(due_date="2026-03-01T00:00:00Z")
        answer = await teacher.patch(address(made), json={"due_date": None})
        assert (answer.status_code, answer.json()["due_date"]) == (200, None)
        answer = await teacher.patch(address(made), json={"title": None, "lesson": None, "time_limit": None})
        assert (answer.status_code, sorted(answer.json())) == (400, ["lesson", "time_limit", "title"])

    async def test_patch_checks_the_window_as_it_becomes(self, teacher: httpx.AsyncClient, make: Make) -> None:
        made = await make(available_from="2026-02-01T00:00:00Z")
        answer = await teacher.patch(address(made), json={"available_until": "2026-01-01T00:00:00Z"})
        assert (answer.status_code, list(answer.json())) == (400, ["available_until"])

    async def test_an_assessment_stays_on_its_lesson(self, teacher: httpx.AsyncClient, make: Make) -> None:
        answer = await teacher.patch(address(await make()), json={"lesson": 12})
        assert (answer.status_code, list(answer.json())) == (400, ["lesson"])

    async def test_questions_keep_their_ids_change_places_come_and_go(
        self, teacher: httpx.AsyncClient, make: Make, question: Build
    ) -> None:
        made = await make()
        first, _, third = made["questions"]
        third["order"], first["order"] = 1, 2
        third["answers"].pop()
        third["answers"].reverse()
        for place, one in enumerate(third["answers"]):
            one["order"] = place
        new = question(question_text="Anything else?", order=3)
        answer = await teacher.patch(address(made), json={"questions": [first, third, new]})
        assert answer.status_code == 200, answer.text
        now = answer.json()["questions"]
        assert [one["id"] for one in now[:2]] == [third["id"], first["id"]]
        assert now[2]["id"] not in {one["id"] for one in made["questions"]}
        assert [one["answer_text"] for one in now[0]["answers"]] == ["Blue", "Green", "Red"]
        assert now[1]["answers"] == first["answers"]
        assert (await teacher.get(address(made))).json()["questions"] == now

    async def test_what_was_read_can_be_written_back(self, teacher: httpx.AsyncClient, make: Make) -> None:
        made = await make()
        answer = await teacher.put(address(made), json=made)
        assert answer.status_code == 200
        assert answer.json()["questions"] == made["questions"]

    async def test_a_question_of_another_assessment_is_not_taken(self, teacher: httpx.AsyncClient, make: Make) -> None:
        made, other = await make(), await make(lesson=12)
        answer = await teacher.patch(address(made), json={"questions": other["questions"]})
        assert (answer.status_code, list(answer.json())) == (400, ["questions.0.id"])
        mixed = made["questions"][0] | {"answers": other["questions"][0]["answers"]}
        answer = await teacher.patch(address(made), json={"questions": [mixed]})
        assert (answer.status_code, list(answer.json())) == (400, ["questions.0.answers.0.id"])

    async def test_tells_it_with_a_version_each(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, make: Make
    ) -> None:
        made = await make()
        await asyncio.gather(*(teacher.patch(address(made), json={"passing_score": score}) for score in (10, 20, 30)))
        assert [fact.version for fact in await service.events(AssessmentUpdated)] == [2, 3, 4]

    async def test_a_refused_change_changes_nothing(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, make: Make
    ) -> None:
        made = await make()
        await teacher.patch(address(made), json={"title": "Renamed", "questions": [{"question_text": "What?"}]})
        assert (await teacher.get(address(made))).json() == made
        assert await service.events(AssessmentUpdated) == []


class TestDelete:
    async def test_then_it_is_gone(self, service: ServiceUnderTest, teacher: httpx.AsyncClient, make: Make) -> None:
        made = await make()
        assert (await teacher.delete(address(made))).status_code == 204
        assert (await teacher.delete(address(made))).status_code == 404
        assert (await teacher.get(address(made))).status_code == 404
        assert (await teacher.get(URL)).json()["count"] == 0
        (fact,) = await service.events(AssessmentDeleted)
        assert (fact.version, fact.is_deleted, fact.questions_count) == (2, True, 3)


class TestWhoMayWrite:
    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
    async def test_only_the_staff_of_the_course(
        self,
        service: ServiceUnderTest,
        make: Make,
        course: Callable[..., CoursePublished],
        method: str,
    ) -> None:
        made = await make()
        service.peers.answer("catalog", "/internal/courses/5/", course())
        body = {"lesson": 11, "title": "Mine now"}
        others = {None: 401, user(7): 403, user(501, "instructor"): 403}
        for caller, status in others.items():
            answer = await service.client(caller).request(method, address(made), json=body)
            assert answer.status_code == status
        assert answer.json()["code"] == "PERMISSION_DENIED"

    async def test_in_a_draft_there_is_nothing_for_others(
        self, service: ServiceUnderTest, make: Make, course: Callable[..., CoursePublished]
    ) -> None:
        made, draft = await make(), course(version=2, is_published=False, is_draft=True)
        await service.deliver(draft)
        service.peers.answer("catalog", "/internal/courses/5/", draft)
        service.peers.answer("enrollment", "/internal/enrollments/", None)
        stranger = service.client(user(501, "instructor"))
        assert (await stranger.delete(address(made))).status_code == 404
        assert (await stranger.get(address(made))).status_code == 404

    @pytest.mark.parametrize("id_", [0, BIGGEST + 1, 10**40, "one"])
    async def test_an_absurd_id_is_no_error_of_ours(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, id_: Any
    ) -> None:
        assert (await teacher.get(f"{URL}{id_}/")).status_code == 400
        assert (await teacher.delete(f"{URL}{id_}/")).status_code == 400
        assert (await teacher.get(f"{URL}{BIGGEST}/")).status_code == 404
