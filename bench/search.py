"""`python -m bench.search`: what a search costs among 100,000 generated courses, and where.

Clocks of a shared machine lie; so besides the time that each query takes, its statements are run once more by
themselves, for the processor time of PostgreSQL, and under EXPLAIN, for the pages touched, which are the same on every
machine. The result goes to docs/performance.md, under its own heading.
"""

import asyncio
import os
import random
import re
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from itertools import accumulate
from pathlib import Path
from typing import Any, LiteralString, cast

import psycopg

from bench.report import Figure
from bench.rig import BUFFERS
from catalog.domain.choices import Level
from catalog.queries.corrections import corrected
from catalog.queries.filters import CourseFilter
from catalog.queries.hot_list import read_page
from catalog.queries.hot_search import find_courses
from catalog.queries.suggestions import suggest
from catalog.schedules import keep_search
from shared import migrations
from shared.database import Database
from shared.pagination import PageRequest
from shared.runtime.postgres import start_postgres
from shared.runtime.roles import SERVICES, prepare_database
from shared.together import asked

COURSES = 100_000
QUERIES = 25
SEED = 20_260
REPORT = Path(__file__).parents[1] / "docs" / "performance.md"
HEADING = "## Search among 100,000 courses"

FIRST_PAGE = PageRequest(page=1, size=20, cursor=None, ordering=(), url="http://x/", query=())

Question = Callable[[str], Awaitable[object]]

_SYLLABLES = ("ba", "co", "di", "fra", "gel", "hu", "ish", "jo", "kra", "lim", "mo", "nar", "op", "pri", "quo", "ren")


def vocabulary(chance: random.Random) -> list[str]:
    """5,000 words of two to four syllables; courses draw the first ones far more often, as people do."""
    words: dict[str, None] = {}
    while len(words) < 5_000:
        words["".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4)))] = None
    return list(words)


def fill(url: str, words: list[str], chance: random.Random) -> None:
    """Courses with the service's own columns and indexes; texts are put together here, rows by PostgreSQL."""
    weights = list(accumulate(1 / (rank + 10) for rank in range(len(words))))

    def draw(count: int) -> str:
        return " ".join(chance.choices(words, cum_weights=weights, k=count))

    with psycopg.connect(url) as connection:
        connection.execute("CREATE TEMP TABLE texts (n int, part text, text text)")
        with connection.cursor() as cursor, cursor.copy("COPY texts (n, part, text) FROM STDIN") as copy:
            for n in range(1, COURSES + 1):
                copy.write_row((n, "", "\t".join(draw(count) for count in (4, 6, 40, 6, 1, 1, 20))))
        connection.execute(_ROWS)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE courses, searched_courses, searched_texts")


_ROWS = """
    INSERT INTO courses (
        revision, title, slug, subtitle, description, category_id, price, requirements, skills,
        learning_objectives, tags, target_audience, level, language, creation_method, completion_status,
        completion_percentage, version, family_id, is_draft, is_published, published_date, is_deleted,
        has_certificate, is_featured, lessons_count, enrolled_students_count, avg_rating, total_reviews,
        duration_minutes, outline, created_date, updated_date
    )
    SELECT 1, t[1], 'course-' || n, t[2], t[3], (SELECT min(id) FROM categories), (n % 40) * 10, '[]', '[]',
        jsonb_build_array(t[4]), jsonb_build_array(t[5], t[6]), '',
        (ARRAY['beginner', 'intermediate', 'advanced', 'all_levels'])[1 + n % 4],
        (ARRAY['en', 'de', 'fr'])[1 + n % 3], 'builder', 'complete', 100, 1.0, n, false, n % 20 > 0, now(), false,
        true, false, 12, n * 7919 % 5003, (n % 50) / 10.0, n % 300, n % 900, t[7],
        now() - n * interval '1 minute', now()
    FROM (SELECT n, string_to_array(text, E'\\t') AS t FROM texts) AS drawn
"""


_SCAN: LiteralString = """
    WITH found AS (
        SELECT id, created_date FROM courses
        WHERE is_published AND NOT is_deleted
        AND (title || '' ILIKE %(pattern)s OR subtitle || '' ILIKE %(pattern)s OR description || '' ILIKE %(pattern)s)
    )
    SELECT (SELECT count(*) FROM found), ARRAY(SELECT id FROM found ORDER BY created_date DESC, id DESC LIMIT 20)
"""
"""What search is without any index: looking through title, subtitle and description."""


