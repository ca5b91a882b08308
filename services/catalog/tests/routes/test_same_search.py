"""Searches find, order and count what a plain reading of all courses would; and the table they look at follows."""

import random
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from sqlalchemy import text

from catalog.domain.search import LEVELS, PRICE_BANDS, RATINGS, wanted_part
from catalog.queries import hot_search
from catalog.store import popular
from shared.testing import ServiceUnderTest

WORDS = ("alpha", "beta", "gamma", "delta", "epsilon", "the", "of")
QUERIES = (
    "",
    "alpha",
    "gamma beta",
    "alpha or delta",
    '"alpha beta"',
    "alpha -beta",
    "-alpha",
    "beta or -alpha",
    "the",
)
FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"level": "beginner"},
    {"category": "second", "min_rating": 2.5},
    {"tag": "x"},
    {"has_certificate": "true", "is_featured": "false"},
    {"max_price": 50, "min_duration": 10, "max_duration": 60},
    {"is_free": "false", "language": "DE", "level": "advanced", "tag": "y"},
    {"instructor": 7},
)
ORDERINGS = ("", "title", "-price,avg_rating", "-published_date", "relevance", "created_date")

READ = text("""
    SELECT courses.*, categories.slug AS category,
        numnode(websearch_to_tsquery('stemmed', :query)) AS words,
        courses.document @@ websearch_to_tsquery('stemmed', :query) AS has_words,
        ts_rank(courses.document, websearch_to_tsquery('stemmed', :wanted))::numeric(6, 2) AS relevance,
        EXISTS (SELECT FROM course_instructors WHERE course_id = courses.id AND user_id = 7) AS is_taught
    FROM courses JOIN categories ON categories.id = courses.category_id
    WHERE is_published AND NOT is_deleted
""")


@pytest.fixture
async def full(
    catalog: ServiceUnderTest,
    monkeypatch: pytest.MonkeyPatch,
    admin: Any,
    course: Any,
    insert_courses: Any,
    teach_every_third: Any,
) -> None:
    """Sixty courses; more have a word than are ranked, or counted."""
    monkeypatch.setattr(
        hot_search, "_statement", hot_search._statement.__wrapped__
    )  # those that are kept have the limits
    monkeypatch.setattr(hot_search, "MOST_RANKED", 15)
    monkeypatch.setattr(hot_search, "MOST_COUNTED", 25)
    await admin.post("/api/categories/", json={"name": "Second"})
    draft = await course()
    chance = random.Random(5)
    async with catalog.database.reading() as session:
        categories = list(await session.scalars(text("SELECT id FROM categories ORDER BY id")))
    rows = []
    for number in range(60):
        price = chance.choice((0, 10, 49.99, 50, 150, 700))
        on_sale = price > 10 and chance.random() < 0.4
        rows.append(
            {
                "title": " ".join(chance.choices(WORDS, k=3)) + f" {number}",
                "description": " ".join(chance.choices(WORDS, k=8)),
                "category_id": chance.choice(categories),
                "price": price,
                "discount_price": chance.choice((0, 5)) if on_sale else None,
                "discount_ends": chance.choice((None, datetime(2001, 1, 1, tzinfo=UTC))) if on_sale else None,
                "tags": chance.choice(([], ["x"], ["x", "y"])),
                "level": chance.choice(list(LEVELS)),
                "language": chance.choice(("en", "de", "De")),
                "is_published": chance.random() < 0.9,
                "published_date": datetime(2030, 1, 1, chance.randrange(20), tzinfo=UTC),
                "is_deleted": chance.random() < 0.05,
                "has_certificate": chance.random() < 0.5,
                "is_featured": chance.random() < 0.3,
                "enrolled_students_count": chance.randrange(12),
                "avg_rating": chance.choice((0.0, 1.0, 2.5, 4.0, 4.5, 4.9)),
                "duration_minutes": chance.choice((None, 5, 30, 60, 90)),
                "created_date": datetime(2029, 1, 1, chance.randrange(20), tzinfo=UTC),
            }
        )
    await insert_courses(rows)
    await teach_every_third(draft["id"])


@pytest.mark.parametrize("marked", [False, True])
async def test_every_search_is_what_a_plain_reading_gives(
    catalog: ServiceUnderTest, full: None, guest: Any, monkeypatch: pytest.MonkeyPatch, marked: bool
) -> None:
    if marked:
        await mark(catalog, monkeypatch, 20)
        monkeypatch.setattr(hot_search, "MOST_COUNTED", 9)
        monkeypatch.setattr(hot_search, "MOST_RANKED", 6)
    for query, filters in product(QUERIES, FILTERS):
        async with catalog.database.reading() as session:
            found = await session.execute(READ, {"query": query, "wanted": wanted_part(query)})
            rows = [dict(row._mapping) | {"now": price_of(row)} for row in found]
        # The orderings take turns, so that each query and each filter meets several.
        ordering = ORDERINGS[(QUERIES.index(query) + FILTERS.index(filters)) % len(ORDERINGS)]
        sent = {"q": query, **filters, "page_size": 10, **({"ordering": ordering} if ordering else {})}
        answer = await guest.get("/api/search/courses/", params=sent)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        wanted = plain_search(rows, query, filters, ordering)
        if wanted is None:  # a correction may have been searched for
            continue
        count, ids, facets = wanted
        assert (body["count"], [card["id"] for card in body["results"]]) == (count, ids[:10]), sent
        assert {name: [(one["value"], one["count"]) for one in body["facets"][name]] for name in facets} == facets, sent


