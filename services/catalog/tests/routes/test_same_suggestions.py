"""Suggestions are what a plain reading of all titles would give; and the table they are read from follows."""

import random
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from catalog.domain.search import words_of
from catalog.schedules import keep_search
from catalog.schemas.search import Suggestions
from catalog.store import suggestions
from shared.testing import ServiceUnderTest

TITLE_WORDS = {
    "intro": 40, "Introduction": 30, "in": 20, "SQL": 12, "data": 12, "Databases": 8, "c": 6, "Größe": 5, "naïve": 4,
    "Über": 4, "3d": 3, "2026": 3, "e-mail": 3, "O'Reilly": 2, '"quoted"': 2, r"back\slash": 2, "Straße": 2, "zebra": 1,
}  # fmt: skip
"""Words of titles, and how common they are."""
ODD = (
    "in & data",
    "in | data",
    "!in",
    "in:*",
    "(in",
    "*in",
    "'in'",
    "in\\",
    "in%",
    "_in",
    "<->",
    "in <-> data",
    "🙂 in",
)
NOTHING = ("", " ", "&", "'", "unknown in", "in unknown", "unknown", "x" * 200, " ".join("abcdefghijkl"))
MOST_POPULAR, POPULAR = 10, 60

CHANGES = (
    "UPDATE courses SET title = title || ' data in' WHERE id % 7 = 0",
    "UPDATE courses SET title = 'zebra intro' WHERE id % 11 = 0",
    "UPDATE courses SET is_published = false WHERE id % 3 = 0",
    "UPDATE courses SET enrolled_students_count = id % 13 WHERE id % 2 = 0",
    "UPDATE courses SET is_published = true, published_date = now()",
    "UPDATE courses SET is_deleted = true WHERE id % 5 = 0",
    "UPDATE courses SET enrolled_students_count = enrolled_students_count + 5 WHERE id % 17 = 0",
    "UPDATE courses SET is_deleted = false, title = 'in ' || title",
    "DELETE FROM courses WHERE id % 4 = 0",
)


@pytest.fixture
async def full(catalog: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch, insert_courses: Any) -> random.Random:
    """Four hundred courses, counted; most titles have the same few words, and many as many learners."""
    monkeypatch.setattr(suggestions, "MOST_POPULAR", MOST_POPULAR)
    monkeypatch.setattr(suggestions, "POPULAR", POPULAR)
    chance = random.Random(11)
    async with catalog.database.transaction() as session:
        category_id = await session.scalar(text("SELECT min(id) FROM categories"))
    await insert_courses(
        [
            {
                "title": " ".join(
                    chance.choices(list(TITLE_WORDS), list(TITLE_WORDS.values()), k=chance.randint(1, 4))
                ),
                "category_id": category_id,
                "is_published": chance.random() < 0.9,
                "is_deleted": chance.random() < 0.1,
                "enrolled_students_count": chance.choice((0, 0, 1, 2, 5, 30, 31)),
            }
            for _ in range(400)
        ]
    )
    async with catalog.database.transaction() as session:
        await suggestions.count_learners(session)
    return chance


async def test_courses_are_those_of_a_plain_reading(
    catalog: ServiceUnderTest, full: random.Random, guest: httpx.AsyncClient
) -> None:
    listed = await listed_in(catalog)
    beginnings = {word[:length] for word in TITLE_WORDS for length in (1, 2, 3, 4, 6, 7, len(word))}
    pairs = {f"{full.choice(list(TITLE_WORDS))} {full.choice(sorted(beginnings))}" for _ in range(80)}
    counts = []
    for query in (*sorted(beginnings), *sorted(pairs), *ODD, *NOTHING):
        wanted = plainly_suggested(listed, query)
        assert await suggested(guest, query) == wanted, query
        counts.append(len(wanted))
    assert {0, 1, 5} <= set(counts)
    assert not any(plainly_suggested(listed, query) for query in NOTHING)


async def test_they_follow_the_courses(
    catalog: ServiceUnderTest, full: random.Random, guest: httpx.AsyncClient
) -> None:
    queries = ("in", "intro", "introd", "data in", "z", "sql", "grosse", "zebra i")
    listed = await listed_in(catalog)
    counted = {course["id"]: course["enrolled_students_count"] for course in listed}
    for change in CHANGES:
        async with catalog.database.transaction() as session:
            await session.execute(text(change))
        listed = await listed_in(catalog)
        # Of what was published since, the number is that of its publication.
        counted = {course["id"]: counted.get(course["id"], course["enrolled_students_count"]) for course in listed}
        for query in queries:
            assert await suggested(guest, query) == plainly_suggested(listed, query, counted), (change, query)
        async with catalog.database.transaction() as session:
            await suggestions.count_learners(session)
        counted = {course["id"]: course["enrolled_students_count"] for course in listed}
        for query in queries:
            assert await suggested(guest, query) == plainly_suggested(listed, query), (change, query)
        async with catalog.database.reading() as session:
            tiers = await session.execute(text("SELECT tier, count(*) FROM suggested_courses GROUP BY tier ORDER BY 1"))
            rest = len(listed) - POPULAR
            assert [tuple(row) for row in tiers] == [(1, MOST_POPULAR), (2, POPULAR - MOST_POPULAR), (3, rest)]


