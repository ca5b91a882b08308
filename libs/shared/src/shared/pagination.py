"""Lists: by page number with a count, or by cursor without one.

`?page=2&page_size=20` gives `{count, next, previous, results}`; `?cursor=` (empty for the first) gives
`{next, previous, results}` at the same cost at any depth. Links are absolute, from the public address.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request
from pydantic import BaseModel
from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import TypeEngine

from shared.errors import Invalid, NotFound

DEFAULT_SIZE = 20
LARGEST_SIZE = 100
DEEPEST_OFFSET = 10_000
"""Beyond it, pages by number cost too much; a cursor does not."""

LARGEST_INTEGER = 2**63 - 1

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """One page of a list. `next` and `previous` are links, null at the ends; `count` is the whole list's length."""

    count: int | None = None
    next: str | None
    previous: str | None
    results: list[T]


@dataclass(frozen=True)
class PageRequest:
    """What part of a list is asked for."""

    page: int
    size: int
    cursor: str | None
    """None: by page number. Empty: the first page by cursor."""
    ordering: tuple[str, ...]
    """Field names, with `-` for descending; empty for the list's own order."""
    url: str
    """Absolute address of the list, without the query."""
    query: tuple[tuple[str, str], ...]
    """The query as sent; links keep it."""

    def link(self, **changes: str | int | None) -> str:
        kept = [(name, value) for name, value in self.query if name not in changes]
        kept += [(name, str(value)) for name, value in changes.items() if value is not None]
        return f"{self.url}?{urlencode(kept)}" if kept else self.url


async def page_request(
    request: Request,
    page: Annotated[int, Query(ge=1, description="Page number, from 1.")] = 1,
    page_size: Annotated[
        int, Query(ge=1, description="Results on a page; more than 100 is served as 100.")
    ] = DEFAULT_SIZE,
    cursor: Annotated[str | None, Query(max_length=1000, description="Page by cursor; empty for the first.")] = None,
    ordering: Annotated[
        str | None, Query(max_length=200, description="Fields, comma-separated, `-` descending.")
    ] = None,
) -> PageRequest:
    """The dependency behind `Paging`."""
    return PageRequest(
        page=page,
        size=min(page_size, LARGEST_SIZE),
        cursor=cursor,
        ordering=tuple(name.strip() for name in ordering.split(",") if name.strip()) if ordering else (),
        url=f"{request.app.state.settings.public_url}{request.url.path}",
        query=tuple(request.query_params.multi_items()),
    )


Paging = Annotated[PageRequest, Depends(page_request)]
"""Route parameter: `page`, `page_size`, `cursor` and `ordering` of a list."""


@dataclass(frozen=True)
class Key:
    """A column to order by. The last key of an ordering must be unique; none may be null."""

    column: SQLColumnExpression[Any]
    descending: bool = False


def order_of(
    request: PageRequest, allowed: Mapping[str, SQLColumnExpression[Any]], default: Sequence[Key], unique: Key
) -> list[Key]:
    """The keys of `?ordering=`, or the default ones, ended by the unique one. Raises Invalid on an unknown field."""
    return keys_of(request.ordering, allowed, default, unique)


def keys_of(
    ordering: Sequence[str], allowed: Mapping[str, SQLColumnExpression[Any]], default: Sequence[Key], unique: Key
) -> list[Key]:
    """`order_of` of these names."""
    keys = []
    for name in ordering:
        column = allowed.get(name.removeprefix("-"))
        if column is None:
            raise Invalid(ordering=f"Unknown field '{name}'. Choose from: {', '.join(sorted(allowed))}.")
        keys.append(Key(column, name.startswith("-")))
    return [*(keys or default), unique]


async def paginate(
    session: AsyncSession,
    statement: Select[*tuple[Any, ...]],
    request: PageRequest,
    keys: Sequence[Key],
    show: Callable[[Any], T],
) -> Page[T]:
    """A page of `statement`, ordered by `keys`; `show` makes a result of each row.

    Two statements by page number, one by cursor. Raises NotFound past the last page.
    """
    if request.cursor is not None:
        return await _by_cursor(session, statement, request, keys, show)
    offset = (request.page - 1) * request.size
    if offset > DEEPEST_OFFSET:
        raise Invalid(page=f"Pages end at result {DEEPEST_OFFSET}; use ?cursor= to go further.")
    count = await session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
    if offset >= count and request.page > 1:
        raise NotFound("There is no such page.")
    rows = await session.execute(statement.order_by(*_order(keys)).limit(request.size).offset(offset))
    return Page(
        count=count,
        next=request.link(page=request.page + 1) if offset + request.size < count else None,
        previous=request.link(page=request.page - 1) if request.page > 1 else None,
        results=[show(row) for row in rows],
    )


