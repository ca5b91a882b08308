"""The short way to an answer gives what the usual way gives, to the byte, and takes nothing that it should not."""

from typing import Any
from unittest import mock

import httpx
import pytest
from fastapi.routing import APIRoute

from catalog.main import ROUTERS
from catalog.routes import courses, hot, lessons, search
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
        ("/api/courses/?page=1", "&page_size=20"),
        ("/api/courses/?page=9", "&page_size=20"),
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


@pytest.mark.parametrize(
    "path",
    [
        "/api/courses/featured/",
        "/api/courses/?page=0",
        "/api/courses/?page=1&page=2",
        "/api/courses/?level=beginner",
        "/api/courses/%00/",
        "/api/courses/Upper/",
        "/api/lessons/0/",
        "/api/lessons/9223372036854775808/",
        "/api/lessons/x/",
        "/api/search/suggest/",
        "/api/search/suggest/?q=",
        "/api/search/suggest/?q=a%2Bb",
        "/api/search/suggest/?q=a&q=b",
    ],
)
async def test_what_is_not_in_plain_order_goes_the_usual_way(catalog: ServiceUnderTest, path: str) -> None:
    with (
        mock.patch.object(courses, "read_course", side_effect=AssertionError),
        mock.patch.object(courses, "read_courses", side_effect=AssertionError),
        mock.patch.object(lessons, "read_lesson", side_effect=AssertionError),
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
