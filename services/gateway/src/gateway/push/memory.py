"""What must be remembered to tell each thing once (`domain.memory`): read before events are followed, written after.

SQL only. What is written includes the messages: they are appended to the log.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.push.domain.memory import Lesson, Member, Memory
from gateway.push.domain.messages import Message
from shared.contracts.enrollment.events import EnrollmentState, ProgressUpdated
from shared.database import driver_of, wake_after_commit

CHANNEL = "push"
"""Of `Database.wakeups`: what hubs wait for."""

# What is asked for comes as JSON, and is looked up row by row. Of a list PostgreSQL makes a new plan each time: one for
# so few looks better to it than one for any number.
_ITS_MILESTONE: LiteralString = """
    LEFT JOIN LATERAL (
        SELECT reached FROM push_milestones AS milestone
        WHERE milestone.enrollment_id = asked.enrollment_id LIMIT 1
    ) AS milestone ON true
"""
_RECALL_LESSONS: LiteralString = f"""
    SELECT enrollment_id, lesson_id, lesson.*, milestone.*
    FROM json_to_recordset(%(asked)s::json) AS asked (enrollment_id bigint, lesson_id bigint)
    LEFT JOIN LATERAL (
        SELECT is_completed, time_spent, revision FROM push_lessons AS lesson
        WHERE lesson.enrollment_id = asked.enrollment_id AND lesson.lesson_id = asked.lesson_id LIMIT 1
    ) AS lesson ON true {_ITS_MILESTONE}
"""  # noqa: S608  (our own constants)
_RECALL_MEMBERS: LiteralString = f"""
    SELECT course_id, user_id, member.*, asked.enrollment_id, milestone.*
    FROM json_to_recordset(%(asked)s::json) AS asked (course_id bigint, user_id bigint, enrollment_id bigint)
    LEFT JOIN LATERAL (
        SELECT enrollment_id, status, revision FROM course_members AS member
        WHERE member.course_id = asked.course_id AND member.user_id = asked.user_id LIMIT 1
    ) AS member ON true {_ITS_MILESTONE}
"""  # noqa: S608
_KEEP: Mapping[str, LiteralString] = {
    "lessons": """
        INSERT INTO push_lessons (enrollment_id, lesson_id, is_completed, time_spent, revision)
        SELECT * FROM json_to_recordset(%(lessons)s::json)
            AS lesson (enrollment_id bigint, lesson_id bigint, is_completed boolean, time_spent bigint, revision bigint)
        ON CONFLICT (enrollment_id, lesson_id) DO UPDATE
        SET is_completed = excluded.is_completed, time_spent = excluded.time_spent, revision = excluded.revision
    """,
    "members": """
        INSERT INTO course_members (course_id, user_id, enrollment_id, status, revision)
        SELECT * FROM json_to_recordset(%(members)s::json)
            AS member (course_id bigint, user_id bigint, enrollment_id bigint, status text, revision bigint)
        ON CONFLICT (course_id, user_id) DO UPDATE
        SET enrollment_id = excluded.enrollment_id, status = excluded.status, revision = excluded.revision
        WHERE course_members.revision < excluded.revision
    """,
    "milestones": """
        INSERT INTO push_milestones (enrollment_id, reached)
        SELECT * FROM json_to_recordset(%(milestones)s::json) AS milestone (enrollment_id bigint, reached smallint)
        ON CONFLICT (enrollment_id) DO UPDATE SET reached = excluded.reached
    """,
    "recorded": """
        INSERT INTO push_messages (audience, type, course_id, assessment_id, data, created_date)
        SELECT audience, type, course_id, assessment_id, data, clock_timestamp()
        FROM json_to_recordset(%(recorded)s::json)
            AS message (audience text, type text, course_id bigint, assessment_id bigint, data json)
    """,
}
"""The parts of the statement that writes a `Memory`: those that have rows. No part has two rows of one key."""


async def record(session: AsyncSession, messages: Sequence[Message]) -> None:
    """Append to the log, which the transaction has locked. One statement."""
    await keep(session, Memory(messages=[*messages]))


async def recall_lessons(session: AsyncSession, events: Sequence[EnrollmentState]) -> Memory:
    """What was told of the lessons and enrollments that these events are about. The log is locked. One statement."""
    rows = await _recall(
        session,
        _RECALL_LESSONS,
        [
            {
                "enrollment_id": event.enrollment_id,
                "lesson_id": event.lesson_id if isinstance(event, ProgressUpdated) else None,
            }
            for event in events
        ],
    )
    return Memory(
        lessons_before={row[:2]: Lesson(*row[2:5]) for row in rows if row[4] is not None},
        milestones_before={row[0]: row[5] for row in rows if row[5] is not None},
    )


async def recall_members(session: AsyncSession, states: Sequence[EnrollmentState]) -> Memory:
    """What is known of the users and courses that these states are about. The log is locked. One statement."""
    rows = await _recall(
        session,
        _RECALL_MEMBERS,
        [
            {"course_id": state.course_id, "user_id": state.user_id, "enrollment_id": state.enrollment_id}
            for state in states
        ],
    )
    return Memory(
        members_before={row[:2]: Member(*row[2:5]) for row in rows if row[4] is not None},
        milestones_before={row[5]: row[6] for row in rows if row[6] is not None},
    )


async def _recall(
    session: AsyncSession, statement: LiteralString, asked: Sequence[Mapping[str, int | None]]
) -> Sequence[Any]:
    return await (await (await driver_of(session)).execute(statement, {"asked": json.dumps(asked)})).fetchall()


async def keep(session: AsyncSession, memory: Memory) -> None:
    """Write what events have added, and append their messages to the log, which is locked. One statement at most."""
    values = {
        "lessons": [
            {"enrollment_id": key[0], "lesson_id": key[1], **lesson._asdict()} for key, lesson in memory.lessons.items()
        ],
        "members": [
            {"course_id": key[0], "user_id": key[1], **member._asdict()} for key, member in memory.members.items()
        ],
        "milestones": [{"enrollment_id": key, "reached": reached} for key, reached in memory.milestones.items()],
        "recorded": [vars(message) for message in memory.messages],
    }
    if parts := [f"{name} AS ({_KEEP[name]})" for name, rows in values.items() if rows]:
        statement = f"WITH {', '.join(parts)} SELECT"
        await (await driver_of(session)).execute(statement, {name: json.dumps(rows) for name, rows in values.items()})
        if memory.messages:
            wake_after_commit(session, CHANNEL)
