"""Searching questions."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from shared.contracts.catalog.events import CoursePublished
from shared.testing import ServiceUnderTest, user

Json = dict[str, Any]
Make = Callable[..., Awaitable[Json]]
URL = "/api/search/questions/"


async def found(client: httpx.AsyncClient, query: str, **params: Any) -> list[Json]:
    answer = await client.get(URL, params={"q": query, **params})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["results"])


@pytest.fixture
async def made(make: Make, question: Callable[..., Json], typed: dict[str, Json]) -> Json:
    texts = ("How do you stop <b>bleeding</b>?", "What is the brachial artery?")
    return await make(questions=[*(question(question_text=text) for text in texts), typed["fill_blank"]])


class TestASearch:
    async def test_finds_words_whatever_their_form_and_shows_where(
        self, teacher: httpx.AsyncClient, made: Json
    ) -> None:
        (one,) = await found(teacher, "bleed")
        assert one == {
            "id": made["questions"][0]["id"],
            "question_type": "multiple_choice",
            "assessment": {"id": made["id"], "title": "Checkpoint"},
            "bank": None,
            "course": {"id": 5, "slug": "first-aid", "title": "First aid"},
            "snippet": one["snippet"],
        }
        assert "<mark>bleeding</mark>" in one["snippet"]
        assert "<b>" not in one["snippet"]

    async def test_looks_at_gaps_and_explanations_too(self, teacher: httpx.AsyncClient, made: Json) -> None:
        assert [one["question_type"] for one in await found(teacher, "give")] == ["fill_blank"]
        assert len(await found(teacher, "because key")) == 3

    async def test_finds_what_is_in_banks(
        self, teaching: ServiceUnderTest, teacher: httpx.AsyncClient, question: Callable[..., Json]
    ) -> None:
        bank = (await teacher.post("/api/question-banks/", json={"title": "Bank", "course": 5})).json()
        await teacher.post("/api/questions/", json=question(bank=bank["id"]))
        (one,) = await found(teacher, "one", course="first-aid")
        assert (one["assessment"], one["bank"]) == (None, {"id": bank["id"], "title": "Bank"})
        await teacher.delete(f"/api/question-banks/{bank['id']}/")
        assert await found(teacher, "one") == []

    async def test_stays_in_ones_own_courses(self, service: ServiceUnderTest, made: Json) -> None:
        assert await found(service.client(user(501, "instructor")), "artery") == []
        assert len(await found(service.client(user(1, "administrator")), "artery")) == 1

    async def test_finds_nothing_deleted(
        self, service: ServiceUnderTest, teacher: httpx.AsyncClient, made: Json, course: Callable[..., CoursePublished]
    ) -> None:
        await service.deliver(course(version=2, is_deleted=True))
        assert await found(service.client(user(1, "administrator")), "artery") == []

    async def test_has_pages(self, teacher: httpx.AsyncClient, made: Json) -> None:
        ids = [one["id"] for one in await found(teacher, "key")]
        answer = (await teacher.get(URL, params={"q": "key", "page_size": 2, "cursor": ""})).json()
        rest = (await teacher.get(answer["next"])).json()
        assert [one["id"] for one in answer["results"] + rest["results"]] == ids
        assert (len(answer["results"]), rest["next"]) == (2, None)

    @pytest.mark.parametrize("query", ["'", "a & | !", "((", "\\", "-", '"', "<->", "%", "é" * 200, ":*"])
    async def test_of_anything_is_no_error(self, teacher: httpx.AsyncClient, made: Json, query: str) -> None:
        await found(teacher, query)

    @pytest.mark.parametrize("params", [{}, {"q": ""}, {"q": "x" * 201}, {"q": "nul\0"}, {"q": "x", "ordering": "id"}])
    async def test_needs_a_query(self, teacher: httpx.AsyncClient, params: Json) -> None:
        answer = await teacher.get(URL, params=params)
        assert (answer.status_code, list(answer.json())) == (400, ["ordering" if "ordering" in params else "q"])
