"""How many courses are listed: the sum of changes is what counting them gives, whatever happens to courses."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from catalog.reconciliation import CHECKS
from catalog.schedules import keep_count
from catalog.store import listed
from shared.testing import ServiceUnderTest

CHANGES = (
    "UPDATE courses SET is_published = false WHERE id % 3 = 0",
    "UPDATE courses SET is_published = true, published_date = now(), title = title || ' anew'",
    "UPDATE courses SET is_deleted = true WHERE id % 2 = 0",
    "UPDATE courses SET is_deleted = true, is_published = false",
    "UPDATE courses SET is_published = true, published_date = now()",
    "UPDATE courses SET is_deleted = false, enrolled_students_count = 5",
    "DELETE FROM courses WHERE id = (SELECT min(id) FROM courses)",
    "UPDATE courses SET enrolled_students_count = 7",
)


@pytest.fixture
async def courses(published: Any, course: Any) -> None:
    for number in range(5):
        await published(title=f"Course {number}")
    await course()


async def counts(catalog: ServiceUnderTest) -> tuple[int, int, int]:
    """By the sum, by counting, and rows that the sum is made of."""
    counted = "SELECT count(*) FROM courses WHERE is_published AND NOT is_deleted"
    async with catalog.database.reading() as session:
        row = (await session.execute(text(f"SELECT ({listed.COUNT}), ({counted}), count(*) FROM listed_changes"))).one()
        return int(row[0]), int(row[1]), int(row[2])


async def change(catalog: ServiceUnderTest, statement: str) -> None:
    async with catalog.database.transaction() as session:
        await session.execute(text("DELETE FROM course_instructors"))
        await session.execute(text("UPDATE courses SET family_id = id, parent_version_id = NULL"))
        await session.execute(text(statement))


async def test_the_sum_follows_the_courses(catalog: ServiceUnderTest, courses: None) -> None:
    assert (await counts(catalog))[:2] == (5, 5)
    for statement in CHANGES:
        await change(catalog, statement)
        by_sum, counted, _ = await counts(catalog)
        assert by_sum == counted, statement


async def test_nothing_is_added_by_what_changes_nothing(catalog: ServiceUnderTest, courses: None) -> None:
    before = await counts(catalog)
    await change(catalog, "UPDATE courses SET is_published = is_published, enrolled_students_count = 9")
    assert await counts(catalog) == before


async def test_made_one_the_sum_is_the_same(catalog: ServiceUnderTest, courses: None) -> None:
    await keep_count(catalog.database)
    assert await counts(catalog) == (5, 5, 1)
    await keep_count(catalog.database)
    assert await counts(catalog) == (5, 5, 1)


async def test_several_at_once_lose_nothing(catalog: ServiceUnderTest, courses: None) -> None:
    async def flip(times: int) -> None:
        for number in range(times):
            await change(
                catalog, f"UPDATE courses SET published_date = now(), is_published = {number % 2 == 1} WHERE id % 2 = 0"
            )

    async def merge(times: int) -> None:
        for _ in range(times):
            await keep_count(catalog.database)

    await asyncio.gather(flip(10), *(merge(10) for _ in range(3)))
    by_sum, counted, _ = await counts(catalog)
    assert by_sum == counted
    await keep_count(catalog.database)
    assert await counts(catalog) == (counted, counted, 1)


async def test_who_merges_sees_what_others_have_not_committed_later(catalog: ServiceUnderTest, courses: None) -> None:
    async with catalog.database.transaction() as session:
        await session.execute(text("UPDATE courses SET is_published = false"))
        await keep_count(catalog.database)
        assert (await counts(catalog))[:2] == (5, 5)
    assert (await counts(catalog))[:2] == (0, 0)


async def test_a_wrong_sum_is_found_and_repaired(catalog: ServiceUnderTest, courses: None) -> None:
    check = next(each for each in CHECKS if each.name == "listed_changes")
    async with catalog.database.transaction() as session:
        assert (await session.scalars(text(check.find))).all() == []
        await session.execute(text("INSERT INTO listed_changes (change) VALUES (2)"))
        assert (await session.scalars(text(check.find))).all() == ["7 courses listed, its rows come to 5"]
        await session.execute(text(check.repair))
        assert (await session.scalars(text(check.find))).all() == []
