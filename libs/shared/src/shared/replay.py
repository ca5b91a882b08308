"""Sending a stretch of this service's log to one queue again: for a consumer that is new, or was rebuilt.

    python -m enrollment replay --queue certificate.enrollment-enrollment [--type …] [--since 2026-11-20T00:00:00Z]

Events go out with their own ids, straight to that queue, in their order. A consumer that had them skips them; one that
is to handle them once more forgets them first (`python -m certificate forget --queue …`).
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text

from shared.broker import Envelope, Publisher
from shared.database import Database

BATCH = 200

_STRETCH = text("""
    SELECT position, event_id, type, aggregate_id, version, recorded_at, data::text AS data,
        correlation_id, causation_id
    FROM outbox
    WHERE position > :after AND recorded_at >= :since AND (CAST(:types AS text[]) IS NULL OR type = ANY(:types))
    ORDER BY position LIMIT :limit
""")
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
        envelopes = [
            Envelope(
                event_id=str(row.event_id),
                type=row.type,
                source=source,
                aggregate_id=row.aggregate_id,
                version=row.version,
                time=row.recorded_at,
                data=row.data.encode(),
                correlation_id=row.correlation_id,
                causation_id=str(row.causation_id) if row.causation_id else None,
            )
            for row in rows
        ]
        await publisher.publish((envelope.to_message(), queue) for envelope in envelopes)
        after, sent = rows[-1].position, sent + len(rows)


async def forget(database: Database, consumer: str) -> int:
    """Let the queue `consumer` (its name without prefix) handle everything once more; how many it had handled."""
    async with database.transaction() as session:
        return await session.scalar(_FORGET, {"consumer": consumer}) or 0
