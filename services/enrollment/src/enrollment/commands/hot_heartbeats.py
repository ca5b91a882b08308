"""Counting heartbeats as most of them are counted: two statements, as `commands.hot_progress` writes progress.

Two versions guard the second: the enrollment's, and that of the learner's clock, which heartbeats in other courses
change. Whatever is out of the ordinary (the learner's first heartbeat, one that completes the course, a policy that
weighs or orders lessons) is left to `commands.heartbeats`.
"""

from datetime import datetime
from typing import Any, LiteralString

from enrollment.commands.activity import HOT_NOTE, values_of
from enrollment.commands.heartbeats import beat, count
from enrollment.commands.hot_progress import ATTEMPTS, IS_PLAINLY_OPEN, LESSON, columns_of, rows_of
from enrollment.domain.completion import is_due, percentage_of
from enrollment.models import Enrollment, HeartbeatState, LearnerClock, Progress
from shared.conditional import pending
from shared.database import Database
from shared.together import for_many, with_asked

_PROGRESS = (
    "id", "enrollment_id", "lesson_id", "is_completed", "time_spent", "progress_percentage", "position_seconds",
    "heartbeat_state", "counted_until", "notes", "last_accessed",
)  # fmt: skip
_ENROLLMENT = (
    "id", "user_id", "course_id", "status", "progress_percentage", "completed_lessons", "total_lessons",
    "total_time_spent", "last_accessed", "completion_date",
)  # fmt: skip
_CLOCK = ("user_id", "counted_until")

READ = for_many(
    f"""
    SELECT enrollments.xmin::text, learner_clocks.xmin::text,
        {columns_of(progress=_PROGRESS, enrollments=_ENROLLMENT, learner_clocks=_CLOCK)}
    FROM {LESSON} JOIN learner_clocks ON learner_clocks.user_id = enrollments.user_id WHERE {IS_PLAINLY_OPEN}
    """,  # noqa: S608
    progress_id="bigint",
    user_id="bigint",
)

_ASKED = with_asked(
    seen="xid",
    seen_clock="xid",
    enrollment_id="bigint",
    user_id="bigint",
    total_time_spent="bigint",
    lesson_id="bigint",
    time_spent="integer",
    heartbeat_state="text",
    counted_until="timestamptz",
    position_seconds="integer",
    learner_until="timestamptz",
    now="timestamptz",
    acts="json",
)

WRITE: LiteralString = f"""
    {_ASKED}, held AS MATERIALIZED (
        SELECT asked.*, ARRAY[enrollment_id] AS its_id FROM asked CROSS JOIN LATERAL (
            SELECT FROM enrollments WHERE id = asked.enrollment_id AND xmin = asked.seen FOR NO KEY UPDATE SKIP LOCKED
        ) AS its_row CROSS JOIN LATERAL (
            SELECT FROM learner_clocks
            WHERE learner_clocks.user_id = asked.user_id AND xmin = asked.seen_clock FOR NO KEY UPDATE SKIP LOCKED
        ) AS its_clock
    ), clock AS (
        UPDATE learner_clocks SET counted_until = learner_until
        FROM held WHERE learner_clocks.user_id = held.user_id
        RETURNING held.*
    ), changed AS (
        UPDATE enrollments SET
            total_time_spent = clock.total_time_spent, last_accessed = now, last_lesson_accessed = lesson_id
        FROM clock WHERE enrollments.id = clock.enrollment_id
        RETURNING clock.*
    ), written AS (
        UPDATE progress SET
            time_spent = changed.time_spent, heartbeat_state = changed.heartbeat_state,
            counted_until = changed.counted_until, position_seconds = changed.position_seconds, last_accessed = now,
            updated_date = now
        FROM changed
        WHERE progress.enrollment_id = ANY (its_id) AND progress.lesson_id = changed.lesson_id
    ), noted AS (
        {HOT_NOTE}
    )
    SELECT n FROM changed
"""  # noqa: S608
"""Of two for one learner one is carried out: the clock is updated once. `its_id`: see `hot_progress.WRITE`."""


async def count_heartbeat(
    database: Database, learner_id: int, progress_id: int, state: HeartbeatState, position: int | None, *, now: datetime
) -> tuple[Progress, int]:
    """As `commands.heartbeats.beat`, with its errors, in transactions of its own."""
    if pending() is None:
        for _ in range(ATTEMPTS):
            found = await database.read_together(READ, {"progress_id": progress_id, "user_id": learner_id})
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
            if await database.write_together(WRITE, values | _values(enrollment, progress, clock)) is not None:
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