async def _by_cursor(
    session: AsyncSession,
    statement: Select[*tuple[Any, ...]],
    request: PageRequest,
    keys: Sequence[Key],
    show: Callable[[Any], T],
) -> Page[T]:
    backward, position = _read_cursor(request.cursor or "", keys)
    columns: list[ColumnElement[Any]] = [key.column.label(f"cursor_{place}") for place, key in enumerate(keys)]
    statement = statement.add_columns(*columns).order_by(*_order(keys, backward)).limit(request.size + 1)
    if position is not None:
        statement = statement.where(_after(keys, position, backward))
    rows = list(await session.execute(statement))
    more = len(rows) > request.size
    rows = rows[: request.size]
    if backward:
        rows.reverse()
    before, after = (more, True) if backward else (position is not None, more)
    return Page(
        next=request.link(page=None, cursor=_cursor("n", rows[-1], len(keys))) if rows and after else None,
        previous=request.link(page=None, cursor=_cursor("p", rows[0], len(keys))) if rows and before else None,
        results=[show(row) for row in rows],
    )


def _order(keys: Sequence[Key], backward: bool = False) -> list[ColumnElement[Any]]:
    return [key.column.desc() if key.descending != backward else key.column.asc() for key in keys]


def _after(keys: Sequence[Key], position: Sequence[Any], backward: bool) -> ColumnElement[bool]:
    """Rows that come after `position` in the order of `keys`, or before it.

    As a comparison of rows, which PostgreSQL looks up in an index; a chain of ORs it tries on every row from the first.
    Keys that go up beside keys that go down need the chain; the first key then bounds it.
    """
    values = [literal(value, _type_of(key)) for key, value in zip(keys, position, strict=True)]
    if len({key.descending for key in keys}) == 1:
        here, there = tuple_(*(key.column for key in keys)), tuple_(*values)
        return here < there if keys[0].descending != backward else here > there
    cases = []
    for place, key in enumerate(keys):
        same = [earlier.column == value for earlier, value in zip(keys[:place], values, strict=False)]
        value = values[place]
        beyond = key.column < value if key.descending != backward else key.column > value
        cases.append(and_(*same, beyond))
    first, value = keys[0], values[0]
    bound = first.column <= value if first.descending != backward else first.column >= value
    return and_(bound, or_(*cases))


def _cursor(direction: str, row: Any, width: int) -> str:
    values = [_plain(value) for value in row[-width:]]
    return (
        base64.urlsafe_b64encode(json.dumps([direction, *values], separators=(",", ":")).encode()).decode().rstrip("=")
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _read_cursor(cursor: str, keys: Sequence[Key]) -> tuple[bool, list[Any] | None]:
    """(backward, values of the keys), no values for the first page. Raises Invalid on what is not a cursor of ours."""
    if not cursor:
        return False, None
    try:
        direction, *values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if direction not in ("n", "p") or len(values) != len(keys):
            raise ValueError("not a cursor of this list")
        types = [_type_of(key).python_type for key in keys]
        return direction == "p", [_typed(value, of) for value, of in zip(values, types, strict=True)]
    except (ValueError, TypeError, ArithmeticError) as error:
        raise Invalid(cursor="This is not a cursor of this list. Start again with an empty one.") from error


def _type_of(key: Key) -> TypeEngine[Any]:
    return key.column.expression.type  # type: ignore[no-any-return, attr-defined]


def _typed(value: Any, python_type: type[Any]) -> Any:
    if python_type is datetime:
        return datetime.fromisoformat(value)
    if python_type is Decimal:
        return Decimal(value)
    if python_type is int and not (type(value) is int and abs(value) <= LARGEST_INTEGER):
        raise ValueError("not a bigint")
    if not isinstance(value, python_type) or (isinstance(value, str) and "\0" in value):
        raise ValueError("wrong type")
    return value
