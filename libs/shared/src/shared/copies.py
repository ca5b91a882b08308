"""Copies of what other services own. A copy takes a state newer than its own, and skips any other."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import inspect
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase

from shared.contracts import State

S = TypeVar("S", bound=State)


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


def as_rows(states: Sequence[State]) -> str:
    """States as JSON for `json_to_recordset`, which takes the fields that it names."""
    return f"[{','.join(state.model_dump_json() for state in states)}]"


def newest(states: Sequence[S], key: str) -> list[S]:
    """The newest state of each aggregate, whose id is the field `key`: what taking one after the other would leave."""
    found: dict[Any, S] = {}
    for state in states:
        if (had := found.get(getattr(state, key))) is None or had.version < state.version:
            found[getattr(state, key)] = state
    return list(found.values())
