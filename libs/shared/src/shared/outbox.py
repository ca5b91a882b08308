"""The outbox: events recorded in the transaction of the change they tell, and kept as the log of record.

`record` writes the row; nothing is published that was not committed. The relay (`relay`) publishes it and gives it
its `position`. One relay runs at a time, so positions are committed in order, and whoever reads the log after the
last position seen misses nothing. (Ids would not do: they are taken at insert, not at commit.) Rows stay for 30 days
in daily partitions, for replay.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, LiteralString

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils import uuid7

from shared.broker import Envelope
from shared.contracts import Event
from shared.database import Database, wake_after_commit
from shared.telemetry import cause, request_id
from shared.tracing import traceparent

KEPT_DAYS = 30
MADE_AHEAD_DAYS = 7

CREATE_TABLES = (
    "CREATE SEQUENCE outbox_id",
    "CREATE SEQUENCE outbox_position",
    """
    CREATE TABLE outbox (
        id bigint NOT NULL DEFAULT nextval('outbox_id'),
        event_id uuid NOT NULL,
        type text NOT NULL,
        aggregate_id text NOT NULL,
        version bigint NOT NULL,
        data json NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT now(),
        correlation_id text NOT NULL DEFAULT '',
        causation_id uuid,
        traceparent text,
        published_at timestamptz,
        position bigint,
        PRIMARY KEY (recorded_at, id)
    ) PARTITION BY RANGE (recorded_at)
    """,
    "CREATE TABLE outbox_rest PARTITION OF outbox DEFAULT",
    "CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL",
    "CREATE INDEX outbox_log ON outbox (position) WHERE position IS NOT NULL",
    "CREATE INDEX outbox_aggregate ON outbox (aggregate_id, version)",
)
"""For the first migration of a service. `outbox_rest` only takes rows if nobody made the day's partition."""

IS_BEHIND = """
    SELECT EXISTS (SELECT FROM pg_class WHERE relname = 'outbox' AND relnamespace = current_schema()::regnamespace)
       AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('outbox') AND attname = 'traceparent')
"""
CATCH_UP = "ALTER TABLE outbox ADD COLUMN traceparent text"
"""What a table made by an older version of this file needs; done at the end of every service's migrations."""

ENVELOPE_COLUMNS = """
    id, recorded_at, position, event_id::text AS event_id, type, aggregate_id, version, data::text AS data,
    correlation_id, causation_id::text AS causation_id, traceparent
"""
"""What `envelope_of` needs of a row. The data stays the text it was recorded as."""

CHANNEL = "outbox"
"""Of `Database.wakeups`: what the relay waits for."""

_RECORD = text("""
    INSERT INTO outbox (event_id, type, aggregate_id, version, data, correlation_id, causation_id, traceparent)
    SELECT event_id, type, aggregate_id, version, data, :correlation_id, CAST(:causation_id AS uuid), :traceparent
    FROM json_to_recordset(CAST(:events AS json))
        AS event (event_id uuid, type text, aggregate_id text, version bigint, data json)
""")
HOT_VALUES: dict[str, LiteralString] = {
    "events": "json",
    "correlation_id": "text",
    "causation_id": "uuid",
    "traceparent": "text",
}
"""The types of `values_of`, for `together.with_asked`."""
HOT_RECORD: LiteralString = """
    INSERT INTO outbox (event_id, type, aggregate_id, version, data, correlation_id, causation_id, traceparent)
    SELECT event.*, correlation_id, causation_id, traceparent
    FROM changed CROSS JOIN LATERAL json_to_recordset(events)
        AS event (event_id uuid, type text, aggregate_id text, version bigint, data json)
"""
"""The same inside a hot statement for many, which `write` carries out: of what is `changed`, with `HOT_VALUES`."""


async def record(session: AsyncSession, *events: Event) -> None:
    """Record events in the caller's transaction, to be published in this order once it commits. One statement.

    The row of each event's aggregate must be locked by the transaction (it is, when its version was raised), so that
    versions are recorded in order.
    """
    values = values_of(*events)
    await session.execute(_RECORD, values | {"events": json.dumps(values["events"])})
    wake_after_commit(session, CHANNEL)


async def write(database: Database, statement: LiteralString, values: Mapping[str, Any]) -> bool:
    """Carry out a hot statement (`Database.write_together`) whose row, if any, says how many events it has recorded.

    For all who went with it. Returns whether there was a row.
    """
    row = await database.write_together(statement, values)
    if row is not None and row[0]:
        database.wakeups.ring(CHANNEL)
    return row is not None


def values_of(*events: Event) -> dict[str, Any]:
    """What records these events."""
    rows = [
        {
            "event_id": str(uuid7()),
            "type": event.TYPE,
            "aggregate_id": event.aggregate_id,
            "version": event.version,
            "data": event.model_dump(mode="json"),
        }
        for event in events
    ]
    return {
        "events": rows,
        "correlation_id": request_id(),
        "causation_id": cause(),
        "traceparent": traceparent(),
    }


def envelope_of(row: Any, source: str) -> Envelope:
    """A row of the outbox of `source`, ready to be published."""
    return Envelope(
        event_id=row.event_id,
        type=row.type,
        source=source,
        aggregate_id=row.aggregate_id,
        version=row.version,
        time=row.recorded_at,
        data=row.data.encode(),
        correlation_id=row.correlation_id,
        causation_id=row.causation_id,
        traceparent=row.traceparent,
    )


async def maintain_partitions(session: AsyncSession, *, today: date | None = None) -> None:
    """Make the partitions of the coming days and drop those past keeping. Safe to repeat, and by several at once."""
    first = today or datetime.now(UTC).date()
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '_outbox_partitions'))"))
    found = await session.execute(
        text(
            "SELECT relid::regclass::text FROM pg_partition_tree('outbox')"
            " WHERE isleaf AND relid <> 'outbox_rest'::regclass"
        )
    )
    present = {name.split(".")[-1] for name in found.scalars()}
    for day in (first + timedelta(days=ahead) for ahead in range(MADE_AHEAD_DAYS + 1)):
        if _partition(day) not in present:
            await _make_partition(session, day)
    oldest = _partition(first - timedelta(days=KEPT_DAYS))
    for name in sorted(name for name in present if name < oldest):
        unpublished = await session.scalar(text(f"SELECT EXISTS (SELECT 1 FROM {name} WHERE published_at IS NULL)"))  # noqa: S608
        if not unpublished:
            await session.execute(text(f"DROP TABLE {name}"))


def _partition(day: date) -> str:
    return f"outbox_{day:%Y%m%d}"


async def _make_partition(session: AsyncSession, day: date) -> None:
    """Add a day's partition, with the rows that went to the default one meanwhile."""
    name, bounds = (
        _partition(day),
        {"from": f"{day} 00:00:00+00", "to": f"{day + timedelta(days=1)} 00:00:00+00"},
    )
    await session.execute(text(f"CREATE TABLE {name} (LIKE outbox INCLUDING DEFAULTS)"))
    await session.execute(
        text(
            f"WITH moved AS (DELETE FROM outbox_rest WHERE recorded_at >= CAST(:from AS timestamptz)"  # noqa: S608
            f" AND recorded_at < CAST(:to AS timestamptz) RETURNING *) INSERT INTO {name} SELECT * FROM moved"
        ),
        bounds,
    )
    await session.execute(
        text(f"ALTER TABLE outbox ATTACH PARTITION {name} FOR VALUES FROM ('{bounds['from']}') TO ('{bounds['to']}')")
    )