async def test_counting_does_not_wait_for_who_changes_a_course(catalog: ServiceUnderTest, full: random.Random) -> None:
    learners = text("SELECT min(enrolled_students_count), max(enrolled_students_count) FROM suggested_courses")
    async with catalog.database.transaction() as session:
        await session.execute(text("UPDATE courses SET enrolled_students_count = 77"))
    async with catalog.database.transaction() as editing:
        await editing.execute(
            text("UPDATE courses SET title = 'Anew' WHERE id = (SELECT min(id) FROM suggested_courses)")
        )
        async with catalog.database.transaction() as session:
            await session.execute(text("SET LOCAL lock_timeout = '1s'"))
            await suggestions.count_learners(session)
        assert (await editing.execute(learners)).one()[1] == 77
    async with catalog.database.transaction() as session:
        await suggestions.count_learners(session)
        assert tuple((await session.execute(learners)).one()) == (77, 77)


async def test_many_are_counted_in_several_steps(
    catalog: ServiceUnderTest, full: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suggestions, "COUNTED_AT_ONCE", 50)
    async with catalog.database.transaction() as session:
        await session.execute(text("UPDATE courses SET enrolled_students_count = id % 90 + 40"))
    await keep_search(catalog.database)
    async with catalog.database.reading() as session:
        different = text("""
            SELECT count(*) FROM suggested_courses JOIN courses USING (id)
            WHERE suggested_courses.enrolled_students_count <> courses.enrolled_students_count
        """)
        assert await session.scalar(different) == 0


async def test_tags_are_the_most_common_that_begin_so(catalog: ServiceUnderTest, guest: httpx.AsyncClient) -> None:
    tags = {
        "data": 3,
        "data science": 9,
        "datb": 4,
        "date": 4,
        "dat%": 9,
        "dat\N{PILE OF POO}": 9,
        "das": 9,
        "dau": 9,
        "d": 1,
    }
    insert = text("INSERT INTO search_words (kind, word, courses) VALUES ('tag', :word, :courses), ('word', :word, 99)")
    async with catalog.database.transaction() as session:
        await session.execute(insert, [{"word": word, "courses": courses} for word, courses in tags.items()])
    for query in ("d", "da", "dat", "DAT", "data", "data s", "data-sci", "dau", "x"):
        beginning = " ".join(words_of(query))
        fitting = sorted((-courses, word) for word, courses in tags.items() if word.startswith(beginning))
        assert await suggested(guest, query, "tag") == [word for _, word in fitting[:3]], query


async def test_instructors_are_the_first_by_name_who_teach_something(
    catalog: ServiceUnderTest, full: random.Random, guest: httpx.AsyncClient
) -> None:
    users = text("""
        INSERT INTO users (user_id, revision, full_name, role, is_active)
        SELECT id, 1, 'Maria ' || chr(90 - id % 26) || ' Máller',
            CASE WHEN id % 7 = 0 THEN 'student' ELSE 'instructor' END, id % 5 > 0
        FROM generate_series(100, 140) AS id
    """)
    taught = text("""
        INSERT INTO course_instructors (course_id, user_id, title, bio, is_lead, is_active, created_date, updated_date)
        SELECT courses.id, users.user_id, '', '', false, users.user_id % 3 > 0, now(), now()
        FROM users JOIN courses ON courses.id % 41 = users.user_id - 100 WHERE users.user_id % 4 > 0
    """)
    teaching = text("""
        SELECT full_name, user_id FROM users WHERE role = 'instructor' AND is_active AND user_id IN (
            SELECT user_id FROM course_instructors JOIN courses ON courses.id = course_id
            WHERE course_instructors.is_active AND is_published AND NOT is_deleted
        )
    """)
    async with catalog.database.transaction() as session:
        await session.execute(users)
        await session.execute(taught)
        teachers = sorted(tuple(row) for row in await session.execute(teaching))
    assert len(teachers) > 5
    for query in ("m", "maria m", "mall", "MÁLLER maria", "maria z mall", "maria y m"):
        *whole, last = words_of(query)
        wanted = [
            str(number)
            for name, number in teachers
            if set(whole) <= set(words_of(name)) and any(word.startswith(last) for word in words_of(name))
        ]
        assert await suggested(guest, query, "instructor") == wanted[:3], query


async def listed_in(catalog: ServiceUnderTest) -> list[dict[str, Any]]:
    async with catalog.database.reading() as session:
        rows = await session.execute(
            text("SELECT id, slug, title, enrolled_students_count FROM courses WHERE is_published AND NOT is_deleted")
        )
        return [dict(row._mapping) for row in rows]


async def suggested(client: httpx.AsyncClient, query: str, kind: str = "course") -> list[str]:
    """What they are asked for by; all of the answer is as its model has it."""
    answer = await client.get("/api/search/suggest/", params={"q": query})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json"), answer.text
    body = Suggestions.model_validate_json(answer.content, strict=True)
    assert answer.json() == body.model_dump()
    return [one.slug for one in body.results if one.type == kind]


def plainly_suggested(listed: list[dict[str, Any]], query: str, counted: dict[int, int] | None = None) -> list[str]:
    """The five that most learned in when they were counted, in the order of how many learn now."""
    words = [plain(word) for word in words_of(query)]
    if not words:
        return []

    def popularity(course: dict[str, Any]) -> tuple[int, int]:
        return course["enrolled_students_count"], course["id"]

    def counted_popularity(course: dict[str, Any]) -> tuple[int, int]:
        return (counted[course["id"]], course["id"]) if counted is not None else popularity(course)

    found = [course for course in listed if has(title_words(course["title"]), words)]
    best = sorted(found, key=counted_popularity, reverse=True)[:5]
    return [course["slug"] for course in sorted(best, key=popularity, reverse=True)]


def has(title: set[str], words: list[str]) -> bool:
    return set(words[:-1]) <= title and any(word.startswith(words[-1]) for word in title)


def title_words(title: str) -> set[str]:
    """A word with a hyphen counts in its parts and as a whole."""
    return {plain(word) for part in title.split() for word in (*words_of(part), part.lower())}


def plain(word: str) -> str:
    return word.replace("ß", "ss")
