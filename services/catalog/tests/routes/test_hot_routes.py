"""The short way to an answer gives what the usual way gives, to the byte, and takes nothing that it should not."""

from typing import Any
from unittest import mock

import httpx
import pytest
from fastapi.routing import APIRoute

from catalog.main import ROUTERS
from catalog.routes import courses, hot, lessons, search
from shared.hot_routes import PlainQuery
from shared.testing import ServiceUnderTest, user

CALLERS = [
    None,
    user(20),
    user(7, "instructor"),
    user(8, "instructor"),
    user(9, premium=True),
    user(1, "administrator"),
]

SAME_ID = {"X-Request-ID": "same"}


@pytest.fixture
async def made(published: Any) -> dict[str, Any]:
    await published()
    course: dict[str, Any] = await published(title="Second", price="12.50")
    return course


def same(short: httpx.Response, usual: httpx.Response) -> None:
    assert (short.status_code, short.content) == (usual.status_code, usual.content)
    assert short.headers == usual.headers


async def test_both_ways_are_the_same(catalog: ServiceUnderTest, made: dict[str, Any], course: Any) -> None:
    lesson, draft = made["modules"][0]["lessons"][0]["id"], await course()
    pairs = [
        (f"/api/courses/{made['slug']}/", "?any=1"),
        (f"/api/courses/{made['id']}/", "?any=1"),
        (f"/api/courses/{draft['slug']}/", "?any=1"),
        ("/api/courses/none/", "?any=1"),
        (f"/api/lessons/{lesson}/", None),
        ("/api/lessons/999/", None),
        ("/api/search/suggest/?q=Sec", "&any=1"),
        ("/api/search/suggest/?q=grace++T", "&any=1"),
    ]
    for caller in CALLERS:
        async with catalog.client(caller) as client:
            for path, addition in pairs:
                short = await client.get(path, headers=SAME_ID)
                if addition is None:
                    path = path.replace("/lessons/", "/lessons/0")
                same(short, await client.get(path + (addition or ""), headers=SAME_ID))


@pytest.mark.parametrize("path", ["/api/courses/", "/api/search/courses/"])
async def test_both_ways_read_the_same_query(catalog: ServiceUnderTest, made: dict[str, Any], path: str) -> None:
    queries = [
        "",
        "?page=1",
        "?page=9",
        "?page=9999999",
        "?page=%31&page_size=1",
        "?page_size=1&ordering=-price,title",
        "?page_size=1000",
        "?ordering=nothing",
        "?cursor=",
        "?cursor=x",
        f"?category={made['category']['slug']}&level={made['level']}&max_price=12.50",
        "?min_price=12.5&is_free=no&has_certificate=1&is_featured=off",
        "?min_rating=0.0&min_duration=0&max_duration=9&instructor=7",
        "?language=EN&tag=%20Python%20&creation_method=builder",
        "?language=&tag=",
        "?is_draft=true" if path == "/api/courses/" else "?q=second&page=1",
        "?search=Sec%20on&ordering=relevance" if path == "/api/courses/" else "?q=%22second%22+or+-first",
    ]
    for caller in CALLERS:
        async with catalog.client(caller) as client:
            for query in queries:
                short = await client.get(path + query, headers=SAME_ID)
                with mock.patch.object(PlainQuery, "read", return_value=None):
                    same(short, await client.get(path + query, headers=SAME_ID))


async def test_a_search_is_counted_either_way(catalog: ServiceUnderTest, made: dict[str, Any]) -> None:
    async with catalog.client() as client:
        await client.get("/api/search/courses/?q=Second")
        with mock.patch.object(PlainQuery, "read", return_value=None):
            await client.get("/api/search/courses/?q=second")
    async with catalog.client(user(1, "administrator")) as client:
        popular = (await client.get("/api/search/analytics/")).json()["popular_terms"]
    assert [(each["term"], each["searches"]) for each in popular] == [("second", 2)]


@pytest.mark.parametrize(
    "path",
    [
        "/api/courses/featured/",
        "/api/courses/?page=0",
        "/api/courses/?page=1&page=2",
        "/api/courses/?level=none",
        "/api/courses/?level=",
        "/api/courses/?max_price=1.234",
        "/api/courses/?page=x",
        "/api/courses/?search=%00",
        "/api/courses/?utm_source=letter",
        "/api/search/courses/?q=x&q=y",
        "/api/search/courses/?q=%00",
        "/api/search/courses/?is_draft=true",
        "/api/courses/%00/",
        "/api/courses/Upper/",
        "/api/lessons/0/",
        "/api/lessons/9223372036854775808/",
        "/api/lessons/x/",
        "/api/search/suggest/?q=a&any=1",
        "/api/search/suggest/?q=a&q=b",
        "/api/search/suggest/?q=%00",
    ],
)
async def test_what_is_not_in_plain_order_goes_the_usual_way(catalog: ServiceUnderTest, path: str) -> None:
    with (
        mock.patch.object(courses, "read_course", side_effect=AssertionError),
        mock.patch.object(courses, "read_courses", side_effect=AssertionError),
        mock.patch.object(lessons, "read_lesson", side_effect=AssertionError),
        mock.patch.object(search, "search_courses", side_effect=AssertionError),
        mock.patch.object(search, "suggest_while_typing", side_effect=AssertionError),
    ):
        assert (await catalog.client().get(path)).status_code < 500


def test_no_other_route_is_hidden() -> None:
    """A fixed path that a hot route's pattern would match too is one that it leaves to the other."""
    hidden = [
        other.path
        for router in ROUTERS
        for other in router.routes
        for each in hot.HOT
        for route in each.routes
        if isinstance(other, APIRoute) and "{" not in other.path and other.path != route.path
        if other.methods & route.methods and (found := route.path_regex.match(other.path))
        if hot._SLUG_OR_ID.fullmatch(found.groupdict()["ref"])
    ]
    assert hidden == []
