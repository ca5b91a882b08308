"""The outbox as a log that can be read: every published event of this service for 30 days, in the order of publishing.

Positions are given by the one active relay and committed in order, so a reader that goes on after the last position it
was told misses nothing and sees nothing twice.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import FromService
from shared.contracts.log import LogEntry, LogPage
from shared.database import Reading
from shared.fields import LARGEST_ID, Text

LARGEST_PAGE = 500

_END = text("SELECT coalesce(max(position), 0) FROM outbox WHERE position IS NOT NULL")
_STRETCH = text("""
    SELECT position, event_id, type, aggregate_id, version, recorded_at, data FROM outbox
    WHERE position > :after AND position <= :end AND (CAST(:types AS text[]) IS NULL OR type = ANY(:types))
    ORDER BY position LIMIT :limit
""")

router = APIRouter(include_in_schema=False)


async def read_log(session: AsyncSession, source: str, *, after: int, types: Sequence[str], limit: int) -> LogPage:
    """Up to `limit` events after a position; of the given types, or all. Two statements.

    With a limit of 0, none, and `next` is where the log ends.
    """
    end = max(after, await session.scalar(_END) or 0)
    if not limit:
        return LogPage(results=[], next=end)
    wanted = {"after": after, "end": end, "types": list(types) or None, "limit": limit}
    entries = [_entry(row, source) for row in await session.execute(_STRETCH, wanted)]
    return LogPage(results=entries, next=entries[-1].position if len(entries) == limit else end)


def _entry(row: Any, source: str) -> LogEntry:
    return LogEntry(
        position=row.position,
        id=str(row.event_id),
        type=row.type,
        source=f"/{source}",
        subject=f"{row.type.split('.')[1]}/{row.aggregate_id}",
        time=row.recorded_at,
        sequence=row.version,
        data=row.data,
    )


@router.get("/internal/events/")
async def get_log(
    request: Request,
    caller: FromService,
    session: Reading,
    after: Annotated[int, Query(ge=0, le=LARGEST_ID)] = 0,
    type: Annotated[list[Text], Query(max_length=50)] = [],  # noqa: B006 - FastAPI copies it
    limit: Annotated[int, Query(ge=0, le=LARGEST_PAGE)] = 100,
) -> LogPage:
    """This service's published events after a position."""
    source = request.app.state.settings.SERVICE
    return await read_log(session, source, after=after, types=type, limit=limit)
