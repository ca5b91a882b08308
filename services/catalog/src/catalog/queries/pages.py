"""Lists whose rows cost something to make: first the ids of the page, then only those rows."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.pagination import Key, Page, PageRequest, paginate

V = TypeVar("V")


async def page_of(
    session: AsyncSession,
    ids: Select[int],
    request: PageRequest,
    keys: Sequence[Key],
    load: Callable[[AsyncSession, Sequence[int]], Awaitable[Mapping[int, V]]],
) -> Page[V]:
    """A page of what `load` makes of the page's ids, by id. What is deleted meanwhile is left out."""
    page = await paginate(session, ids, request, keys, _id)
    loaded = await load(session, page.results) if page.results else {}
    results = [loaded[number] for number in page.results if number in loaded]
    return Page(count=page.count, next=page.next, previous=page.previous, results=results)


def _id(row: Any) -> int:
    return int(row[0])


def contains(words: str) -> str:
    """A pattern of LIKE for text that has `words` in it, to the letter."""
    return f"%{starts_with(words)}"


def starts_with(words: str) -> str:
    """A pattern of LIKE for text that begins with `words`, to the letter."""
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{escaped}%"
