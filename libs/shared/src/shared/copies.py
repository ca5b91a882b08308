"""Copies of what other services own. A copy takes a state newer than its own, and skips any other."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase


async def take(session: AsyncSession, copy: type[DeclarativeBase], *, by: str = "revision", **values: Any) -> bool:
    """Insert a row of a copy, or renew it; False, with nothing changed, when the one there is as new.

    `values` are columns: the primary key, the number `by` which newer is told from older, and all else that the state
    tells. The row is locked then.
    """
    key = [column.name for column in inspect(copy).primary_key]
    row = insert(copy).values(values)
    told: Mapping[str, Any] = {name: row.excluded[name] for name in values if name not in key}
    newer = row.on_conflict_do_update(
        index_elements=key, set_=told, where=getattr(copy, by) < row.excluded[by]
    ).returning(*(getattr(copy, name) for name in key))
    return (await session.execute(newer)).first() is not None
