"""What PostgreSQL writes for the hot reads is what the models would have written from the readable statements."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from psycopg._queries import MAX_CACHED_STATEMENT_LENGTH
from pydantic import BaseModel
from sqlalchemy import text

from catalog.queries.courses import cards_by_id, get_course, list_ids
from catalog.queries.filters import CourseFilter
from catalog.queries.hot_course import BY_ID, BY_SLUG, find_whole_course
from catalog.queries.hot_lesson import find_whole_lesson, show
from catalog.queries.hot_list import read_page
from catalog.queries.lessons import find_lesson, show_lesson
from catalog.schemas.courses import CourseCard, CourseView
from catalog.schemas.lessons import LessonView
from shared.auth import Identity
from shared.errors import Refusal
from shared.pagination import Page, PageRequest
from shared.testing import ServiceUnderTest, user

NOW = datetime(2030, 5, 6, 7, 8, 9, tzinfo=UTC)
TEACHER, STUDENT = user(7, "instructor", name="Grace Teacher"), user(20)
CALLERS = [None, STUDENT, TEACHER, user(8, "instructor"), user(9, premium=True), user(1, "administrator")]

VARIETY = [
    "UPDATE courses SET avg_rating = 4.25, total_reviews = 4",
    "UPDATE courses SET avg_rating = 1e-7, title = 'Quotes \" \\ and é 漢 \u2028 </script>'  || id",
    "UPDATE courses SET discount_price = 0, discount_ends = NULL",
    "UPDATE courses SET discount_price = 5.5, discount_ends = '2030-05-06T07:08:09Z'",
    "UPDATE courses SET discount_price = 5.5, discount_ends = '2030-05-06T07:08:09.000001Z'",
    "UPDATE courses SET discount_price = 5.5, discount_ends = '2030-05-06T09:08:10.5+01:30'",
    "UPDATE courses SET version = 12.3, thumbnail = 'https://a.example/files/x/large.webp'",
    "UPDATE courses SET last_enrollment_date = '2029-01-01', tags = '[\"a\", \"b\\\\c\"]', requirements = '[]'",
    "UPDATE courses SET discount_price = NULL, price = 0, duration_minutes = 0, is_featured = true",
    "UPDATE modules SET description = 'Line' || chr(10) || chr(9) || 'next'",
    "INSERT INTO lesson_assessments SELECT 5 + id, 1, id, false FROM lessons",
    "UPDATE lesson_assessments SET is_deleted = true",
    "UPDATE lessons SET guest_content = 'For \"all\"', registered_content = NULL",
    "UPDATE lessons SET access_level = 'premium', registered_content = ' é ', video_url = 'v', transcript = 't'",
    "INSERT INTO enrollments SELECT 30 + id, 1, 20, id, 'active' FROM courses",
    "UPDATE courses SET is_sequential = true",
    "UPDATE courses SET is_published = false",
    "UPDATE enrollments SET status = 'dropped'",
    "UPDATE courses SET is_published = true",
    "UPDATE lessons SET is_free_preview = true, duration_minutes = NULL",
    "UPDATE modules SET is_published = false",
    "UPDATE course_instructors SET is_active = false",
    "UPDATE courses SET is_deleted = true",
    "UPDATE courses SET is_deleted = false",
    "DELETE FROM lessons",
    "DELETE FROM modules",
]
"""Changes, one after the other."""


@pytest.fixture
async def made(published: Any) -> dict[str, Any]:
    await published()
    return await published({"duration_minutes": 7}, title="Second", price="12.50", tags=["sql", "data"])


def as_read(model: type[BaseModel], body: bytes) -> dict[str, Any]:
    """The body, which the model takes without changing it."""
    found: dict[str, Any] = json.loads(body)
    assert json.loads(model.model_validate_json(body).model_dump_json()) == found
    return found


async def vary(catalog: ServiceUnderTest, statement: str) -> None:
    async with catalog.database.transaction() as session:
        await session.execute(text(statement.replace(":", r"\:")))


class TestSameAsReadable:
    async def test_course(self, catalog: ServiceUnderTest, made: dict[str, Any]) -> None:
        for statement in VARIETY:
            await vary(catalog, statement)
            for caller in CALLERS:
                for ref in (made["id"], made["slug"]):
                    course = await find_whole_course(catalog.database, caller, ref, now=NOW)
                    is_staff = course.found.standing.is_staff
                    async with catalog.database.reading() as session:
                        wanted = await get_course(session, made["id"], as_staff=is_staff, now=NOW)
                    assert as_read(CourseView, course.body) == json.loads(wanted.model_dump_json())
                    assert list(json.loads(course.body)) == list(wanted.model_dump())
                    assert course.body.startswith(b'{"id":%d,' % made["id"])

    async def test_list(self, catalog: ServiceUnderTest, made: dict[str, Any]) -> None:
        for statement in VARIETY:
            await vary(catalog, statement)
            for path in (
                "/api/courses/?page_size=1",
                "/api/courses/?page_size=50",
                "/api/courses/?cursor=&ordering=title",
            ):
                answer = await catalog.client().get(path)
                page = as_read(Page[CourseCard], answer.content)
                async with catalog.database.reading() as session:
                    cards = await cards_by_id(
                        session, [one["id"] for one in page["results"]], CourseCard, now=datetime.now(UTC)
                    )
                assert page["results"] == [json.loads(cards[one["id"]].model_dump_json()) for one in page["results"]]

    async def test_lesson(self, catalog: ServiceUnderTest, made: dict[str, Any]) -> None:
        lesson_id = made["modules"][0]["lessons"][0]["id"]
        for statement in VARIETY:
            await vary(catalog, statement)
            for caller in CALLERS:
                assert await hot_lesson(catalog, caller, lesson_id) == await readable_lesson(catalog, caller, lesson_id)


async def hot_lesson(catalog: ServiceUnderTest, caller: Identity | None, lesson_id: int) -> Any:
    try:
        lesson = await find_whole_lesson(catalog.database, caller, lesson_id)
        return lesson.found, lesson.bodies, as_read(LessonView, show(lesson, lesson.found.standing))
    except Refusal as refusal:
        return refusal.code


async def readable_lesson(catalog: ServiceUnderTest, caller: Identity | None, lesson_id: int) -> Any:
    try:
        async with catalog.database.reading() as session:
            lesson = await find_lesson(session, caller, lesson_id)
        view = show_lesson(lesson, lesson.found.standing)
        return lesson.found, lesson.bodies, json.loads(view.model_dump_json())
    except Refusal as refusal:
        return refusal.code


@pytest.mark.parametrize("statement", [BY_ID, BY_SLUG])
def test_the_driver_parses_the_statement_once(statement: str) -> None:
    assert len(statement) <= MAX_CACHED_STATEMENT_LENGTH


class TestPages:
    """The list by number, in one statement, against the statements over SQLAlchemy."""

    @pytest.mark.parametrize(
        ("page", "size", "ordering", "wanted"),
        [
            (1, 20, (), CourseFilter()),
            (1, 2, (), CourseFilter()),
            (2, 2, (), CourseFilter()),
            (2, 3, ("-title",), CourseFilter(level="beginner")),
            (1, 20, ("price", "-avg_rating"), CourseFilter(min_price=Decimal(20), is_free=False)),
            (1, 20, ("-relevance",), CourseFilter(search="course 1")),
            (1, 20, ("relevance",), CourseFilter(search="50% off")),
            (1, 20, ("published_date",), CourseFilter(instructor=7, language="EN", has_certificate=False)),
            (1, 20, (), CourseFilter(tag=" SQL ", category="general", max_price=Decimal("9999999999.99"))),
            (1, 20, (), CourseFilter(is_featured=True, min_rating=0.5, min_duration=1, max_duration=9)),
        ],
    )
    async def test_same_page(
        self,
        catalog: ServiceUnderTest,
        published: Any,
        course: Any,
        page: int,
        size: int,
        ordering: tuple[str, ...],
        wanted: CourseFilter,
    ) -> None:
        for number in range(5):
            await published(title=f"Course {number} 50% off", price=number * 10, tags=["sql"], level="beginner")
        await course(title="A draft")
        request = PageRequest(page=page, size=size, cursor=None, ordering=ordering, url="http://x/", query=())
        hot = json.loads(await read_page(catalog.database, request, wanted, now=NOW))
        async with catalog.database.reading() as session:
            readable = await list_ids(session, None, request, wanted, now=NOW)
        assert [card["id"] for card in hot["results"]] == readable.results
        assert {**hot, "results": []} == {**readable.model_dump(), "results": []}
        assert (hot["count"] > 0) != bool(wanted.is_featured)

    async def test_empty_and_past_the_end(self, guest: Any) -> None:
        empty = await guest.get("/api/courses/")
        assert empty.json() == {"count": 0, "next": None, "previous": None, "results": []}
        assert (await guest.get("/api/courses/?page=2")).status_code == 404
        assert (await guest.get("/api/courses/?page=9999")).status_code == 400
