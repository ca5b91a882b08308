"""Searching lessons: only where one is enrolled or teaches, with snippets that are safe to show."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from shared.contracts.enrollment.events import EnrollmentCreated, EnrollmentEvent, EnrollmentSuspended
from shared.testing import user

BODY = "<h2>Joins</h2><p>A natural <b>join</b> matches R&amp;D columns &lt;script&gt; by name.</p>"


def enrollment(event: type[EnrollmentEvent], course_id: int, version: int = 1) -> EnrollmentEvent:
    return event(
        enrollment_id=course_id, user_id=20, course_id=course_id,
        status="suspended" if event is EnrollmentSuspended else "active", progress_percentage=0, completed_lessons=0,
        total_lessons=1, created_date=datetime(2030, 1, 1, tzinfo=UTC), version=version,
    )  # fmt: skip


async def found(client: httpx.AsyncClient, query: str = "join") -> list[dict[str, Any]]:
    answer = await client.get("/api/search/content/", params={"q": query})
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


class TestContent:
    async def test_the_enrolled_find_what_they_may_read(self, catalog, published, module, lesson, student) -> None:
        course = await published({"title": "All about joins", "content": BODY})
        hidden = await module(course["id"], title="Hidden")
        await lesson(hidden["id"], content=BODY)
        assert await found(student) == []
        await catalog.deliver(enrollment(EnrollmentCreated, course["id"]))
        [result] = await found(student, "NATURAL joining")
        assert result["lesson"]["title"] == "All about joins"
        assert result["course"] == {"id": course["id"], "slug": course["slug"], "title": course["title"]}
        assert "<mark>natural</mark>" in result["snippet"]
        assert "<mark>join</mark>" in result["snippet"]
        assert "R&amp;D" in result["snippet"]
        assert "<script>" not in result["snippet"]
        assert "<p>" not in result["snippet"]
        await catalog.deliver(enrollment(EnrollmentSuspended, course["id"], 2))
        assert await found(student) == []

    async def test_and_those_who_teach(self, catalog, published, module, lesson, teacher, colleague, admin) -> None:
        course = await published({"content": BODY})
        hidden = await module(course["id"], title="Hidden")
        await lesson(hidden["id"], content=BODY)
        assert len(await found(teacher)) == 2
        for client in (colleague, admin, catalog.client(user(7, "student")), catalog.client(user(30, premium=True))):
            assert await found(client) == []

    async def test_a_deleted_course_is_gone(self, catalog, published, student, teacher) -> None:
        course = await published({"content": BODY})
        await catalog.deliver(enrollment(EnrollmentCreated, course["id"]))
        await teacher.put(f"/api/courses/{course['id']}/unpublish/")
        assert len(await found(student)) == 1
        await teacher.delete(f"/api/courses/{course['id']}/")
        assert await found(student) == await found(teacher) == []

    async def test_pages_and_cursors(self, published, module, lesson, teacher) -> None:
        course = await published({"content": BODY})
        section = await module(course["id"], title="More")
        for _ in range(2):
            await lesson(section["id"], content=BODY)
        page = (await teacher.get("/api/search/content/?q=join&page_size=2")).json()
        assert (page["count"], len(page["results"])) == (3, 2)
        seen, link = [], "/api/search/content/?q=join&page_size=1&cursor="
        while link:
            page = (await teacher.get(link.replace("http://127.0.0.1:8000", ""))).json()
            seen += [one["lesson"]["id"] for one in page["results"]]
            link = page["next"]
        assert len(seen) == len(set(seen)) == 3

    @pytest.mark.parametrize("query", ["", "the", "!!", "zebra", "&|:*'\"", "\\", "%"])
    async def test_what_finds_nothing(self, published, teacher, query: str) -> None:
        await published({"content": BODY})
        assert await found(teacher, query) == []

    async def test_not_for_guests(self, guest) -> None:
        assert (await guest.get("/api/search/content/?q=join")).json()["code"] == "AUTHENTICATION_REQUIRED"

    async def test_bad_queries_are_named(self, teacher) -> None:
        for query in ("x" * 201, "a\0b"):
            answer = await teacher.get("/api/search/content/", params={"q": query})
            assert (answer.status_code, list(answer.json())) == (400, ["q"])
