"""A page of the catalog's list, as bytes, in one statement: the hot form of `queries.courses.list_courses`."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString

from pydantic_core import to_json

from catalog.queries.filters import CourseFilter
from catalog.queries.hot_parts import INSTRUCTOR_BRIEF, IS_LISTED, WITH_PRICE, card
from shared.database import Database
from shared.errors import NotFound
from shared.pagination import DEEPEST_OFFSET, PageRequest

_CARD: LiteralString = f"SELECT row_to_json(card) FROM (SELECT {card(INSTRUCTOR_BRIEF)}) AS card"
# The ids first, from the index alone: columns of rows that are skipped would be made too.
NEWEST: LiteralString = f"""
    WITH page AS (
        SELECT c.id FROM courses c WHERE {IS_LISTED}
        ORDER BY c.created_date DESC, c.id DESC LIMIT %(size)s OFFSET %(offset)s
    )
    SELECT (SELECT count(*) FROM courses c WHERE {IS_LISTED}),
        (
            SELECT coalesce(json_agg(({_CARD}) ORDER BY c.created_date DESC, c.id DESC), '[]'::json)::text
            FROM page JOIN courses c ON c.id = page.id {WITH_PRICE}
        )
"""
CARDS: LiteralString = f"""
    SELECT coalesce(json_agg(({_CARD}) ORDER BY page.place), '[]'::json)::text
    FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS page (id, place) JOIN courses c ON c.id = page.id {WITH_PRICE}
"""


def is_newest(request: PageRequest, wanted: CourseFilter) -> bool:
    """Whether this is a page, by number, of the list as it is: without filter and in its own order."""
    plain = request.cursor is None and not request.ordering and (request.page - 1) * request.size <= DEEPEST_OFFSET
    return plain and wanted == CourseFilter()


async def read_newest(database: Database, request: PageRequest, *, now: datetime) -> bytes:
    """The `Page[CourseCard]` as JSON. Raises NotFound past the last page."""
    offset = (request.page - 1) * request.size
    row = await database.read(NEWEST, {"size": request.size, "offset": offset, "now": now})
    assert row is not None
    count, cards = row
    if offset >= count and request.page > 1:
        raise NotFound("There is no such page.")
    following = request.link(page=request.page + 1) if offset + request.size < count else None
    previous = request.link(page=request.page - 1) if request.page > 1 else None
    return whole_page(count, following, previous, cards)


async def read_cards(database: Database, ids: Sequence[int], *, now: datetime) -> str:
    """These courses, in this order, as a JSON list of `CourseCard`. What is deleted meanwhile is left out."""
    if not ids:
        return "[]"
    row = await database.read(CARDS, {"ids": list(ids), "now": now})
    assert row is not None
    cards: str = row[0]
    return cards


def whole_page(count: int | None, following: str | None, previous: str | None, results: str) -> bytes:
    """A `Page` around its results, which are JSON already."""
    head = to_json({"count": count, "next": following, "previous": previous})
    return b'%b,"results":%b}' % (head[:-1], results.encode())