@dataclass
class Cost:
    """What one question cost, query by query."""

    milliseconds: list[float] = field(default_factory=list)
    in_database: list[float] = field(default_factory=list)
    pages: list[int] = field(default_factory=list)

    def row(self, name: str) -> str:
        times = [*_halves(self.milliseconds), *_halves(self.in_database)]
        shown = [*(f"{time:.1f}" for time in times), *(str(round(pages)) for pages in _halves(self.pages))]
        return f"| {name} | {' | '.join(shown)} |"


def _halves(values: list[Any]) -> tuple[float, float]:
    ordered = sorted(values)
    return statistics.median(ordered), ordered[int(len(ordered) * 0.95)]


class Watched(Database):
    """Notes the hot reads that it is asked."""

    def __init__(self, url: str) -> None:
        super().__init__(url, pool_size=2, name="bench")
        self.asked: list[tuple[LiteralString, Mapping[str, Any]]] = []

    async def read(self, statement: LiteralString, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        self.asked.append((statement, parameters))
        return await super().read(statement, parameters)

    async def read_together(self, statement: LiteralString, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        self.asked.append((statement, asked(values)))
        return await super().read_together(statement, values)


async def measure(database: Watched, url: str, question: Question, queries: list[str]) -> Cost:
    """Each query once to warm, once by the clock, and its statements once more by themselves."""
    cost = Cost()
    with psycopg.connect(url, autocommit=True, options="-c plan_cache_mode=force_generic_plan") as apart:
        for query in queries:
            await question(query)
            database.asked.clear()
            started = time.perf_counter()
            await question(query)
            cost.milliseconds.append((time.perf_counter() - started) * 1000)
            assert database.asked, f"nothing was noted of what {query!r} asked"
            cost.in_database.append(sum(_processor_time(apart, *one) for one in database.asked))
            cost.pages.append(sum(_pages(apart, *one) for one in database.asked))
    return cost


def _processor_time(
    connection: psycopg.Connection[Any], statement: LiteralString, parameters: Mapping[str, Any]
) -> float:
    """Milliseconds with a kept plan, as hot reads have it; the least of three."""
    spent = Path(f"/proc/{connection.info.backend_pid}/schedstat")
    connection.execute(statement, parameters, prepare=True)
    times = []
    for _ in range(3):
        before = int(spent.read_text().split()[0])
        connection.execute(statement, parameters, prepare=True)
        times.append((int(spent.read_text().split()[0]) - before) / 1e6)
    return min(times)


def _pages(connection: psycopg.Connection[Any], statement: LiteralString, parameters: Mapping[str, Any]) -> int:
    explained = f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {statement}"
    found = connection.execute(explained, parameters).fetchone()
    assert found is not None
    plan: dict[str, int] = found[0][0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


def _mistyped(word: str, chance: random.Random) -> str:
    place = chance.randrange(1, len(word) - 1)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


async def ask_all(url: str, words: list[str], chance: random.Random) -> dict[str, Cost]:
    """What each kind of question costs."""
    database = Watched(url)
    common, rare = words[:50], words[500:]
    two = [f"{chance.choice(words[:500])} {chance.choice(words[:500])}" for _ in range(QUERIES)]

    async def search(query: str, wanted: CourseFilter = CourseFilter()) -> None:  # noqa: B008
        await find_courses(database, FIRST_PAGE, query, wanted, now=datetime.now(UTC))

    async def filtered(level: str) -> None:
        wanted = CourseFilter(level=cast(Level, level), max_price=Decimal(200))
        await read_page(database, FIRST_PAGE, wanted, now=datetime.now(UTC))

    async def with_text(query: str) -> None:
        await read_page(database, FIRST_PAGE, CourseFilter(search=query), now=datetime.now(UTC))

    async def scanned(query: str) -> None:
        await database.read(_SCAN, {"pattern": f"%{query}%"})

    async def suggestions(query: str) -> None:
        await suggest(database, query)

    async def correction(query: str) -> None:
        await corrected(database, query)

    async def narrowed(query: str) -> None:
        await search(query, CourseFilter(level="beginner", min_rating=4.0, language="en"))

    async def excluded(query: str) -> None:
        await search(f"-{query}")

    try:
        await keep_search(database)
        async with await database.connect() as connection:
            await connection.execute("VACUUM ANALYZE search_words, suggested_courses, searched_courses")
        questions: list[tuple[str, Question, list[str]]] = [
            ("search: a common word", search, chance.choices(common, k=QUERIES)),
            ("search: a rare word", search, chance.choices(rare, k=QUERIES)),
            ("search: two words", search, two),
            ("search: a common word, three filters", narrowed, chance.choices(common, k=QUERIES)),
            ("search: no words", search, [""] * 20),
            ("search: all but a common word", excluded, chance.choices(common, k=QUERIES)),
            ("list: two filters", filtered, ["beginner", "advanced"] * 10),
            ("suggest: three letters", suggestions, [word[:3] for word in chance.choices(words, k=QUERIES)]),
            ("suggest: a word and a beginning", suggestions, [query[:-2] for query in two]),
            (
                "correction of a word",
                correction,
                [_mistyped(word, chance) for word in chance.choices(words, k=QUERIES)],
            ),
            ("list: text, a common word", with_text, chance.choices(common, k=QUERIES)),
            ("list: text, a rare word", with_text, chance.choices(rare, k=QUERIES)),
            ("list: text, two letters", with_text, [word[:2] for word in chance.choices(common, k=5)]),
        ]
        questions += [
            ("yardstick: a common word in three columns", scanned, chance.choices(common, k=5)),
            ("yardstick: a rare word in three columns", scanned, chance.choices(rare, k=5)),
        ]
        return {name: await measure(database, url, ask, queries) for name, ask, queries in questions}
    finally:
        await database.close()


def run() -> tuple[list[Figure], list[str]]:
    """The figures that have goals, and a row for each kind of question."""
    chance = random.Random(SEED)
    words = vocabulary(chance)
    with tempfile.TemporaryDirectory(prefix="syllabus-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o711)
        server = start_postgres(Path(folder) / "postgres", durable=False, settings=BUFFERS)
        try:
            urls = prepare_database(server.url, database="bench", passwords=dict.fromkeys(SERVICES, "bench"))
            migrations.migrate("catalog", urls["catalog"])
            fill(urls["catalog"], words, chance)
            costs = asyncio.run(ask_all(urls["catalog"], words, chance))
        finally:
            server.stop()
    return _figures(costs), [cost.row(name) for name, cost in costs.items()]


def _figures(costs: dict[str, Cost]) -> list[Figure]:
    figures = []
    kinds = ("a common word", "a rare word", "two words")
    slowest = max(_halves(costs[f"search: {kind}"].in_database)[1] for kind in kinds)
    figures.append(_in_sql("search, any of these", slowest, 40, 25))
    for part, gate, goal in (("common", 2, 5), ("rare", 15, 40)):
        own = _halves(costs[f"search: a {part} word"].in_database)[0]
        scan = _halves(costs[f"yardstick: a {part} word in three columns"].in_database)[0]
        what = f"search in SQL, a {part} word: ILIKE's time, of its own"
        figures.append(Figure(what, scan / own, gate, goal, f"p50 {own:.1f}, ILIKE {scan:.0f} ms"))
    suggestion = max(_halves(cost.in_database)[1] for name, cost in costs.items() if name.startswith("suggest"))
    figures.append(_in_sql("suggestion", suggestion, 1, 0.5))
    figures.append(_in_sql("correction of a word", _halves(costs["correction of a word"].in_database)[1], 3, 2))
    return figures


def _in_sql(what: str, measured: float, gate: float, goal: float) -> Figure:
    return Figure(f"{what}, p95 in SQL, {COURSES:,} courses", measured, gate, goal, "", "ms", smaller_is_better=True)


def main() -> None:
    _, rows = run()
    report(rows)


def report(rows: list[str]) -> None:
    """Put the table where it was, or at the end."""
    section = HEAD.format(
        heading=HEADING,
        load=os.getloadavg()[1],
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        cores=os.cpu_count(),
        queries=QUERIES,
    ) + "\n".join([COLUMNS, *rows])
    page = REPORT.read_text() if REPORT.exists() else "# What a request costs\n"
    before = re.split(rf"(?m)^{re.escape(HEADING)}$.*?(?=^## |\Z)", page, maxsplit=1, flags=re.DOTALL)
    after = before[1] if len(before) > 1 else ""
    REPORT.write_text(f"{before[0].rstrip()}\n\n{section}\n" + (f"\n{after}" if after.strip() else ""))
    print("\n".join(rows))


HEAD = """{heading}

`python -m bench.search`: courses made of 5,000 words, {queries} seeded queries of each kind, warm, one at a time.
`ms` is the time of the whole question in the service, `SQL ms` the processor time that PostgreSQL needs for its
statements, with kept plans as the service has them, `pages` how many pages of 8 kB they touch: the first moves with
the load of the machine (which was {load:.0f} for {cores} cores), the second less, the last not at all. The yardstick
looks through title, subtitle and description of every course.
Last run {date}.

"""
COLUMNS = """| question | ms p50 | ms p95 | SQL ms p50 | SQL ms p95 | pages p50 | pages p95 |
|---|---|---|---|---|---|---|"""

if __name__ == "__main__":
    main()
