"""Question banks, drawing from them, and GIFT."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from shared.contracts.assessment.events import AssessmentCreated
from shared.contracts.catalog.events import CoursePublished
from shared.testing import ServiceUnderTest, user

Json = dict[str, Any]
Build = Callable[..., Json]
Make = Callable[..., Awaitable[Json]]
BANKS = "/api/question-banks/"
GIFT = "Is it so?{T}\n\nIs it not?{F}\n\nHow many?{#3}\n\nWhy is it?{}\n"


@pytest.fixture
async def bank(teaching: ServiceUnderTest, teacher: httpx.AsyncClient, question: Build) -> Json:
    """A bank of course 5 with five questions."""
    made = (await teacher.post(BANKS, json={"title": "Pool", "course": "first-aid"})).json()
    for number in range(5):
        body = question(bank=made["id"], question_text=f"Question number {number}?")
        assert (await teacher.post("/api/questions/", json=body)).status_code == 201
    return dict((await teacher.get(f"{BANKS}{made['id']}/")).json())


class TestBanks:
    async def test_come_change_and_go(self, teacher: httpx.AsyncClient, bank: Json) -> None:
        path = f"{BANKS}{bank['id']}/"
        assert (bank["title"], bank["course"], bank["questions_count"]) == ("Pool", 5, 5)
        assert (await teacher.patch(path, json={"title": "Other", "course": 6})).json()["title"] == "Other"
        assert (await teacher.put(path, json={"title": "Pool"})).json()["course"] == 5
        assert (await teacher.get(f"{BANKS}?course=5")).json()["results"][0]["questions_count"] == 5
        listed = (await teacher.get(f"/api/questions/?bank={bank['id']}")).json()
        assert [one["order"] for one in listed["results"]] == [1, 2, 3, 4, 5]
        assert [(one["assessment"], one["bank"]) for one in listed["results"]] == [(None, bank["id"])] * 5
        assert (await teacher.delete(path)).status_code == 204
        assert (await teacher.get(path)).status_code == 404
        assert (await teacher.get(f"/api/questions/{listed['results'][0]['id']}/")).status_code == 404

    async def test_go_with_their_course(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, bank: Json, course: Any
    ) -> None:
        sent = {"bank": bank["id"], "question_type": "essay", "question_text": "Why is it so?"}
        asked = (await teacher.post("/api/questions/", json=sent)).json()
        await service.deliver(course(version=2, is_deleted=True))
        service.peers.answer("catalog", "/internal/courses/5/", None)
        for path in ("/api/question-banks/", "/api/questions/", "/api/search/questions/?q=why"):
            assert (await teacher.get(path)).json()["results"] == [], path
        for path in (f"/api/question-banks/{bank['id']}/", f"/api/questions/{asked['id']}/"):
            assert (await teacher.get(path)).status_code == 404, path

    async def test_have_questions_that_change_and_go(self, teacher: httpx.AsyncClient, bank: Json) -> None:
        first, second = (await teacher.get(f"/api/questions/?bank={bank['id']}")).json()["results"][:2]
        changed = await teacher.patch(f"/api/questions/{first['id']}/", json={"points": 9})
        assert changed.json() == first | {"points": 9}
        answer = await teacher.patch(f"/api/answers/{first['answers'][0]['id']}/", json={"is_correct": True})
        assert answer.json()["is_correct"] is True
        assert (await teacher.delete(f"/api/questions/{second['id']}/")).status_code == 204
        assert (await teacher.get(f"{BANKS}{bank['id']}/")).json()["questions_count"] == 4

    async def test_a_question_belongs_to_one_place(
        self, teacher: httpx.AsyncClient, bank: Json, question: Build
    ) -> None:
        for body in (question(), question(assessment=1, bank=bank["id"])):
            answer = await teacher.post("/api/questions/", json=body)
            assert (answer.status_code, list(answer.json())) == (400, ["assessment"])

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"title": "x", "course": 5}, "title"),
            ({"title": "Pool"}, "course"),
            ({"title": "Pool", "course": "nowhere"}, "course"),
            ({"title": "Pool", "course": 99}, "course"),
            ({"title": "Pool", "course": 10**30}, "course"),
            ({"title": "Pool", "course": True}, "course"),
        ],
    )
    async def test_are_checked(
        self, teaching: ServiceUnderTest, teacher: httpx.AsyncClient, body: Json, field: str
    ) -> None:
        for path in ("/internal/courses/", "/internal/courses/99/", f"/internal/courses/{10**30}/"):
            teaching.peers.answer("catalog", path, None)
        answer = await teacher.post(BANKS, json=body)
        assert (answer.status_code, list(answer.json())) == (400, [field])

    async def test_in_a_course_of_which_no_event_came(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, course: Callable[..., CoursePublished]
    ) -> None:
        body = {"title": "Pool", "course": "first-aid"}
        assert (await teacher.post(BANKS, json=body)).status_code == 503
        service.peers.answer("catalog", "/internal/courses/", course())
        assert (await teacher.post(BANKS, json=body)).status_code == 201

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST import/", "GET export/"])
    async def test_are_for_the_staff_of_the_course(
        self, service: ServiceUnderTest, bank: Json, course: Callable[..., CoursePublished], method: str
    ) -> None:
        service.peers.answer("catalog", "/internal/courses/5/", course())
        verb, _, action = method.partition(" ")
        callers = {
            None: 401,
            user(7): 403,
            user(9, premium=True): 403,
            user(501, "instructor"): 404,
            user(1, "administrator"): 204 if method == "DELETE" else 200,
        }
        for caller, status in callers.items():
            answer = await service.client(caller).request(
                verb, f"{BANKS}{bank['id']}/{action}", json={"title": "Pool"} if verb == "PUT" else None
            )
            assert answer.status_code == status, caller

    @pytest.mark.parametrize("course", ["0", "000", "9" * 19, "9" * 255])
    async def test_a_number_that_is_no_id_is_nobodys_course(self, teacher: httpx.AsyncClient, course: str) -> None:
        answer = await teacher.get(f"{BANKS}?course={course}")
        assert (answer.status_code, answer.json()["results"]) == (200, [])
        assert (await teacher.post(BANKS, json={"title": "Pool", "course": course})).status_code == 400


class TestDraws:
    async def test_so_many_at_random_for_each_attempt(
        self, service: ServiceUnderTest, learner: httpx.AsyncClient, make: Make, start: Make, complete: Make, bank: Json
    ) -> None:
        made = await make(questions=[], draws=[{"bank": bank["id"], "count": 3}], max_attempts=20)
        assert (made["draws"], made["questions_count"]) == ([{"bank": bank["id"], "count": 3}], 3)
        assert (await service.events(AssessmentCreated))[-1].questions_count == 3
        drawn = set()
        for _ in range(12):
            begun = await start(made)
            assert len({one["id"] for one in begun["questions"]}) == 3
            assert (await start(made))["questions"] == begun["questions"]
            drawn.add(frozenset(one["id"] for one in begun["questions"]))
            await complete(begun)
        assert len(drawn) > 1

    async def test_beside_its_own_questions_and_scored_like_them(
        self,
        teacher: httpx.AsyncClient,
        make: Make,
        start: Make,
        save: Any,
        complete: Make,
        regrade: Make,
        bank: Json,
    ) -> None:
        made = await make(draws=[{"bank": bank["id"], "count": 100}])
        begun = await start(made)
        assert (len(begun["questions"]), begun["max_score"]) == (8, 11.0)
        await save(begun, 7, "Alpha")
        done = await complete(begun)
        assert done["score"] == 0.0
        answers = (await teacher.get(f"/api/questions/{begun['questions'][7]['id']}/")).json()["answers"]
        await teacher.patch(f"/api/answers/{answers[0]['id']}/", json={"is_correct": True})
        assert [row["changed"] for row in (await regrade(made))["results"]] == [True]

    async def test_from_an_empty_bank_there_is_nothing_to_start(
        self, teacher: httpx.AsyncClient, learner: httpx.AsyncClient, make: Make, bank: Json
    ) -> None:
        made = await make(questions=[], draws=[{"bank": bank["id"], "count": 1}])
        await teacher.delete(f"{BANKS}{bank['id']}/")
        answer = await learner.post(f"/api/assessments/{made['id']}/start/")
        assert (answer.status_code, answer.json()["code"]) == (403, "ASSESSMENT_NOT_AVAILABLE")
        kept = await teacher.patch(f"/api/assessments/{made['id']}/", json={"draws": made["draws"]})
        assert kept.status_code == 200

    @pytest.mark.parametrize(
        ("draws", "field"),
        [
            ([{"bank": 999_999, "count": 1}], "draws.0.bank"),
            ([{"bank": 10**30, "count": 1}], "draws.0.bank"),
            ([{"bank": "{bank}", "count": 0}], "draws.0.count"),
            ([{"bank": "{bank}", "count": 101}], "draws.0.count"),
            ([{"bank": "{bank}", "count": 1}] * 2, "draws.1.bank"),
            (None, "draws"),
        ],
    )
    async def test_are_checked(
        self, teacher: httpx.AsyncClient, make: Make, bank: Json, draws: list[Json] | None, field: str
    ) -> None:
        made = await make()
        for draw in draws or ():
            draw["bank"] = bank["id"] if draw["bank"] == "{bank}" else draw["bank"]
        answer = await teacher.patch(f"/api/assessments/{made['id']}/", json={"draws": draws})
        assert (answer.status_code, list(answer.json())) == (400, [field])


class TestGift:
    async def test_comes_in_as_a_file_or_as_text_and_goes_out(self, teacher: httpx.AsyncClient, bank: Json) -> None:
        path = f"{BANKS}{bank['id']}/import/?format=gift"
        sent = await teacher.post(path, files={"file": ("pool.gift", GIFT.encode())})
        assert sent.status_code == 200, sent.text
        assert sent.json() == {
            "imported": 3, "skipped": [{"line": 5, "reason": "Numerical questions are not supported."}],
        }  # fmt: skip
        sent = await teacher.post(path, content=GIFT, headers={"Content-Type": "text/plain"})
        assert sent.json()["imported"] == 3
        listed = (await teacher.get(f"/api/questions/?bank={bank['id']}")).json()
        assert [one["order"] for one in listed["results"]] == list(range(1, 12))
        out = await teacher.get(f"{BANKS}{bank['id']}/export/?format=gift")
        assert (out.status_code, out.headers["content-type"]) == (200, "text/plain; charset=utf-8")
        again = await teacher.post(path, content=out.content, headers={"Content-Type": "text/plain"})
        assert again.json() == {"imported": 11, "skipped": []}

    async def test_two_imports_at_once_both_count(self, teacher: httpx.AsyncClient, bank: Json) -> None:
        path = f"{BANKS}{bank['id']}/import/"
        await asyncio.gather(*(teacher.post(path, content=GIFT) for _ in range(3)))
        listed = (await teacher.get(f"/api/questions/?bank={bank['id']}")).json()
        assert [one["order"] for one in listed["results"]] == list(range(1, 15))

    async def test_what_is_no_text_is_refused(self, teacher: httpx.AsyncClient, bank: Json) -> None:
        path = f"{BANKS}{bank['id']}/import/"
        assert (await teacher.post(path, content=b"\xff\xfe")).json() == {"file": ["The file is not text in UTF-8."]}
        assert (await teacher.post(path, content=b"x" * (1024 * 1024 + 1))).status_code == 413
        assert list((await teacher.post(path, files={"other": b"x"})).json()) == ["file"]
        assert (await teacher.post(f"{path}?format=xml", content=GIFT)).status_code == 400
        broken = await teacher.post(path, content=b"--x", headers={"Content-Type": "multipart/form-data"})
        assert broken.status_code == 400