def price_of(row: Any) -> Any:
    ended = row.discount_ends is not None and row.discount_ends < datetime(2020, 1, 1, tzinfo=UTC)
    return row.price if row.discount_price is None or ended else row.discount_price


def plain_search(
    rows: list[dict[str, Any]], query: str, filters: dict[str, Any], ordering: str
) -> tuple[int, list[int], dict[str, list[tuple[str, int]]]] | None:
    """The number of results, their ids in order, and the facets; None when nothing has the text."""
    if not query:
        rows = [row | {"relevance": 0} for row in rows]
    elif not rows[0]["words"]:
        rows = [row | {"relevance": 0} for row in rows if query in row["title"].lower()]
    else:
        rows = [row for row in rows if row["has_words"]]
    if not rows:
        return None
    rows.sort(key=lambda row: (-row["enrolled_students_count"], -row["id"]))
    tests = {name: TESTS[name](value) for name, value in filters.items()}
    facet_filters = {name for names in FACETS.values() for name in names}
    others = [test for name, test in tests.items() if name not in facet_filters]
    results = [row for row in rows if all(test(row) for test in tests.values())][: hot_search.MOST_RANKED]
    results.sort(key=lambda row: -row["id"])
    for name in reversed(ordering.split(",") if ordering else ["relevance", "-enrolled_students_count"]):
        key = name.removeprefix("-")
        descending = name.startswith("-") or key == "relevance"
        results.sort(key=lambda row: row[key].lower() if key == "title" else row[key], reverse=descending)
    sample = [row for row in rows if all(test(row) for test in others)][: hot_search.MOST_COUNTED]
    facets = {}
    for facet, names in FACETS.items():
        kept = [row for row in sample if all(test(row) for name, test in tests.items() if name not in names)]
        facets[facet] = counted(facet, kept)
    return len(results), [row["id"] for row in results], facets


TESTS: dict[str, Any] = {
    "level": lambda value: lambda row: row["level"] == value,
    "category": lambda value: lambda row: row["category"] == value,
    "min_rating": lambda value: lambda row: row["avg_rating"] >= value,
    "tag": lambda value: lambda row: value in row["tags"],
    "has_certificate": lambda value: lambda row: row["has_certificate"] == (value == "true"),
    "is_featured": lambda value: lambda row: row["is_featured"] == (value == "true"),
    "is_free": lambda value: lambda row: (row["now"] == 0) == (value == "true"),
    "max_price": lambda value: lambda row: row["now"] <= value,
    "min_duration": lambda value: lambda row: (row["duration_minutes"] or 0) >= value,
    "max_duration": lambda value: lambda row: row["duration_minutes"] is not None and row["duration_minutes"] <= value,
    "language": lambda value: lambda row: row["language"].lower() == value.lower(),
    "instructor": lambda value: lambda row: row["is_taught"],
}
FACETS = {
    "category": {"category"},
    "level": {"level"},
    "price": {"min_price", "max_price", "is_free"},
    "rating": {"min_rating"},
    "language": {"language"},
}


def counted(facet: str, rows: list[dict[str, Any]]) -> list[tuple[str, int]]:
    if facet == "rating":
        counts = {value: sum(row["avg_rating"] >= float(value) for row in rows) for value, _ in RATINGS}
    elif facet == "price":
        bands = [[band.value for band in PRICE_BANDS if row["now"] >= band.least][-1] for row in rows]
        counts = {band.value: bands.count(band.value) for band in PRICE_BANDS}
    elif facet == "level":
        counts = {level: sum(row["level"] == level for row in rows) for level in LEVELS}
    else:
        values = [row[facet].lower() for row in rows]
        counts = {
            value: values.count(value) for value in sorted(set(values), key=lambda one: (-values.count(one), one))
        }
    return [(value, count) for value, count in counts.items() if count]


