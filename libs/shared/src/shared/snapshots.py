"""The owner's side of copies: all states of an aggregate, page by page, each with its version.

Events tell a copy what changes; this tells it what is. A page is read in one moment, the next one in a later: whoever
reads them all has every state at least as new as when it began, if it goes on taking events meanwhile.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Query
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import FromService
from shared.contracts import State
from shared.contracts.snapshot import SnapshotPage
from shared.database import Reading
from shared.errors import NotFound
from shared.fields import LARGEST_ID

LARGEST_PAGE = 500

States = Callable[[AsyncSession, int, int], Awaitable[Sequence[tuple[int, State]]]]
"""`(session, after, limit)` → ids above `after`, each with its state: up to `limit`, in the order of the ids."""


def snapshot_router(aggregates: Mapping[str, States]) -> APIRouter:
    """`GET /internal/snapshot/{aggregate}/` for these aggregates of a service."""
    router = APIRouter(include_in_schema=False)

    @router.get("/internal/snapshot/{aggregate}/")
    async def get_snapshot(
        caller: FromService,
        session: Reading,
        aggregate: Annotated[str, Path(max_length=50)],
        after: Annotated[int, Query(ge=0, le=LARGEST_ID)] = 0,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 100,
    ) -> SnapshotPage:
        """Present states, for copies to be compared with and rebuilt from."""
        if aggregate not in aggregates:
            raise NotFound
        found = await aggregates[aggregate](session, after, limit)
        return SnapshotPage(
            results=[state.model_dump(mode="json") for _, state in found],
            next=found[-1][0] if len(found) == limit else None,
        )

    return router
