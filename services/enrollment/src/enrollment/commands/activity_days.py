"""Rolling up activity by the day, and keeping its partitions."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.models import ActivityWatermark

SETTLED_AFTER = timedelta(minutes=10)
"""After midnight, so that what began before it is committed, by any server's clock."""
MADE_AHEAD_DAYS = 7

_OF_DAY = "hour >= CAST(:first AS timestamptz) AND hour < CAST(:last AS timestamptz)"
_ROLL_UPS = {
    "activity_course_days": f"""
        SELECT course_id, CAST(:day AS date), kind, sum(count), sum(seconds), sum(score)
        FROM activity WHERE {_OF_DAY} AND course_id <> 0 GROUP BY course_id, kind
        UNION ALL
        SELECT course_id, CAST(:day AS date), 'active', count(DISTINCT user_id), 0, 0
        FROM activity WHERE {_OF_DAY} AND course_id <> 0 GROUP BY course_id
        UNION ALL
        SELECT 0, CAST(:day AS date), kind, sum(count), sum(seconds), sum(score)
        FROM activity WHERE {_OF_DAY} GROUP BY kind
        UNION ALL
        SELECT 0, CAST(:day AS date), 'active', count(DISTINCT user_id), 0, 0
        FROM activity WHERE {_OF_DAY} AND course_id <> 0 HAVING count(*) > 0
    """,  # noqa: S608
    "activity_user_days": f"""
        SELECT user_id, CAST(:day AS date), kind, sum(count), sum(seconds), sum(score)
        FROM activity WHERE {_OF_DAY} AND user_id <> 0 GROUP BY user_id, kind
    """,  # noqa: S608
    "activity_lesson_days": f"""
        SELECT course_id, CAST(:day AS date), lesson_id, kind, sum(count), sum(seconds)
        FROM activity WHERE {_OF_DAY} AND lesson_id <> 0 GROUP BY course_id, lesson_id, kind
    """,  # noqa: S608
    "activity_course_hours": f"""
        SELECT course_id, CAST(:day AS date), extract(hour FROM hour AT TIME ZONE 'UTC'), sum(count), sum(seconds)
        FROM activity WHERE {_OF_DAY} AND kind = 'worked' GROUP BY course_id, hour
    """,  # noqa: S608
}


async def roll_up(session: AsyncSession, *, now: datetime) -> bool:
    """Roll up the first day that is over and is not yet rolled up; whether there may be another.

    The watermark moves in the same transaction: a day is rolled up wholly and once. Another worker at it: nothing.
    """
    watermark = await session.scalar(select(ActivityWatermark).with_for_update(skip_locked=True))
    if watermark is None:
        return False
    day = watermark.through + timedelta(days=1)
    if _midnight(day + timedelta(days=1)) + SETTLED_AFTER > now:
        return False
    values = {"day": day, "first": _midnight(day), "last": _midnight(day + timedelta(days=1))}
    for table, rows in _ROLL_UPS.items():
        await session.execute(text(f"DELETE FROM {table} WHERE day = :day"), {"day": day})  # noqa: S608
        await session.execute(text(f"INSERT INTO {table} {rows}"), values)
    watermark.through = day
    return True


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


async def keep_partitions(session: AsyncSession, *, today: date, kept_days: int) -> None:
    """Make the partitions of the coming days, and drop those that are rolled up and past keeping.

    Safe to repeat, and by several at once.
    """
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '_activity_partitions'))"))
    leaves = await session.scalars(
        text("SELECT relid::regclass::text FROM pg_partition_tree('activity') WHERE isleaf")
    )  # fmt: skip
    present = {name.split(".")[-1] for name in leaves} - {"activity_rest"}
    for ahead in range(MADE_AHEAD_DAYS + 1):
        day = today + timedelta(days=ahead)
        if _partition(day) not in present:
            await _make_partition(session, day)
    through = await session.scalar(select(ActivityWatermark.through))
    oldest = today - timedelta(days=kept_days)
    if through is not None and through < oldest:
        oldest = through
    for name in sorted(name for name in present if name < _partition(oldest)):
        await session.execute(text(f"DROP TABLE {name}"))
    await session.execute(
        text("DELETE FROM activity_rest WHERE hour < CAST(:oldest AS timestamptz)"), {"oldest": _midnight(oldest)}
    )


def _partition(day: date) -> str:
    return f"activity_{day:%Y%m%d}"


async def _make_partition(session: AsyncSession, day: date) -> None:
    """Add a day's partition, with the rows that went to the default one meanwhile."""
    name = _partition(day)
    first, last = f"{day} 00:00:00+00", f"{day + timedelta(days=1)} 00:00:00+00"
    values: dict[str, Any] = {"first": _midnight(day), "last": _midnight(day + timedelta(days=1))}
    await session.execute(text(f"CREATE TABLE {name} (LIKE activity INCLUDING DEFAULTS)"))
    await session.execute(
        text(
            f"WITH moved AS (DELETE FROM activity_rest WHERE {_OF_DAY} RETURNING *)"  # noqa: S608
            f" INSERT INTO {name} SELECT * FROM moved"
        ),
        values,
    )
    await session.execute(
        text(f"ALTER TABLE activity ATTACH PARTITION {name} FOR VALUES FROM ('{first}') TO ('{last}')")
    )
