"""Searching courses, in one statement: full text with facets, ranked by relevance, then by how many learn.

PostgreSQL ranks every match it is asked to order, and a common word matches most courses. So only the most popular
matches are ranked, and only so many are counted. For words they are looked for among the courses that are marked as
popular (`store.popular`) first, and among all when too few of those have them.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, LiteralString

from sqlalchemy import literal_column

from catalog.domain.search import wanted_part
from catalog.queries.compiled import all_of, as_sql, order_of
from catalog.queries.filters import CourseFilter, Given, current_price, tests_of
from catalog.queries.hot_facets import FACET_FILTERS, counts_of, passes_of
from catalog.queries.hot_list import IS_LISTED, cards_of, offset_of
from catalog.queries.pages import contains
from shared import pagination
from shared.database import Database
from shared.errors import Invalid
from shared.pagination import Key, PageRequest

MOST_RANKED = 1_000
"""Results of a search: the most popular of the courses found."""
MOST_COUNTED = 3_000
"""Courses that facets are counted in: the most popular of those found."""

Reading = Literal["all", "words", "titles", "rest"]
"""What a query asks for: every course, those with words, those with just this in the title (it has stop words only),
or those without words (no index finds them)."""


@dataclass(frozen=True)
class Found:
    """`results` are the page's cards as JSON; `facets` have name, value, label and number; `any`: without filters."""

    count: int
    results: str
    facets: list[tuple[str, str, str, int]]
    any: bool


async def find_courses(
    database: Database, request: PageRequest, query: str, wanted: CourseFilter, *, now: datetime
) -> Found:
    """The page of what is found. Raises Invalid."""
    if request.cursor is not None:
        raise Invalid(cursor=f"A search has pages by number; there are at most {MOST_RANKED} results.")
    if offset_of(request) > pagination.DEEPEST_OFFSET:
        raise Invalid(page=f"A search has at most {MOST_RANKED} results.")
    order = order_of(_keys(request))
    values = wanted.values(now) | {
        "query": query,
        "wanted": wanted_part(query),
        "title": contains(query.strip()),
        "size": request.size,
        "offset": offset_of(request),
    }
    reading: Reading = "words" if query.strip() else "all"
    row = await database.read(_statement(reading, wanted.given, order), values)
    assert row is not None
    if row[0] != reading:
        row = await database.read(_statement(row[0], wanted.given, order), values)
        assert row is not None
    return Found(*row[1:])


_ORDERS: dict[str, LiteralString] = {
    "created_date": "(SELECT created_date FROM courses WHERE id = popular.id)",
    "published_date": "(SELECT published_date FROM courses WHERE id = popular.id)",
    "title": "(SELECT lower(title) FROM courses WHERE id = popular.id)",
    "price": "popular.price",
    "avg_rating": "popular.avg_rating",
    "enrolled_students_count": "popular.enrolled_students_count",
    "relevance": "popular.relevance",
}


def _keys(request: PageRequest) -> list[Key]:
    """`relevance` has the best first, with `-` or without."""
    allowed: dict[str, Any] = {name: literal_column(sql) for name, sql in _ORDERS.items()}
    best = [Key(allowed["relevance"], descending=True), Key(allowed["enrolled_students_count"], descending=True)]
    keys = pagination.order_of(request, allowed, best, Key(literal_column("popular.id"), descending=True))
    return [Key(key.column, descending=True) if key.column is allowed["relevance"] else key for key in keys]


_NARROW: LiteralString = "FROM searched_courses AS courses WHERE"
_WIDE: LiteralString = f"FROM courses WHERE {IS_LISTED}"
_SOURCES: dict[Reading, LiteralString] = {
    "words": f"{_NARROW} courses.document @@ (SELECT sought FROM query)",
    "all": _WIDE,  # in the order of its index, which the narrow table does without
    "titles": f"{_WIDE} AND courses.title ILIKE %(title)s",
    # As a case: no index could be asked for it, and the planner takes it that half of the courses pass.
    "rest": f"{_WIDE} AND CASE WHEN courses.document @@ (SELECT parsed FROM query) THEN true ELSE false END",
}
_POPULAR: LiteralString = "ORDER BY enrolled_students_count DESC, id DESC"
_COLUMNS: LiteralString = """
    courses.id, enrolled_students_count, avg_rating, price, discount_price, discount_ends, category_id, level, language
"""
_READING: LiteralString = """
    (SELECT CASE querytree(parsed) WHEN '' THEN 'titles' WHEN 'T' THEN 'rest' ELSE 'words' END FROM query)
"""
_RANK: LiteralString = "ts_rank(document, (SELECT wanted FROM query))::numeric(6, 2)"


