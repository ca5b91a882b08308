"""A page of a list of published courses, as bytes, in one statement: the hot form of `queries.courses`.

What filters find is looked for once, mostly in `searched_courses`: it is counted, and the page is taken from it.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import LiteralString

from pydantic_core import to_json

from catalog.queries.compiled import all_of, order_of
from catalog.queries.courses import keys_of
from catalog.queries.filters import Condition, CourseFilter, Given, tests_of
from catalog.queries.hot_parts import INSTRUCTOR_BRIEF, WITH_PRICE, card
from catalog.store.listed import COUNT
from shared.database import Database
from shared.errors import NotFound
from shared.pagination import DEEPEST_OFFSET, PageRequest
from shared.together import for_many

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
    values = wanted.values(now) | {"size": request.size, "skipped": offset_of(request)}
    if wanted.search:  # may take long, among many courses
        statement = _statement(wanted.given, request.ordering, _TRIGRAM.search(wanted.search) is not None)
        row = await database.read(statement, values)
    else:
        row = await database.read_together(_for_many(wanted.given, request.ordering), values)
    assert row is not None
    count, cards = row
    return page_around(request, count, cards)


_NEWEST_FIRST = frozenset({"created_date"})
_TRIGRAM = re.compile(r"[^\W_]{3}")
"""What the index of texts can look for. Asked for less, it gives all that is in it."""
_COUNTED: tuple[Given, ...] = ((("category", True),), (("level", True),))
"""Each has an index of `courses`, in the list's own order, that counts without reading rows."""
_FEW: frozenset[tuple[str, bool]] = frozenset({("instructor", True), ("is_featured", True), ("tag", True)})
"""Each finds few courses, by an index of its own: so few that wide rows may be read."""
_WIDE = frozenset({"title", "published_date"})
"""Orders that the narrow table has no column for; `courses` has an index in each."""
_LISTED: LiteralString = f"FROM courses WHERE {IS_LISTED} AND"
_NARROW: LiteralString = "FROM searched_courses AS courses WHERE"
_VALUES: dict[str, LiteralString] = {
    "size": "integer", "skipped": "integer", "now": "timestamptz", "category_slug": "text", "level": "text",
    "min_price": "numeric", "max_price": "numeric", "min_rating": "double precision", "min_duration": "integer",
    "max_duration": "integer", "instructor": "bigint", "language": "text", "tag": "text", "creation_method": "text",
}  # fmt: skip
_HAS_TEXT: LiteralString = "{} LIKE (SELECT lower(%(search)s::text))"


@lru_cache(maxsize=1024)
def _statement(given: Given, ordering: tuple[str, ...], has_index: bool) -> LiteralString:
    """`has_index`: what is searched for can be looked up. Raises Invalid."""
    tests = tests_of(given)
    order = order_of(keys_of(ordering, is_draft=False, is_searched="search" in tests))
    part: LiteralString = f"ORDER BY {order} LIMIT %(size)s OFFSET %(skipped)s"
    fields = frozenset(name.removeprefix("-") for name in ordering) or _NEWEST_FIRST
    if _FEW.intersection(given):
        return _from_found(_few(tests, fields), part)
    if "search" in tests:
        return _from_found(_with_text(tests, fields, has_index), part)
    passes = all_of(tests.values())
    if given and not fields & _WIDE and not (given in _COUNTED and fields == _NEWEST_FIRST):
        return _from_found(f"SELECT {_columns(fields)} {_NARROW} {passes}", part)
    # An index of `courses` has the order, and the page begins it.
    listed = f"SELECT count(*) {_LISTED if given in _COUNTED else _NARROW} {passes}" if given else COUNT
    ids: LiteralString = f"ARRAY(SELECT courses.id {_LISTED} {passes} {part})"
    return f"SELECT ({listed}), ({cards_of(ids)})"


@lru_cache(maxsize=1024)
def _for_many(given: Given, ordering: tuple[str, ...]) -> LiteralString:
    return for_many(_statement(given, ordering, False), **_VALUES)


def _from_found(found: LiteralString, part: LiteralString) -> LiteralString:
    """Looked for once: counted, and the page taken from it."""
    ids: LiteralString = f"ARRAY(SELECT courses.id FROM found AS courses {part})"
    return f"WITH found AS MATERIALIZED ({found}) SELECT (SELECT count(*) FROM found), ({cards_of(ids)})"


def _few(tests: dict[str, Condition], fields: frozenset[str]) -> LiteralString:
    """Found in `courses`, and then by text: one by one."""
    text: LiteralString = "(SELECT texts.text FROM searched_texts AS texts WHERE texts.id = courses.id)"
    has_text: LiteralString = _HAS_TEXT.format(text) if tests.pop("search", None) is not None else "true"
    return f"SELECT {_columns(fields)} {_LISTED} {all_of(tests.values())} AND {has_text}"


def _with_text(tests: dict[str, Condition], fields: frozenset[str], has_index: bool) -> LiteralString:
    """Found in the texts, and the narrow table for what else is asked of a course."""
    others = {name: test for name, test in tests.items() if name != "search"}
    if others or fields != _NEWEST_FIRST:
        text, source = "texts.text", "searched_texts AS texts JOIN searched_courses AS courses ON courses.id = texts.id"
    else:
        text, source = "courses.text", "searched_texts AS courses"
    if fields & _WIDE:
        source = f"{source} JOIN courses AS wide ON wide.id = courses.id"
    has_text: LiteralString = _HAS_TEXT.format(text)
    if not has_index:  # as a case, no index could be asked for it
        has_text = f"CASE WHEN {has_text} THEN true ELSE false END"
    columns = _columns(fields - _WIDE) + "".join(f", wide.{field}" for field in sorted(fields & _WIDE))
    return f"SELECT {columns} FROM {source} WHERE {has_text} AND {all_of(others.values())}"


def _columns(fields: frozenset[str]) -> str:
    """The id, and what orders are made of."""
    names = ("document" if field == "relevance" else field for field in sorted(fields))
    return ", ".join(["courses.id", *(f"courses.{name}" for name in names)])


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
