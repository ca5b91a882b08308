"""Search, suggestion and correction on many courses: `python -m bench.search [COURSES]`, 100,000 unless told.

The catalog's own queries on a private PostgreSQL, each timed as a whole, beside the three-column ILIKE that a search
without an index would be. Gates: p95 of a search 40 ms, of a suggestion 1 ms, of a correction 3 ms.
"""

import asyncio
import random
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import psycopg
from sqlalchemy import text

from bench.plans import database
from catalog.queries.corrections import corrected
from catalog.queries.filters import CourseFilter
from catalog.queries.search import find_courses, read_text
from catalog.queries.suggestions import suggest
from catalog.store.words import count_words
from shared.database import Database
from shared.pagination import PageRequest
from shared.runtime.stack import Stack

COURSES, QUERIES = 100_000, 200
_FIRST_PAGE = PageRequest(page=1, size=20, cursor=None, ordering=(), url="http://bench/", query=())

# A vocabulary in which a few words are in most courses and most words are in few, as in any language.
_FILL = """
    INSERT INTO courses (revision, slug, title, subtitle, description, category_id, price, requirements, skills,
        learning_objectives, tags, target_audience, level, language, creation_method, completion_status,
        completion_percentage, version, family_id, is_draft, is_published, published_date, is_deleted,
        has_certificate, is_featured, lessons_count, enrolled_students_count, avg_rating, total_reviews, created_date,
        updated_date)
    SELECT 1, 'course-' || n, initcap(pg_temp.words(n, 4)) || ' ' || n, pg_temp.words(n + 1000000, 8),
        pg_temp.words(n + 2000000, 90), (SELECT min(id) FROM categories), 0, '[]', '[]', '[]', '[]', '', 'beginner',
        'en', 'builder', 'published', 100, 1.0, n, false, true, now(), false, false, false, 0, n %% 1000, 0, 0,
        now() - n * interval '1 minute', now()
    FROM generate_series(1, %s::int) AS n
"""
_WORDS = """
    CREATE FUNCTION pg_temp.word(rank float8) RETURNS text LANGUAGE sql IMMUTABLE AS
        $$ SELECT translate(to_hex(4096 + rank::int * 37), '0123456789abcdef', 'ainorestlmdkupbg') $$;
    CREATE FUNCTION pg_temp.words(seed bigint, number int) RETURNS text LANGUAGE sql IMMUTABLE AS
        $$ SELECT string_agg(pg_temp.word(floor(power(20000, ((hashtextextended(n::text, seed) & 1048575) / 1048576.0)::float8))), ' ')
           FROM generate_series(1, number) AS n $$;
"""  # noqa: E501


def main() -> None:
    courses = int(sys.argv[1]) if len(sys.argv) > 1 else COURSES
    stack = Stack(durable=True)
    try:
        stack.start_servers()
        stack.migrate()
        with psycopg.connect(database(stack)) as admin:
            admin.execute("SET search_path = catalog, extensions")
            admin.execute(_WORDS)
            admin.execute(_FILL, [courses])
        with psycopg.connect(database(stack), autocommit=True) as admin:
            admin.execute("VACUUM ANALYZE catalog.courses")
        print("\n".join(asyncio.run(_measure(stack))))
    finally:
        stack.close()


async def _measure(stack: Stack) -> list[str]:
    """Markdown lines."""
    catalog = Database(stack.wiring.database_urls["catalog"], pool_size=1, name="catalog")
    draw, now = random.Random(5), datetime.now(UTC)
    async with catalog.transaction() as session:
        await count_words(session)
    async with catalog.reading() as session:
        rows = await session.execute(text("SELECT word FROM search_words WHERE kind = 'word' ORDER BY courses DESC"))
        known = list(rows.scalars())
    common, rare = known[:40], known[len(known) // 4 :]

    async def search(query: str) -> None:
        async with catalog.reading() as session:
            await find_courses(session, _FIRST_PAGE, await read_text(session, query), CourseFilter(), now=now)

    async def like(query: str) -> None:
        async with catalog.reading() as session:
            await session.execute(text("SET LOCAL enable_indexscan = off"))
            await session.execute(text("SET LOCAL enable_bitmapscan = off"))
            statement = (
                "SELECT id FROM courses WHERE is_published AND NOT is_deleted"
                " AND (title ILIKE :word OR subtitle ILIKE :word OR description ILIKE :word) LIMIT 20"
            )
            await session.execute(text(statement), {"word": f"%{query}%"})

    async def complete(query: str) -> None:
        async with catalog.reading() as session:
            await suggest(session, query[:3])

    async def correct(query: str) -> None:
        await corrected(catalog, query[:2] + query[3:] + "x")

    lines = ["| what | p50 ms | p95 ms |", "|---|---|---|"]
    kinds: list[tuple[str, list[str], Callable[[str], Awaitable[None]]]] = [
        ("search, a common word", common, search),
        ("… ILIKE on three columns", common, like),
        ("search, a rare word", rare, search),
        ("… ILIKE on three columns", rare, like),
        ("suggestion", known, complete),
        ("correction", rare, correct),
    ]
    for name, words, ask in kinds:
        times = []
        for number in range(QUERIES + 5):
            begun = time.perf_counter()
            await ask(draw.choice(words))
            if number >= 5:  # the first ones open the connection and prepare
                times.append((time.perf_counter() - begun) * 1000)
        times.sort()
        lines.append(f"| {name} | {times[len(times) // 2]:.1f} | {times[len(times) * 95 // 100]:.1f} |")
    await catalog.close()
    return lines


if __name__ == "__main__":
    main()
