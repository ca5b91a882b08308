"""Facets of a search: how many of the courses found are in each category, level, price band, rating and language.

Each facet leaves its own filter out, so that it tells what another choice would find.
"""

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    SQLColumnExpression,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.domain.search import LEVELS, PRICE_BANDS, RATINGS
from catalog.models import Category, Course
from catalog.queries.filters import Condition, CourseFilter, price_at, tests_of
from catalog.queries.search import LISTED, Text
from catalog.schemas.search import Facet, Facets

Expression = SQLColumnExpression[Any]

MOST_COUNTED = 3_000
"""Courses that facets are counted in: the most popular of those found."""

_FILTERS = {
    "category": ("category",),
    "level": ("level",),
    "price": ("min_price", "max_price", "is_free"),
    "rating": ("min_rating",),
    "language": ("language",),
}
_FIXED_LABELS = {
    "level": LEVELS,
    "price": {band.value: band.label for band in PRICE_BANDS},
    "rating": dict(RATINGS),
}


async def count_facets(session: AsyncSession, text: Text, wanted: CourseFilter, *, now: datetime) -> Facets:
    """One statement over one pass of what is found."""
    sample = _sample(text, tests_of(wanted, now), now)
    columns = sample.c
    parts = [
        _grouped("category", sample, Category.slug, Category.name).join(Category, Category.id == columns.category_id),
        _grouped("level", sample, columns.level),
        _grouped("price", sample, _band(columns.price)),
        _grouped("language", sample, columns.language),
        *(_rated(sample, value) for value, _ in RATINGS),
    ]
    facets: dict[str, list[Facet]] = defaultdict(list)
    for row in await session.execute(union_all(*parts)):
        if row.courses:
            facets[row.facet].append(Facet(value=row.value, label=_label(row), count=row.courses))
    return Facets(**{name: _in_order(name, facets[name]) for name in _FILTERS})


def _sample(text: Text, tests: dict[str, Condition], now: datetime) -> CTE:
    """What has the text and passes the filters that are no facets; of each facet, whether its filters pass."""
    facet_filters = {name for names in _FILTERS.values() for name in names}
    passes = {
        facet: and_(true(), *(tests[name] for name in names if name in tests)).label(f"passes_{facet}")
        for facet, names in _FILTERS.items()
    }
    columns = (
        Course.category_id,
        Course.level,
        price_at(now).label("price"),
        Course.avg_rating,
        func.lower(Course.language).label("language"),
        *passes.values(),
    )
    others = (test for name, test in tests.items() if name not in facet_filters)
    popular = (Course.enrolled_students_count.desc(), Course.id.desc())
    chosen = select(*columns).where(*LISTED, *others, text.found).order_by(*popular).limit(MOST_COUNTED)
    return chosen.cte("sample")


def _others_pass(facet: str, sample: CTE) -> ColumnElement[bool]:
    return and_(true(), *(sample.c[f"passes_{name}"] for name in _FILTERS if name != facet))


def _grouped(facet: str, sample: CTE, value: Expression, label: Expression | None = None) -> Select[*tuple[Any, ...]]:
    shown = value if label is None else label
    counted = select(
        literal(facet).label("facet"),
        cast(value, String).label("value"),
        cast(shown, String).label("label"),
        func.count().label("courses"),
    )
    return counted.select_from(sample).where(_others_pass(facet, sample)).group_by("value", "label")


def _rated(sample: CTE, value: str) -> Select[*tuple[Any, ...]]:
    counted: Select[*tuple[Any, ...]] = select(literal("rating"), literal(value), literal(value), func.count())
    return counted.select_from(sample).where(_others_pass("rating", sample), sample.c.avg_rating >= float(value))


def _band(price: ColumnElement[Any]) -> ColumnElement[str]:
    steps = [(price >= band.least, band.value) for band in reversed(PRICE_BANDS)]
    return case(*steps, else_=PRICE_BANDS[0].value)


def _label(row: Any) -> str:
    return str(_FIXED_LABELS.get(row.facet, {}).get(row.value, row.label))


def _in_order(name: str, facets: list[Facet]) -> list[Facet]:
    """In their own order where there is one, else the most frequent first."""
    if name in _FIXED_LABELS:
        places = {value: place for place, value in enumerate(_FIXED_LABELS[name])}
        return sorted(facets, key=lambda facet: places.get(facet.value, 0))
    return sorted(facets, key=lambda facet: (-facet.count, facet.value))
