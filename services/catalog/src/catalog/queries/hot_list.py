"""A page of a list of published courses, as bytes, in one statement: the hot form of `queries.courses`."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import LiteralString

from pydantic_core import to_json

from catalog.queries.compiled import all_of, order_of
from catalog.queries.courses import keys_of
from catalog.queries.filters import CourseFilter, Given, tests_of
from catalog.queries.hot_parts import INSTRUCTOR_BRIEF, WITH_PRICE, card
from catalog.store.listed import COUNT
from shared.database import Database
from shared.errors import NotFound
from shared.pagination import DEEPEST_OFFSET, PageRequest

IS_LISTED: LiteralString = "courses.is_published AND NOT courses.is_deleted"
"""To the letter the condition of the partial indexes of `courses`."""
_CARD: LiteralString = f"SELECT row_to_json(card) FROM (SELECT {card(INSTRUCTOR_BRIEF)}) AS card"


def cards_of(ids: LiteralString) -> LiteralString:
    """These courses, in the order of the array `ids`, as a JSON list of `CourseCard`. What was deleted is left out.

    The ids come first, from an index alone where one has the order: columns of skipped rows would be made too.
    """
    return f"""
        SELECT coalesce(json_agg(({_CARD}) ORDER BY page.place), '[]'::json)::text
        FROM unnest({ids}) WITH ORDINALITY AS page (id, place) JOIN courses c ON c.id = page.id {WITH_PRICE}
    """


CARDS = cards_of("%(ids)s::bigint[]")


def is_by_number(request: PageRequest, wanted: CourseFilter) -> bool:
    """Whether this is a page, by its number, of what is published."""
    return request.cursor is None and offset_of(request) <= DEEPEST_OFFSET and not wanted.is_draft


def offset_of(request: PageRequest) -> int:
    return (request.page - 1) * request.size


async def read_page(database: Database, request: PageRequest, wanted: CourseFilter, *, now: datetime) -> bytes:
    """The `Page[CourseCard]` as JSON. Raises Invalid, and NotFound past the last page."""
    statement = _statement(wanted.given, order_of(keys_of(request, wanted)))
    values = wanted.values(now) | {"size": request.size, "offset": offset_of(request)}
    row = await database.read(statement, values)
    assert row is not None
    count, cards = row
    return page_around(request, count, cards)


@lru_cache(maxsize=1024)
def _statement(given: Given, order: LiteralString) -> LiteralString:
    listed: LiteralString = f"FROM courses WHERE {IS_LISTED} AND {all_of(tests_of(given).values())}"
    ids: LiteralString = f"ARRAY(SELECT courses.id {listed} ORDER BY {order} LIMIT %(size)s OFFSET %(offset)s)"
    count = f"SELECT count(*) {listed}" if given else COUNT
    return f"SELECT ({count}), ({cards_of(ids)})"


async def read_cards(database: Database, ids: Sequence[int], *, now: datetime) -> str:
    """These courses, in this order, as a JSON list of `CourseCard`. What is deleted meanwhile is left out."""
    if not ids:
        return "[]"
    row = await database.read(CARDS, {"ids": list(ids), "now": now})
    assert row is not None
    cards: str = row[0]
    return cards


def page_around(request: PageRequest, count: int, results: str) -> bytes:
    """The `Page` by number around its results, which are JSON already. Raises NotFound past the last page."""
    offset = offset_of(request)
    if offset >= count and request.page > 1:
        raise NotFound("There is no such page.")
    following = request.link(page=request.page + 1) if offset + request.size < count else None
    previous = request.link(page=request.page - 1) if request.page > 1 else None
    return whole_page(count, following, previous, results)


def whole_page(count: int | None, following: str | None, previous: str | None, results: str) -> bytes:
    """A `Page` around its results, which are JSON already."""
    head = to_json({"count": count, "next": following, "previous": previous})
    return b'%b,"results":%b}' % (head[:-1], results.encode())
