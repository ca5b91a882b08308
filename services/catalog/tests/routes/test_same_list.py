"""Filtered lists find, count and order what the readable statement does; and the texts they look at follow."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import combinations, cycle
from typing import Any, get_args

import pytest
from httpx import QueryParams
from sqlalchemy import text

from catalog.domain.choices import CreationMethod, Level
from catalog.queries.courses import list_ids
from catalog.queries.filters import CourseFilter
from catalog.queries.hot_list import read_page
from catalog.queries.pages import contains
from shared.pagination import PageRequest
from shared.testing import ServiceUnderTest

NOW = datetime(2030, 5, 6, 7, 8, 9, tzinfo=UTC)

TEXTS = (
    ("Joins in SQL", "Hundred% practice", 'First line\nsecond line, it\'s "quoted" \\ and 50% off_now'),
    ("Ends with foo", "bar begins this", "And here comes bax"),
    ("Ends with foo", "", "bar in the description"),
    ("fooXbar fooxbar", "xX", "Xx"),
    ("ÄÖÜ äöü ÀÉ", "Straße STRASSE ẞ", "Größe ﬀ ﬁ"),
    ("İstanbul Iğdır", "ıi iI", "i̇ stands in two characters"),
    ("ΟΔΟΣ ΣΟΦΙΑΣ", "οδος σοφιας", "ΑΣΑΣ ας"),
    ("ǅ Ǆ ǆ", "\u212a \u017f \u2126", "ⅷ Ⅷ ⓐ Ⓐ"),
    ("Русский ЯЗЫК", "漢字 かな 𝒜 😀 👩‍🎓", "한국어 עברית العربية"),
    ("  blanks   in a row ", "tab", "a\tb\rc\x01d\x7fe\x1ff\u00a0g\u2028h\u200bi"),
    ("e\u0301clair éclair", "cafe\u0301 CAFÉ", "n\u0303 ñ Ñ"),
    ("C++ & C#", "<b>.NET</b>", "a--b __init__ %%d \\\\n $1 {} %(now)s :now"),
    ("Long", "sub", "lorem IPSUM " * 1500 + "the very end"),
    ("aab", "aaab", "ababab"),
)
PATTERNS = (
    *("joins", "JOINS", "oins in s", "sql", "SQLH", "sqlxhundred", "sqlXhundred", "%", "%%", "hundred%", "d% p", "_"),
    *("off_now", "off now", "\\", "\\ and", "\\\\", "\\%", "\\_", "%_", '"quoted"', "it's", "'", '"', "line\nsecond"),
    *("\n", "\t", "\r", "a\tb", "c\x01d", "\x01", "\x7f", "\x1f", "\u00a0", "\u2028h", "\u200b", " ", "  ", "   in"),
    *("foo", "foobar", "foo bar", "fooxbar", "FOOXBAR", "oxb", "oXb", "x", "X", "xx", "XX", "xxx", "foobegins"),
    *("bar", "this and", "thisxand", "thisXand", "äöü", "ÄÖÜ", "ä", "àé", "ß", "ẞ", "ss", "straße", "STRASSE"),
    *("größe", "GRÖSSE", "ff", "ﬀ", "İ", "i", "I", "ı", "istanbul", "İSTANBUL", "ıi", "iğdır", "i̇", "ΟΔΟΣ", "οδοσ"),
    *("οδος", "σ", "ς", "Σ", "σοφ", "ας", "ΑΣ", "ǅ", "Ǆ", "ǆ", "k", "\u212a", "\u017f", "ω", "\u2126", "ⅷ", "ⓐ", "Ⓐ"),
    *("русский", "язык", "ЯЗ", "漢", "漢字", "かな", "𝒜", "😀", "👩‍🎓", "\u200d", "한국어", "עברית", "العربية"),
    *("éclair", "e\u0301", "\u0301", "ÉCLAIR", "café", "ñ", "c++", "c#", "++", "<b>", ".net", "--", "__", "%%d", "$1"),
    *("{}", "%(now)s", ":now", "very end", "ipsum lorem", "a", "aa", "aaa", "aab", "abab", "zzz", "z" * 200, "%" * 200),
)
FILTERS: tuple[dict[str, Any], ...] = (
    {"category": "general"},
    {"category": "second"},
    {"category": "nothing"},
    {"level": "beginner"},
    {"search": "foo"},
    {"min_price": Decimal("5.5")},
    {"max_price": Decimal(20)},
    {"is_free": True},
    {"is_free": False},
    {"min_rating": 2.5},
    {"min_duration": 30},
    {"max_duration": 30},
    {"instructor": 7},
    {"language": "DE"},
    {"tag": " SQL "},
    {"has_certificate": True},
    {"has_certificate": False},
    {"is_featured": True},
    {"is_featured": False},
    {"is_draft": False},
    {"creation_method": "ai"},
)
FIELDS = ("created_date", "published_date", "title", "price", "avg_rating", "enrolled_students_count")
ORDERINGS = (
    (),
    *((sign + name,) for name in FIELDS for sign in ("", "-")),
    ("price", "-title"),
    ("-avg_rating", "published_date"),
    ("created_date", "title", "created_date"),
)
BESIDE: tuple[dict[str, Any], ...] = (
    {},
    {"level": "beginner"},
    {"tag": "sql"},
    {"is_featured": True, "max_price": Decimal(20)},
    {"instructor": 7},
    {"category": "general", "is_free": False},
)


LISTED = "is_published AND NOT is_deleted"
IN_COLUMNS = f"""
    SELECT count(*) FROM courses
    WHERE {LISTED} AND (title ILIKE :pattern OR subtitle ILIKE :pattern OR description ILIKE :pattern)
