"""Sending a stretch of this service's log to one queue again: for a consumer that is new, or was rebuilt.

    python -m enrollment replay --queue certificate.enrollment-enrollment [--type …] [--since 2026-11-20T00:00:00Z]

Events go out with their own ids, straight to that queue, in their order. A consumer that had them skips them; one that
is to handle them once more forgets them first (`python -m certificate forget --queue …`).
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text

from shared.broker import Publisher
from shared.database import Database
from shared.outbox import ENVELOPE_COLUMNS, envelope_of

BATCH = 200

_STRETCH = text(f"""
    SELECT {ENVELOPE_COLUMNS} FROM outbox
    WHERE position > :after AND recorded_at >= :since AND (CAST(:types AS text[]) IS NULL OR type = ANY(:types))
    ORDER BY position LIMIT :limit
""")  # noqa: S608
_FORGET = text("""
    WITH forgotten AS (DELETE FROM inbox WHERE consumer = :consumer RETURNING 1) SELECT count(*) FROM forgotten
""")


async def replay(
    database: Database, publisher: Publisher, *, source: str, queue: str, types: Sequence[str], since: datetime
) -> int:
    """Publish the events to `queue`; how many. Raises BrokerAway; repeating it is safe."""
    after, sent = 0, 0
    while True:
        wanted = {"after": after, "since": since, "types": list(types) or None, "limit": BATCH}
        async with database.reading() as session:
            rows = (await session.execute(_STRETCH, wanted)).all()
        if not rows:
            return sent
        await publisher.publish((envelope_of(row, source).to_message(), queue) for row in rows)
        after, sent = rows[-1].position, sent + len(rows)


async def forget(database: Database, consumer: str) -> int:
    """Let the queue `consumer` (its name without prefix) handle everything once more; how many it had handled."""
    async with database.transaction() as session:
        return await session.scalar(_FORGET, {"consumer": consumer}) or 0
