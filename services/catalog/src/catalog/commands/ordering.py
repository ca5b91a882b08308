"""Places among siblings: modules of a course, lessons of a module, resources of a lesson.

Call with the course's row locked.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.models import Lesson, Module, Resource
from shared.errors import Invalid

MOST_MODULES = 100
"""In a course."""
MOST_LESSONS = 200
"""In a module."""
MOST_RESOURCES = 100
"""In a lesson."""
Ordered = type[Module] | type[Lesson] | type[Resource]

_REORDER = """
    UPDATE {table} SET "order" = wanted.place, updated_date = now()
    FROM unnest(CAST(:ids AS bigint[])) WITH ORDINALITY AS wanted (id, place)
    WHERE {table}.id = wanted.id AND "order" <> wanted.place
"""
_REORDER_OF = {table: text(_REORDER.format(table=table.__tablename__)) for table in (Module, Lesson, Resource)}


async def new_place(session: AsyncSession, table: Ordered, siblings: ColumnElement[bool], order: int | None) -> int:
    """The place of one more: `order` when given, else the next. Raises Invalid when taken, or there are too many."""
    counted = select(
        func.count(), func.coalesce(func.max(table.order), 0), func.coalesce(func.bool_or(table.order == order), False)
    ).where(siblings)
    count, last, is_taken = (await session.execute(counted)).one()
    most, limit = _limit_of(table)
    if count >= most:
        raise Invalid({"non_field_errors": [f"There can be at most {most} {table.__tablename__} in {limit}."]})
    if order is not None and is_taken:
        raise Invalid(order=f"Place {order} is taken. Leave it out for the next one, {last + 1}.")
    return order if order is not None else last + 1


async def reorder(session: AsyncSession, table: Ordered, siblings: ColumnElement[bool], ids: Sequence[int]) -> None:
    """Put all siblings in the order of `ids`, from 1. Raises Invalid unless these are just the siblings, each once."""
    present = set(await session.scalars(select(table.id).where(siblings)))
    if len(ids) != len(present) or set(ids) != present:
        raise Invalid(ids=f"Name each of the {len(present)} {table.__tablename__} once: their ids in the new order.")
    await session.execute(_REORDER_OF[table], {"ids": list(ids)})


def _limit_of(table: Ordered) -> tuple[int, str]:
    """How many there can be, and in what."""
    if table is Resource:
        return MOST_RESOURCES, "a lesson"
    return (MOST_MODULES, "a course") if table is Module else (MOST_LESSONS, "a module")
