"""Counting heartbeats as most of them are counted: two statements, as `commands.hot_progress` writes progress.

Two versions guard the second: the enrollment's, and that of the learner's clock, which heartbeats in other courses
change. Whatever is out of the ordinary (the learner's first heartbeat, one that completes the course, a policy that
weighs or orders lessons) is left to `commands.heartbeats`.
"""

from datetime import datetime
from typing import Any, LiteralString

from enrollment.commands.activity import HOT_NOTE, values_of
from enrollment.commands.heartbeats import beat, count
from enrollment.commands.hot_progress import ATTEMPTS, IS_PLAINLY_OPEN, ITS_ROW, LESSON, columns_of, rows_of
from enrollment.domain.completion import is_due, percentage_of
from enrollment.models import Enrollment, HeartbeatState, LearnerClock, Progress
from shared.conditional import pending
from shared.database import Database

_PROGRESS = (
    "id", "enrollment_id", "lesson_id", "is_completed", "time_spent", "progress_percentage", "position_seconds",
    "heartbeat_state", "counted_until", "notes", "last_accessed",
)  # fmt: skip
_ENROLLMENT = (
    "id", "user_id", "course_id", "status", "progress_percentage", "completed_lessons", "total_lessons",
    "total_time_spent", "last_accessed", "completion_date",
)  # fmt: skip
_CLOCK = ("user_id", "counted_until")

READ: LiteralString = f"""
    {ITS_ROW}
    SELECT enrollments.xmin::text, learner_clocks.xmin::text,
        {columns_of(progress=_PROGRESS, enrollments=_ENROLLMENT, learner_clocks=_CLOCK)}
    FROM {LESSON} JOIN learner_clocks ON learner_clocks.user_id = enrollments.user_id WHERE {IS_PLAINLY_OPEN}
"""  # noqa: S608

WRITE: LiteralString = f"""
    WITH held AS (
        SELECT id FROM enrollments WHERE id = %(enrollment_id)s AND xmin = %(seen)s::xid FOR UPDATE
    ), clock AS (
        UPDATE learner_clocks SET counted_until = %(learner_until)s
        FROM held WHERE user_id = %(user_id)s AND learner_clocks.xmin = %(seen_clock)s::xid
        RETURNING held.id
    ), enrollment AS (
        UPDATE enrollments SET
            total_time_spent = %(total_time_spent)s, last_accessed = %(now)s, last_lesson_accessed = %(lesson_id)s
        FROM clock WHERE enrollments.id = clock.id
        RETURNING 1
    ), written AS (
        UPDATE progress SET
            time_spent = %(time_spent)s, heartbeat_state = %(heartbeat_state)s, counted_until = %(counted_until)s,
            position_seconds = %(position_seconds)s, last_accessed = %(now)s, updated_date = %(now)s
        FROM enrollment
        WHERE enrollment_id = %(enrollment_id)s AND lesson_id = %(lesson_id)s
    ), noted AS (
        {HOT_NOTE}
    )
    SELECT 1 FROM enrollment
"""  # noqa: S608


async def count_heartbeat(
    database: Database, learner_id: int, progress_id: int, state: HeartbeatState, position: int | None, *, now: datetime
) -> tuple[Progress, int]:
    """As `commands.heartbeats.beat`, with its errors, in transactions of its own."""
    if pending() is None:
        for _ in range(ATTEMPTS):
            found = await database.read(READ, {"progress_id": progress_id, "user_id": learner_id})
            if found is None:
                break
            progress, enrollment, clock = rows_of(
                found[2:], (Progress, _PROGRESS), (Enrollment, _ENROLLMENT), (LearnerClock, _CLOCK)
            )
            if is_due(enrollment, None) or percentage_of(enrollment, None) != enrollment.progress_percentage:
                break
            before, after, acts = count(enrollment, progress, clock, state, position, now)
            added = after.time_spent - before.time_spent
            enrollment.total_time_spent += added
            values = {"seen": found[0], "seen_clock": found[1], "acts": values_of(acts), "now": now}
            if await database.write(WRITE, values | _values(enrollment, progress, clock)) is not None:
                return progress, added
    async with database.transaction() as session:
        return await beat(session, learner_id, progress_id, state, position, now=now)


def _values(enrollment: Enrollment, progress: Progress, clock: LearnerClock) -> dict[str, Any]:
    return {
        "enrollment_id": enrollment.id,
        "user_id": enrollment.user_id,
        "total_time_spent": enrollment.total_time_spent,
        "lesson_id": progress.lesson_id,
        "time_spent": progress.time_spent,
        "heartbeat_state": progress.heartbeat_state,
        "counted_until": progress.counted_until,
        "position_seconds": progress.position_seconds,
        "learner_until": clock.counted_until,
    }
