"""Searching courses: full text with facets, ranked by relevance, then by how many learn.

PostgreSQL ranks every match it is asked to order, and a common word matches most courses. So only the most popular
matches are ranked, and only so many are counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, func, literal, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.models import Course
from catalog.queries.courses import cards_by_id
from catalog.queries.filters import Condition, CourseFilter, narrowed
from catalog.queries.fulltext import as_query, relevance
from catalog.queries.pages import contains, page_of
from catalog.schemas.courses import CourseCard
from shared.errors import Invalid
from shared.pagination import Key, Page, PageRequest, order_of

MOST_RANKED = 1_000
"""Results of a search: the most popular of the courses found."""

LISTED: tuple[Condition, ...] = (Course.is_published, ~Course.is_deleted)


@dataclass(frozen=True)
class Text:
    """What is looked for in courses: which have it, and how well each fits."""

    found: ColumnElement[bool]
    relevance: ColumnElement[Decimal]


async def read_text(session: AsyncSession, query: str) -> Text:
    """What a query asks for. One of stop words only is looked for as it was typed, in titles."""
    if not query.strip():
        return Text(true(), literal(Decimal(0)))
    parsed = as_query(query)
    if await session.scalar(select(func.numnode(parsed))):
        return Text(Course.document.bool_op("@@")(parsed), relevance(Course.document, query))
    return Text(Course.title.ilike(contains(query.strip())), literal(Decimal(0)))


async def is_found(session: AsyncSession, text: Text) -> bool:
    """Whether any course has the text, whatever the filters."""
    return bool(await session.scalar(select(select(Course.id).where(*LISTED, text.found).exists())))


async def find_courses(
    session: AsyncSession, request: PageRequest, text: Text, wanted: CourseFilter, *, now: datetime
) -> Page[CourseCard]:
    """The page of what is found. Raises Invalid, and NotFound past the last page."""
    if request.cursor is not None:
        raise Invalid(cursor=f"A search has pages by number; there are at most {MOST_RANKED} results.")
    ranked = _most_popular(text, narrowed(wanted, now))
    keys = _keys(request, ranked.c)

    async def load(session: AsyncSession, page: Sequence[int]) -> dict[int, CourseCard]:
        return await cards_by_id(session, page, CourseCard, now=now)

    return await page_of(session, select(ranked.c.id), request, keys, load)


_ORDERS = ("created_date", "published_date", "avg_rating", "enrolled_students_count")


def _most_popular(text: Text, tests: Sequence[Condition]) -> Subquery:
    chosen: Select[Any] = select(
        Course.id,
        text.relevance.label("relevance"),
        func.lower(Course.title).label("title"),
        Course.price.label("price"),
        *(getattr(Course, name).label(name) for name in _ORDERS),
    )
    chosen = chosen.where(*LISTED, *tests, text.found)  # last: it fetches a large value for each row it tests
    return chosen.order_by(Course.enrolled_students_count.desc(), Course.id.desc()).limit(MOST_RANKED).subquery()


def _keys(request: PageRequest, columns: Any) -> list[Key]:
    """`relevance` has the best first, with `-` or without."""
    best = [Key(columns.relevance, descending=True), Key(columns.enrolled_students_count, descending=True)]
    allowed = {name: columns[name] for name in (*_ORDERS, "title", "price", "relevance")}
    keys = order_of(request, allowed, best, Key(columns.id, descending=True))
    return [Key(key.column, descending=True) if key.column is columns.relevance else key for key in keys]