"""


@pytest.fixture
async def full(catalog: ServiceUnderTest, admin: Any, course: Any, insert_courses: Any, teach_every_third: Any) -> None:
    """Each of the texts four times, of which one course is not listed; and a draft."""
    await admin.post("/api/categories/", json={"name": "Second"})
    draft = await course(title="Joins, a draft")
    async with catalog.database.reading() as session:
        categories = list(await session.scalars(text("SELECT id FROM categories ORDER BY id")))
    rows = []
    for number in range(len(TEXTS) * 4):
        title, subtitle, description = TEXTS[number % len(TEXTS)]
        kind = number // len(TEXTS)
        rows.append(
            {
                "title": title,
                "subtitle": subtitle,
                "description": description,
                "category_id": categories[number % 3 % 2],
                "price": (10, 20, 30)[number % 3],
                "discount_price": (None, 0, Decimal("5.5"), 5)[number % 4],
                "discount_ends": (None, NOW + timedelta(days=1), NOW)[number % 5 % 3],
                "tags": ([], ["sql"], ["sql", "data"])[number % 3],
                "level": get_args(Level)[number % 4],
                "language": ("en", "de", "De")[number % 3],
                "creation_method": get_args(CreationMethod)[number % 5],
                "is_published": kind != 1 or number % 2 == 0,
                "published_date": NOW - timedelta(hours=number % 7),
                "is_deleted": kind == 1 and number % 2 == 0,
                "has_certificate": number % 2 == 0,
                "is_featured": number % 5 == 0,
                "enrolled_students_count": number % 4,
                "avg_rating": (0.0, 2.5, 4.5)[number % 3],
                "duration_minutes": (None, 5, 30, 60)[number % 4],
                "created_date": NOW - timedelta(hours=number % 11),
            }
        )
    await insert_courses(rows)
    await teach_every_third(draft["id"])


async def check(
    catalog: ServiceUnderTest, wanted: dict[str, Any], ordering: tuple[str, ...] = (), page: int = 1, size: int = 10
) -> int:
    """How many there are, after it was seen that both ways find the same."""
    request = PageRequest(page=page, size=size, cursor=None, ordering=ordering, url="http://x/", query=())
    narrowed = CourseFilter(**wanted)
    hot = json.loads(await read_page(catalog.database, request, narrowed, now=NOW))
    async with catalog.database.reading() as session:
        readable = await list_ids(session, None, request, narrowed, now=NOW)
    found = [card["id"] for card in hot["results"]], hot["count"], hot["next"]
    assert found == (readable.results, readable.count, readable.next), (wanted, ordering)
    count: int = hot["count"]
    return count


class TestSameAsReadable:
    async def test_each_filter_in_each_order(self, catalog: ServiceUnderTest, full: None) -> None:
        for wanted in FILTERS:
            for ordering in ORDERINGS:
                count = await check(catalog, wanted, ordering)
                assert count > 0 or wanted == {"category": "nothing"}

    async def test_two_filters(self, catalog: ServiceUnderTest, full: None) -> None:
        orderings = cycle(ORDERINGS)
        found = [
            await check(catalog, one | other, next(orderings))
            for one, other in combinations(FILTERS, 2)
            if not one.keys() & other
        ]
        assert sum(count > 0 for count in found) > 120

    async def test_both_find_what_stands_in_the_columns(self, catalog: ServiceUnderTest, full: None) -> None:
        for pattern in PATTERNS:
            async with catalog.database.reading() as session:
                count = await session.scalar(text(IN_COLUMNS), {"pattern": contains(pattern)})
            assert await check(catalog, {"search": pattern}) == count, pattern

    async def test_text_by_cursor(self, catalog: ServiceUnderTest, full: None, guest: Any) -> None:
        for pattern in ("foo", "ÄÖÜ", "hundred%"):
            asked = {"search": pattern, "page_size": 2}
            numbered = (await guest.get("/api/courses/", params={**asked, "page_size": 100})).json()["results"]
            found, following = [], "/api/courses/?" + str(QueryParams({**asked, "cursor": ""}))
            while following:
                page = (await guest.get(following)).json()
                found += [card["id"] for card in page["results"]]
                following = page["next"]
            assert found == [card["id"] for card in numbered]
            assert len(found) > 2

    async def test_text_beside_other_filters(self, catalog: ServiceUnderTest, full: None) -> None:
        relevance: Iterator[tuple[str, ...]] = cycle([*ORDERINGS, ("relevance",), ("-relevance", "title")])
        for pattern in PATTERNS:
            found = [await check(catalog, {"search": pattern, **beside}, next(relevance)) for beside in BESIDE]
            assert found[0] == max(found)

    @pytest.mark.parametrize(
        ("pattern", "count"),
        [("foobar", 0), ("foobegins", 0), ("sqlxhundred", 0), ("sqlXhundred", 0), ("fooXBAR", 3), ("ÄöÜ", 3), ("_", 6)],
    )
    async def test_text_to_the_letter(self, catalog: ServiceUnderTest, full: None, pattern: str, count: int) -> None:
        assert await check(catalog, {"search": pattern}) == count

    async def test_further_pages(self, catalog: ServiceUnderTest, full: None) -> None:
        for wanted in ({"search": "o"}, {"search": "foo"}, {"is_free": False}, {"tag": "sql"}, {"level": "beginner"}):
            for page in (2, 3):
                await check(catalog, wanted, page=page, size=2)


EXPECTED = f"""
    SELECT id, created_date, lower(title) || 'X' || lower(subtitle) || 'X' || lower(description)
    FROM courses WHERE {LISTED} ORDER BY id