@lru_cache(maxsize=1024)
def _statement(reading: Reading, given: Given, order: LiteralString) -> LiteralString:
    """Parsed queries come from a subquery: parsed once, and unknown to the planner, which so always takes the index."""
    tests, source = tests_of(given), _SOURCES[reading]
    tagged: LiteralString = ""
    if (tag := tests.pop("tag", None)) is not None:  # the narrow table has none
        tagged = f"courses.id IN (SELECT courses.id FROM courses WHERE {IS_LISTED} AND {all_of([tag])})"
        # `IS TRUE`: else those that have the tag would be reached one by one, and their documents looked into.
        tagged = f"AND ({tagged}) IS TRUE" if reading == "words" else f"AND {tagged}"
    passes = passes_of(tests)
    flags = "".join(f", {test} AS {name}" for name, test in passes.items())
    others = all_of(test for name, test in tests.items() if name not in FACET_FILTERS)
    ranked = reading in ("words", "rest")
    columns, rank = (f"{_COLUMNS}, document", _RANK) if ranked else (_COLUMNS, "0")
    whole = f"{_NARROW} true" if reading == "all" else source
    before_sample, sample = _most_popular(f"{columns} {source} AND {others} {tagged}", MOST_COUNTED, "sampled", reading)
    before_popular, popular = "", f"SELECT {columns} FROM sample AS courses {_POPULAR} LIMIT {MOST_RANKED}"
    if passes:
        every = f"{columns} {whole} AND {all_of(tests.values())} {tagged}"
        before_popular, popular = _most_popular(every, MOST_RANKED, "chosen", reading)
    page: LiteralString = f"ARRAY(SELECT id FROM popular ORDER BY {order} LIMIT %(size)s OFFSET %(offset)s)"
    # Columns are made after the most popular are chosen: before, they would be made for all that are found.
    return f"""
        WITH query AS MATERIALIZED (
            SELECT parsed, websearch_to_tsquery('stemmed', %(wanted)s) AS wanted,
                CASE WHEN querytree(parsed) IN ('', 'T') THEN '' ELSE parsed END AS sought
            FROM websearch_to_tsquery('stemmed', %(query)s) AS parsed
        ),
        {before_sample}
        sample AS MATERIALIZED (
            SELECT {columns}, {as_sql(current_price)} AS current_price, lower(language) AS tag {flags}
            FROM ({sample}) AS courses
        ),
        {before_popular}
        popular AS MATERIALIZED (
            SELECT id, enrolled_students_count, avg_rating, price, {rank} AS relevance FROM ({popular}) AS courses
        )
        SELECT {_READING if reading == "words" else f"'{reading}'"},
            (SELECT count(*) FROM popular),
            ({cards_of(page)}),
            ({counts_of(passes)}),
            CASE WHEN EXISTS (SELECT FROM sample) THEN true ELSE (SELECT count(*) > 0 {source}) END
        """


def _most_popular(
    every: LiteralString, most: int, name: LiteralString, reading: Reading
) -> tuple[LiteralString, LiteralString]:
    """The most popular of what is selected: a part of WITH that this needs, if any, and the statement."""
    if reading != "words":
        return "", f"SELECT {every} {_POPULAR} LIMIT {most}"
    count: LiteralString = f"(SELECT count(*) FROM {name})"
    return (
        f"{name} AS MATERIALIZED (SELECT {every} AND is_popular {_POPULAR} LIMIT {most}),",
        f"""
            SELECT * FROM {name} WHERE {count} = {most}
            UNION ALL (SELECT {every} AND {count} < {most} {_POPULAR} LIMIT {most})
        """,
    )
