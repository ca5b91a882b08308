"""Facets of a search: how many of the courses found are in each category, level, price band, rating and language.

Each facet leaves its own filter out, so that it tells what another choice would find.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import LiteralString

from catalog.domain.search import LEVELS, PRICE_BANDS, RATINGS
from catalog.queries.compiled import all_of
from catalog.queries.filters import Condition
from catalog.schemas.search import Facet, Facets

_FILTERS = {
    "category": ("category",),
    "level": ("level",),
    "price": ("min_price", "max_price", "is_free"),
    "rating": ("min_rating",),
    "language": ("language",),
}
FACET_FILTERS = frozenset(name for names in _FILTERS.values() for name in names)
_FIXED_LABELS = {
    "level": LEVELS,
    "price": {band.value: band.label for band in PRICE_BANDS},
    "rating": dict(RATINGS),
}

_BAND: LiteralString = "CASE {} ELSE '{}' END".format(
    " ".join(f"WHEN current_price >= {band.least} THEN '{band.value}'" for band in reversed(PRICE_BANDS)),
    PRICE_BANDS[0].value,
)
_STEPS: LiteralString = ", ".join(f"'{value}'" for value, _ in RATINGS)
_AT_LEAST: LiteralString = ", ".join(f"count(*) FILTER (WHERE avg_rating >= {value})" for value, _ in RATINGS)
_COUNTED: dict[str, LiteralString] = {
    "category": """
        SELECT 'category', g.slug, g.name, counted.courses
        FROM (SELECT category_id, count(*) AS courses FROM sample {} GROUP BY category_id) AS counted
        JOIN categories g ON g.id = counted.category_id
    """,
    "level": "SELECT 'level', level, level, count(*) FROM sample {} GROUP BY level",
    "price": f"SELECT 'price', {_BAND} AS band, '', count(*) FROM sample {{}} GROUP BY band",
    "rating": f"""
        SELECT 'rating', rating.value, '', rating.courses FROM (
            SELECT ARRAY[{_STEPS}] AS steps, ARRAY[{_AT_LEAST}] AS counted FROM sample {{}}
        ) AS rated CROSS JOIN unnest(steps, counted) AS rating (value, courses)
        WHERE rating.courses > 0
    """,
    "language": "SELECT 'language', tag, tag, count(*) FROM sample {} GROUP BY tag",
}


def passes_of(tests: dict[str, Condition]) -> dict[str, LiteralString]:
    """Of each facet that there are filters for, whether they pass: columns that `sample` needs."""
    mine = {facet: [tests[name] for name in names if name in tests] for facet, names in _FILTERS.items()}
    return {f"passes_{facet}": all_of(found) for facet, found in mine.items() if found}


def counts_of(passes: Collection[str]) -> LiteralString:
    """JSON, a list of (facet, value, label, number of courses), counted in `sample`."""

    def others(facet: str) -> LiteralString:
        needed = [name for name in passes if name != f"passes_{facet}"]
        return f"WHERE {' AND '.join(needed)}" if needed else ""

    every = " UNION ALL ".join(counted.format(others(facet)) for facet, counted in _COUNTED.items())
    return f"""
        SELECT coalesce(json_agg(json_build_array(facet, value, label, courses)), '[]'::json)
        FROM ({every}) AS counted (facet, value, label, courses)
    """


def as_facets(counts: Iterable[tuple[str, str, str, int]]) -> Facets:
    facets: dict[str, list[Facet]] = defaultdict(list)
    for facet, value, label, courses in counts:
        fixed = _FIXED_LABELS.get(facet, {})
        facets[facet].append(Facet(value=value, label=fixed.get(value, label), count=courses))
    return Facets(**{name: _in_order(name, facets[name]) for name in _FILTERS})


def _in_order(name: str, facets: list[Facet]) -> list[Facet]:
    """In their own order where there is one, else the most frequent first."""
    if name in _FIXED_LABELS:
        places = {value: place for place, value in enumerate(_FIXED_LABELS[name])}
        return sorted(facets, key=lambda facet: places.get(facet.value, 0))
    return sorted(facets, key=lambda facet: (-facet.count, facet.value))