"""
KEPT = "SELECT id, created_date, text FROM searched_texts ORDER BY id"
CHANGES = (
    "UPDATE courses SET title = title || ' Anew'",
    "UPDATE courses SET subtitle = upper(subtitle)",
    "UPDATE courses SET description = 'Ω' || description WHERE id % 2 = 0",
    "UPDATE courses SET is_published = false WHERE id % 3 = 0",
    "UPDATE courses SET title = 'While it was hidden ' || id WHERE id % 3 = 0",
    "UPDATE courses SET is_published = true, published_date = now()",
    "UPDATE courses SET is_deleted = true WHERE id % 5 = 0",
    "UPDATE courses SET is_deleted = false",
    "UPDATE courses SET created_date = created_date - interval '1 day'",
    "DELETE FROM course_instructors",
    "DELETE FROM courses WHERE id % 7 = 0",
)


class TestTexts:
    async def test_they_follow_the_courses(self, catalog: ServiceUnderTest, full: None) -> None:
        async with catalog.database.transaction() as session:
            for change in CHANGES:
                await session.execute(text(change))
                kept = (await session.execute(text(KEPT))).all()
                assert kept == (await session.execute(text(EXPECTED))).all(), change
                assert len(kept) > 20

    async def test_they_follow_what_is_done(self, published: Any, catalog: ServiceUnderTest, teacher: Any) -> None:
        made = await published(title="Before", subtitle="Something", description="Described " * 8)
        address = f"/api/courses/{made['id']}"

        async def found(*patterns: str) -> list[bool]:
            return [await check(catalog, {"search": pattern}) == 1 for pattern in patterns]

        assert await found("BEFORE", "SOMETHING", "described", "after") == [True, True, True, False]
        for name, value in (("title", "After"), ("subtitle", "Else"), ("description", "Told anew. " * 8)):
            assert (await teacher.patch(f"{address}/", json={name: value})).status_code == 200
        assert await found("before", "something", "described", "after", "else", "told") == [False] * 3 + [True] * 3
        assert (await teacher.put(f"{address}/unpublish/")).status_code == 200
        assert await found("after") == [False]
        assert (await teacher.put(f"{address}/publish/")).status_code == 200
        assert await found("after") == [True]
        assert (await teacher.delete(f"{address}/")).status_code == 204
        assert await found("after") == [False]

    async def test_they_stay_when_they_are_the_same(self, catalog: ServiceUnderTest, full: None) -> None:
        rows = text("SELECT id, ctid::text, xmin::text FROM searched_texts ORDER BY id")
        async with catalog.database.transaction() as session:
            before = (await session.execute(rows)).all()
        for change in (
            "enrolled_students_count = 99",
            "avg_rating = 1.5",
            "title = title",
            "price = 40, level = 'advanced'",
        ):
            async with catalog.database.transaction() as session:
                await session.execute(text(f"UPDATE courses SET {change}"))
                assert (await session.execute(rows)).all() == before
