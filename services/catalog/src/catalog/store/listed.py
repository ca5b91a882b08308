"""How many courses are listed: the sum of `ListedChange`, whose rows a trigger adds."""

from typing import LiteralString

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

COUNT: LiteralString = "SELECT coalesce(sum(change), 0) FROM listed_changes"

_MERGE = text("""
    WITH gone AS (DELETE FROM listed_changes WHERE (SELECT count(*) FROM listed_changes) > 1 RETURNING change)
    INSERT INTO listed_changes (change) SELECT sum(change) FROM gone HAVING count(*) > 0
""")


async def merge_changes(session: AsyncSession) -> None:
    """Make one row of the changes so far. Readers see them before or after; what others add meanwhile stays."""
    await session.execute(_MERGE)