CHANGES = (
    "UPDATE courses SET enrolled_students_count = 7 WHERE id % 2 = 0",
    "UPDATE courses SET avg_rating = 3.5, total_reviews = 2",
    "UPDATE courses SET price = 20, discount_price = 3, discount_ends = now()",
    "UPDATE courses SET title = title || ' anew', description = 'omega'",
    "UPDATE courses SET outline = 'psi', language = 'fr', level = 'advanced', has_certificate = NOT has_certificate",
    "UPDATE courses SET is_published = false WHERE id % 3 = 0",
    "UPDATE courses SET is_published = true, published_date = now(), duration_minutes = 3, is_featured = true",
    "UPDATE courses SET is_deleted = true WHERE id % 5 = 0",
    "UPDATE courses SET is_deleted = false, creation_method = 'ai', category_id = (SELECT max(id) FROM categories)",
    "DELETE FROM course_instructors",
    "DELETE FROM courses WHERE id % 7 = 0",
)
DIFFERENT = """
    SELECT count(*) FROM (
        (SELECT id, {0} FROM courses WHERE is_published AND NOT is_deleted EXCEPT SELECT id, {0} FROM searched_courses)
        UNION ALL
        (SELECT id, {0} FROM searched_courses EXCEPT SELECT id, {0} FROM courses WHERE is_published AND NOT is_deleted)
    ) AS different
"""


async def test_what_is_searched_follows_the_courses(catalog: ServiceUnderTest, full: None) -> None:
    async with catalog.database.transaction() as session:
        names = await session.scalars(
            text("SELECT attname FROM pg_attribute WHERE attrelid = 'searched_courses'::regclass AND attnum > 0")
        )
        different = text(DIFFERENT.format(", ".join(name for name in names if name not in ("id", "is_popular"))))
        for change in CHANGES:
            await session.execute(text(change))
            assert await session.scalar(different) == 0, change
        assert (await session.scalar(text("SELECT count(*) FROM searched_courses")) or 0) > 40


async def mark(catalog: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """As many as popular, in steps of three courses."""
    monkeypatch.setattr(popular, "POPULAR", number)
    monkeypatch.setattr(popular, "MARKED_AT_ONCE", 3)
    more = True
    while more:
        async with catalog.database.transaction() as session:
            more = await popular.mark_popular(session)


MARKED = "SELECT id FROM searched_courses WHERE is_popular ORDER BY enrolled_students_count DESC, id DESC"
MOST = "SELECT id FROM searched_courses ORDER BY enrolled_students_count DESC, id DESC LIMIT 20"


class TestPopular:
    async def ids(self, catalog: ServiceUnderTest, statement: str) -> list[int]:
        async with catalog.database.reading() as session:
            return list(await session.scalars(text(statement)))

    async def test_those_with_most_learners(
        self, catalog: ServiceUnderTest, full: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert await self.ids(catalog, MARKED) == []
        await mark(catalog, monkeypatch, 20)
        before = await self.ids(catalog, MARKED)
        assert before == await self.ids(catalog, MOST)
        async with catalog.database.transaction() as session:
            await session.execute(text("UPDATE courses SET title = 'Anew', enrolled_students_count = id % 13"))
        assert set(await self.ids(catalog, MARKED)) == set(before)
        await mark(catalog, monkeypatch, 20)
        after = await self.ids(catalog, MARKED)
        assert after == await self.ids(catalog, MOST)
        assert set(after) != set(before)

    async def test_nobody_among_few(
        self, catalog: ServiceUnderTest, full: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await mark(catalog, monkeypatch, 20)
        await mark(catalog, monkeypatch, 40)
        assert await self.ids(catalog, MARKED) == []

    async def test_a_common_word_is_looked_for_among_them(
        self, catalog: ServiceUnderTest, full: None, guest: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Shown with marks that are wrong."""
        monkeypatch.setattr(hot_search, "MOST_COUNTED", 5)
        monkeypatch.setattr(hot_search, "MOST_RANKED", 5)
        last = "SELECT id FROM searched_courses WHERE document @@ 'alpha' ORDER BY enrolled_students_count, id LIMIT {}"
        for marked, looked_for_there in ((4, False), (5, True)):
            async with catalog.database.transaction() as session:
                await session.execute(text(f"UPDATE searched_courses SET is_popular = id IN ({last.format(marked)})"))
            wrong = set(await self.ids(catalog, MARKED))
            for sent in ({"q": "alpha"}, {"q": "alpha", "min_rating": 0}):
                answer = await guest.get("/api/search/courses/", params=sent)
                found = {card["id"] for card in answer.json()["results"]}
                assert (found <= wrong) == looked_for_there, sent

    async def test_marking_does_not_wait_for_who_changes_a_course(
        self, catalog: ServiceUnderTest, full: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with catalog.database.transaction() as editing:
            first = (await self.ids(catalog, MOST))[0]
            await editing.execute(text("UPDATE courses SET avg_rating = 1 WHERE id = :id"), {"id": first})
            await mark(catalog, monkeypatch, 20)
            assert len(await self.ids(catalog, MARKED)) == 19
        await mark(catalog, monkeypatch, 20)
        assert await self.ids(catalog, MARKED) == await self.ids(catalog, MOST)
