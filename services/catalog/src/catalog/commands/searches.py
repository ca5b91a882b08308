"""Counting what is searched for, and what is chosen of what was found."""

from datetime import date, timedelta
from typing import LiteralString

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.domain.search import term_of
from catalog.domain.slugs import parse_ref
from catalog.models import Course, Searches
from catalog.schemas.search import Click
from catalog.store.visibility import course_named, course_visible
from shared.auth import Identity
from shared.database import Database
from shared.errors import Invalid, NotFound
from shared.together import with_asked

KEPT_DAYS = 90


_ASKED = with_asked(today="date", term="text", in_vain="integer", milliseconds="double precision")
_COUNT: LiteralString = f"""
    {_ASKED}, counted AS (
        INSERT INTO searches AS had (day, term, searches, without_result, clicks, positions, milliseconds)
        SELECT today, term, count(*), sum(in_vain), 0, 0, sum(milliseconds)
        FROM asked GROUP BY today, term ORDER BY today, term
        ON CONFLICT (day, term) DO UPDATE SET
            searches = had.searches + excluded.searches,
            without_result = had.without_result + excluded.without_result,
            milliseconds = had.milliseconds + excluded.milliseconds
    )
    SELECT n FROM asked
"""  # noqa: S608


async def count_search(database: Database, query: str, *, found: bool, milliseconds: float, today: date) -> None:
    """Count a search. `found`: something, as it was typed. One statement, which may count twice when it is cut off."""
    values = {"today": today, "term": term_of(query), "in_vain": int(not found), "milliseconds": milliseconds}
    await database.write_together(_COUNT, values)


async def count_click(session: AsyncSession, identity: Identity | None, click: Click, *, today: date) -> None:
    """Count a choice for the last day, of two, on which the term was searched for; for none, nothing.

    Raises Invalid when the caller can see no such course.
    """
    await _check_course(session, identity, click.course)
    term = term_of(click.query)
    yesterday = today - timedelta(days=1)
    last = select(func.max(Searches.day)).where(Searches.term == term, Searches.day >= yesterday).scalar_subquery()
    counted = update(Searches).where(Searches.term == term, Searches.day == last)
    await session.execute(counted.values(clicks=Searches.clicks + 1, positions=Searches.positions + click.position))


async def _check_course(session: AsyncSession, identity: Identity | None, choice: str) -> None:
    try:
        condition = course_named(parse_ref(choice))
    except NotFound:
        raise _no_course(choice) from None
    if await session.scalar(select(Course.id).where(condition, course_visible(identity))) is None:
        raise _no_course(choice)


def _no_course(choice: str) -> Invalid:
    return Invalid(course=f"There is no course '{choice}'.")


async def forget_searches(session: AsyncSession, *, today: date) -> None:
    """Delete what was counted more than 90 days ago. Safe to repeat."""
    await session.execute(delete(Searches).where(Searches.day < today - timedelta(days=KEPT_DAYS)))
