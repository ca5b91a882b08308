"""What is searched for, for administrators."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Float, case, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.models import Searches
from catalog.schemas.search import NoResultTerm, PopularTerm, SearchAnalytics

MOST_TERMS = 20

_SEARCHES, _CLICKS = func.sum(Searches.searches), func.sum(Searches.clicks)


def _ratio(part: ColumnElement[Any], whole: ColumnElement[Any]) -> ColumnElement[float]:
    return case((whole > 0, cast(part, Float) / cast(whole, Float)), else_=0.0)


async def get_search_analytics(session: AsyncSession, *, since: date) -> SearchAnalytics:
    """Of all days from `since`. Three statements."""
    of_days = select(Searches.term).where(Searches.day >= since).group_by(Searches.term).limit(MOST_TERMS)
    popular = await session.execute(
        of_days.add_columns(
            _SEARCHES.label("searches"),
            _CLICKS.label("clicks"),
            func.least(_ratio(_CLICKS, _SEARCHES), 1.0).label("click_through_rate"),
            _ratio(func.sum(Searches.positions), _CLICKS).label("average_position"),
        ).order_by(_SEARCHES.desc(), Searches.term)
    )
    without = func.sum(Searches.without_result)
    in_vain = await session.execute(
        of_days.add_columns(without.label("searches")).having(without > 0).order_by(without.desc(), Searches.term)
    )
    totals = select(
        func.coalesce(_SEARCHES, 0).label("searches"),
        func.least(_ratio(_CLICKS, _SEARCHES), 1.0).label("click_through_rate"),
        _ratio(func.sum(Searches.milliseconds), _SEARCHES).label("latency_ms"),
    ).where(Searches.day >= since)
    row = (await session.execute(totals)).one()
    return SearchAnalytics(
        since=since,
        searches=row.searches,
        popular_terms=[PopularTerm.model_validate(term._mapping) for term in popular],
        no_result_terms=[NoResultTerm.model_validate(term._mapping) for term in in_vain],
        click_through_rate=row.click_through_rate,
        latency_ms=round(row.latency_ms, 2),
    )
