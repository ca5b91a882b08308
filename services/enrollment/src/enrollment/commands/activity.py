"""Noting what users do, in the transaction in which they do it."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, LiteralString

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.domain.activity import Act, merged
from enrollment.models import ActivityKind
from shared import outbox
from shared.contracts import Event
from shared.contracts.enrollment.events import (
    EnrollmentCompleted,
    EnrollmentCreated,
    EnrollmentEvent,
    EnrollmentReactivated,
    EnrollmentUnenrolled,
)

_NOTE = text("""
    INSERT INTO activity AS had (user_id, hour, course_id, lesson_id, kind, count, seconds, score)
    SELECT user_id, date_trunc('hour', CAST(:now AS timestamptz), 'UTC'), course_id, lesson_id, kind,
        count, seconds, score
    FROM json_to_recordset(CAST(:acts AS json)) AS act (
        user_id bigint, course_id bigint, lesson_id bigint, kind text, count integer, seconds integer, score integer
    )
    ON CONFLICT (user_id, hour, course_id, lesson_id, kind) DO UPDATE SET
        count = had.count + excluded.count, seconds = had.seconds + excluded.seconds, score = had.score + excluded.score
""")

HOT_NOTE: LiteralString = """
    INSERT INTO activity AS had (user_id, hour, course_id, lesson_id, kind, count, seconds, score)
    SELECT act.user_id, date_trunc('hour', now, 'UTC'), act.course_id, act.lesson_id, act.kind, act.count, act.seconds,
        act.score
    FROM changed CROSS JOIN LATERAL json_to_recordset(acts) AS act (
        user_id bigint, course_id bigint, lesson_id bigint, kind text, count integer, seconds integer, score integer
    )
    ORDER BY act.user_id, act.course_id, act.lesson_id, act.kind
    ON CONFLICT (user_id, hour, course_id, lesson_id, kind) DO UPDATE SET
        count = had.count + excluded.count, seconds = had.seconds + excluded.seconds, score = had.score + excluded.score
"""
"""The same inside a hot statement for many: of those that are `changed`, with `acts json` and `now timestamptz`."""

_KINDS: dict[type[Event], ActivityKind] = {
    EnrollmentCreated: "enrolled",
    EnrollmentReactivated: "reactivated",
    EnrollmentUnenrolled: "unenrolled",
    EnrollmentCompleted: "completed",
}


async def note(session: AsyncSession, *acts: Act, now: datetime) -> None:
    """Count what users did in this hour. One statement; the rows are locked last."""
    if acts:
        await session.execute(_NOTE, {"now": now, "acts": json.dumps(values_of(acts))})


def values_of(acts: Iterable[Act]) -> list[dict[str, Any]]:
    """Acts as the statements take them, as JSON, in the order in which their rows are locked."""
    return [vars(act) for act in merged(acts)]


def acts_told(events: Iterable[Event]) -> list[Act]:
    """What events of enrollments say that users did."""
    return [
        Act(event.user_id, event.course_id, _KINDS[type(event)])
        for event in events
        if isinstance(event, EnrollmentEvent) and type(event) in _KINDS
    ]


async def tell(session: AsyncSession, *events: Event, now: datetime, acts: list[Act] | None = None) -> None:
    """Record events of enrollments, and note what they say that users did, with `acts` besides."""
    if events:
        await outbox.record(session, *events)
    await note(session, *acts_told(events), *(acts or []), now=now)
