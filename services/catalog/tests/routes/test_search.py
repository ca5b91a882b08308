"""Searching courses, suggestions, and what is counted of it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from catalog.schedules import keep_search
from shared.contracts.enrollment.events import EnrollmentCreated, RatingChanged
from shared.contracts.gateway.events import UserUpdated
from shared.testing import ServiceUnderTest


def enrolled(course_id: int, user_id: int) -> EnrollmentCreated:
    return EnrollmentCreated(
        enrollment_id=course_id * 100 + user_id, user_id=user_id, course_id=course_id, status="active",
        progress_percentage=0, completed_lessons=0, total_lessons=1, created_date=datetime(2030, 1, 1, tzinfo=UTC),
        version=1,
    )  # fmt: skip


async def found(client: httpx.AsyncClient, query: str) -> dict[str, Any]:
    answer = await client.get(f"/api/search/courses/?{query}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def titles(answer: dict[str, Any]) -> list[str]:
    return [card["title"] for card in answer["results"]]


@pytest.fixture
async def shelf(catalog, published, course, admin) -> dict[str, dict[str, Any]]:
    await admin.post("/api/categories/", json={"name": "Data Science"})
    books = {
        "python": await published(
            {"title": "Comprehensions"}, title="Python programming", tags=["python", "coding"], price=50,
            level="beginner", category="data-science", description="Learn to write programs, café " + "d" * 60,
        ),
        "pandas": await published(
            title="Pandas", subtitle="Tables in Python", price=0, level="advanced", category="data-science",
            description="Frames and series " + "d" * 60,
        ),
        "cooking": await published(
            title="Cooking", price=150, language="fr", description="Not about python snakes " + "d" * 60
        ),
        "draft": await course(title="Python secrets", tags=["hiddentag"]),
    }  # fmt: skip
    for user_id in (20, 21):
        await catalog.deliver(enrolled(books["cooking"]["id"], user_id))
    await catalog.deliver(
        RatingChanged(course_id=books["pandas"]["id"], version=1, average=4.2, count=3, histogram={"4": 3})
    )
    return books


class TestCourses:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("q=python", ["Python programming", "Pandas", "Cooking"]),
            ("q=PYTHON+programs", ["Python programming"]),
            ("q=cafe", ["Python programming"]),
            ("q=Caf%C3%A9", ["Python programming"]),
            ("q=comprehension", ["Python programming"]),
            ("q=%22write+programs%22", ["Python programming"]),
            ("q=%22programs+write%22", []),
            ("q=python+-snakes", ["Python programming", "Pandas"]),
            ("q=pandas+or+cooking", ["Cooking", "Pandas"]),
            ("q=", ["Cooking", "Pandas", "Python programming"]),
            ("", ["Cooking", "Pandas", "Python programming"]),
            ("q=the", []),
            ("q=%26%7C!():*%27%22", []),
            ("q=python&level=beginner", ["Python programming"]),
            ("q=python&category=data-science", ["Python programming", "Pandas"]),
            ("q=python&max_price=50&min_price=1", ["Python programming"]),
            ("q=python&min_rating=4", ["Pandas"]),
            ("q=python&language=fr", ["Cooking"]),
            ("q=python&tag=coding", ["Python programming"]),
            ("q=python&is_free=true", ["Pandas"]),
            ("q=python&ordering=-price", ["Cooking", "Python programming", "Pandas"]),
            ("q=python&ordering=relevance", ["Python programming", "Pandas", "Cooking"]),
            ("q=python&ordering=-relevance", ["Python programming", "Pandas", "Cooking"]),
            ("q=python&ordering=-enrolled_students_count,title", ["Cooking", "Pandas", "Python programming"]),
        ],
    )
    async def test_what_is_found(self, shelf, guest, query: str, expected: list[str]) -> None:
        answer = await found(guest, query)
        assert titles(answer) == expected
        assert (answer["count"], answer["did_you_mean"]) == (len(expected), None)

    @pytest.mark.parametrize(
        ("query", "meant", "expected"),
        [
            ("q=pyhton", "python", ["Python programming", "Pandas"]),
            ("q=Pyton+programing", "python programming", ["Python programming"]),
            ("q=progr", "programming", ["Python programming"]),
            ("q=quantum", None, []),
            ("q=secrets", None, []),
            ("q=xyz", None, []),
        ],
    )
    async def test_typos(self, shelf, guest, query: str, meant: str | None, expected: list[str]) -> None:
        answer = await found(guest, query)
        assert answer["did_you_mean"] == meant
        assert titles(answer)[: len(expected)] == expected

    async def test_a_filter_that_leaves_nothing_is_no_typo(self, shelf, guest) -> None:
        answer = await found(guest, "q=python&level=intermediate")
        assert (answer["count"], answer["did_you_mean"]) == (0, None)
        assert [facet["value"] for facet in answer["facets"]["level"]] == ["beginner", "advanced", "all_levels"]

    async def test_facets(self, shelf, guest) -> None:
        facets = (await found(guest, "q=python"))["facets"]
        assert facets["category"] == [
            {"value": "data-science", "label": "Data Science", "count": 2},
            {"value": "general", "label": "General", "count": 1},
        ]
        assert facets["price"] == [
            {"value": "free", "label": "Free", "count": 1},
            {"value": "50-100", "label": "50 to 100", "count": 1},
            {"value": "100-200", "label": "100 to 200", "count": 1},
        ]
        assert facets["rating"] == [
            {"value": value, "label": f"{value} and more", "count": 1} for value in ("4", "3", "2", "1")
        ]
        assert [(one["value"], one["count"]) for one in facets["language"]] == [("en", 2), ("fr", 1)]

    async def test_a_facet_leaves_its_own_filter_out(self, shelf, guest) -> None:
        facets = (await found(guest, "q=python&category=general&level=all_levels"))["facets"]
        assert [(one["value"], one["count"]) for one in facets["category"]] == [("general", 1)]
        assert [(one["value"], one["count"]) for one in facets["level"]] == [("all_levels", 1)]
        facets = (await found(guest, "q=python&category=data-science"))["facets"]
        assert [(one["value"], one["count"]) for one in facets["category"]] == [("data-science", 2), ("general", 1)]
        assert [(one["value"], one["count"]) for one in facets["level"]] == [("beginner", 1), ("advanced", 1)]

    async def test_it_follows_what_changes(self, shelf, guest, teacher) -> None:
        path = f"/api/courses/{shelf['pandas']['id']}/"
        await teacher.patch(path, json={"title": "Polars", "subtitle": "Quick frames"})
        assert titles(await found(guest, "q=polars")) == ["Polars"]
        assert titles(await found(guest, "q=pandas")) == []
        await teacher.put(f"{path}unpublish/")
        assert titles(await found(guest, "q=polars")) == []

    async def test_pages(self, shelf, guest) -> None:
        first = await found(guest, "q=python&page_size=2")
        assert (first["count"], len(first["results"])) == (3, 2)
        second = (await guest.get(first["next"].replace("http://127.0.0.1:8000", ""))).json()
        assert (titles(second), second["next"]) == (["Cooking"], None)
        assert (await guest.get("/api/search/courses/?q=python&page=3&page_size=2")).status_code == 404

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("q=a%00b", "q"),
            ("q=" + "x" * 201, "q"),
            ("q=x&level=expert", "level"),
            ("q=x&min_rating=6", "min_rating"),
            ("q=x&ordering=secret", "ordering"),
            ("q=x&page=0", "page"),
            ("q=x&page=502", "page"),
            ("q=x&page=99999999999999999999", "page"),
            ("q=x&cursor=", "cursor"),
        ],
    )
    async def test_bad_queries_are_named(self, guest, query: str, field: str) -> None:
        answer = await guest.get(f"/api/search/courses/?{query}")
        assert (answer.status_code, list(answer.json())) == (400, [field])


class TestSuggest:
    async def suggested(self, client: httpx.AsyncClient, query: str) -> list[tuple[str, str, str]]:
        answer = await client.get("/api/search/suggest/", params={"q": query})
        assert answer.status_code == 200, answer.text
        return [(one["type"], one["text"], one["slug"]) for one in answer.json()["results"]]

    async def test_of_each_kind(self, shelf, guest) -> None:
        assert await self.suggested(guest, "pyth") == [
            ("course", "Python programming", shelf["python"]["slug"]),
            ("tag", "python", "python"),
        ]
        assert await self.suggested(guest, "python PROGRAMMI") == [
            ("course", "Python programming", shelf["python"]["slug"])
        ]
        assert await self.suggested(guest, "scien") == [("category", "Data Science", "data-science")]
        assert await self.suggested(guest, "teach") == [("instructor", "Grace Teacher", "7")]

    async def test_nothing_hidden(self, catalog: ServiceUnderTest, shelf, guest, colleague) -> None:
        await colleague.post("/api/courses/", json={"title": "Drafty", "description": "d" * 60})
        await catalog.deliver(
            UserUpdated(user_id=20, full_name="Zoe Learner", role="student", is_active=True, version=2)
        )
        for query in ("secret", "hidden", "drafty", "alan", "zoe", "", "  ", "!!", "%", "_", "'", "\\"):
            assert await self.suggested(guest, query) == [], query

    async def test_bad_queries_are_named(self, guest) -> None:
        for query in ("x" * 201, "a\0b"):
            answer = await guest.get("/api/search/suggest/", params={"q": query})
            assert (answer.status_code, list(answer.json())) == (400, ["q"])


class TestWords:
    async def known(self, catalog: ServiceUnderTest) -> dict[tuple[str, str], int]:
        async with catalog.database.reading() as session:
            rows = await session.execute(text("SELECT kind, word, courses FROM search_words"))
            return {(row.kind, row.word): row.courses for row in rows}

    async def test_are_counted_anew(self, catalog, shelf, teacher) -> None:
        known = await self.known(catalog)
        assert known["word", "python"] == known["tag", "coding"] == 1
        assert ("tag", "hiddentag") not in known
        await asyncio.gather(*(keep_search(catalog.database) for _ in range(3)))
        known = await self.known(catalog)
        assert (known["word", "python"], known["tag", "python"]) == (2, 1)
        await teacher.delete(f"/api/courses/{shelf['python']['id']}/")
        await keep_search(catalog.database)
        known = await self.known(catalog)
        assert (known["word", "python"], ("tag", "coding") in known) == (1, False)

    async def test_the_same_new_words_at_once(self, catalog, published) -> None:
        await asyncio.gather(*(published(title="alpha beta gamma", tags=["gamma", "alpha"]) for _ in range(4)))
        assert ("word", "alpha") in await self.known(catalog)


class TestCounting:
    async def analytics(self, client: httpx.AsyncClient, query: str = "") -> dict[str, Any]:
        answer = await client.get(f"/api/search/analytics/{query}")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def test_terms_clicks_and_what_was_not_found(self, shelf, guest, student, admin) -> None:
        for query in ("q=Python", "q=python%20", "q=python&page=1", "q=quantum", "q=pyhton", "q="):
            await found(guest, query)
        click = {"query": "PYTHON", "course": shelf["python"]["slug"], "position": 2}
        for client in (guest, student):
            assert (await client.post("/api/search/click/", json=click)).status_code == 204
        body = await self.analytics(admin)
        assert body["popular_terms"] == [
            {"term": "python", "searches": 3, "clicks": 2, "click_through_rate": 2 / 3, "average_position": 2.0},
            {"term": "pyhton", "searches": 1, "clicks": 0, "click_through_rate": 0.0, "average_position": 0.0},
            {"term": "quantum", "searches": 1, "clicks": 0, "click_through_rate": 0.0, "average_position": 0.0},
        ]
        assert body["no_result_terms"] == [{"term": "pyhton", "searches": 1}, {"term": "quantum", "searches": 1}]
        assert (body["searches"], body["click_through_rate"]) == (5, 0.4)
        assert body["latency_ms"] > 0

    async def test_nothing_yet(self, admin) -> None:
        body = await self.analytics(admin, "?days=1")
        assert (body["searches"], body["popular_terms"], body["click_through_rate"]) == (0, [], 0.0)
        assert body["latency_ms"] == 0.0

    async def test_many_at_once_all_count(self, shelf, guest, admin) -> None:
        await asyncio.gather(*(found(guest, "q=cooking") for _ in range(12)))
        assert (await self.analytics(admin))["popular_terms"][0]["searches"] == 12

    async def test_a_click_without_a_search_counts_nothing(self, shelf, guest, admin) -> None:
        click = {"query": "invented", "course": shelf["python"]["id"], "position": 1}
        assert (await guest.post("/api/search/click/", json=click)).status_code == 204
        assert (await self.analytics(admin))["popular_terms"] == []

    async def test_old_ones_are_forgotten(self, catalog, shelf, guest, admin) -> None:
        await found(guest, "q=cooking")
        async with catalog.database.transaction() as session:
            old = datetime.now(UTC).date() - timedelta(days=91)
            await session.execute(text("UPDATE searches SET day = :old"), {"old": old})
        await found(guest, "q=pandas")
        await keep_search(catalog.database)
        assert [one["term"] for one in (await self.analytics(admin, "?days=90"))["popular_terms"]] == ["pandas"]

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"query": ""}, "query"),
            ({"query": "x" * 201}, "query"),
            ({"query": "a\0b"}, "query"),
            ({"course": "no-such-course"}, "course"),
            ({"course": "No such"}, "course"),
            ({"course": 10**30}, "course"),
            ({"course": None}, "course"),
            ({"position": 0}, "position"),
            ({"position": 1001}, "position"),
        ],
    )
    async def test_bad_clicks_are_named(self, shelf, guest, change: dict[str, Any], field: str) -> None:
        click = {"query": "python", "course": shelf["python"]["slug"], "position": 1, **change}
        answer = await guest.post("/api/search/click/", json=click)
        assert answer.status_code == 400
        assert list(answer.json()) == [field]

    async def test_a_draft_cannot_be_clicked(self, shelf, guest) -> None:
        click = {"query": "python", "course": shelf["draft"]["id"], "position": 1}
        assert list((await guest.post("/api/search/click/", json=click)).json()) == ["course"]

    async def test_who_may_read_it(self, guest, student, teacher, admin) -> None:
        codes = [
            (await client.get("/api/search/analytics/")).json().get("code") for client in (guest, student, teacher)
        ]
        assert codes == ["AUTHENTICATION_REQUIRED", "ROLE_REQUIRED", "ROLE_REQUIRED"]
        assert list((await admin.get("/api/search/analytics/?days=91")).json()) == ["days"]
