"""Forgetting a user who asked for it. What counts stays, without a name: enrollments, ratings, texts for the public."""

import json
from typing import Any, cast

from sqlalchemy import CursorResult, text
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.commands.copies import take_user
from shared import outbox
from shared.contracts.enrollment.events import EnrollmentUserDataErased
from shared.contracts.gateway.events import UserErased

_LOCK_ENROLLMENTS = text("SELECT id FROM enrollments WHERE user_id = :user_id ORDER BY id FOR UPDATE")

_STEPS = {
    "progress": text("""
        UPDATE progress SET notes = '', position_seconds = NULL
        FROM enrollments
        WHERE enrollments.id = progress.enrollment_id AND user_id = :user_id
            AND (notes <> '' OR position_seconds IS NOT NULL)
    """),
    "learner_clocks": text("DELETE FROM learner_clocks WHERE user_id = :user_id"),
    "activity": text("""
        WITH taken AS (DELETE FROM activity WHERE user_id = :user_id RETURNING *)
        INSERT INTO activity AS had (user_id, hour, course_id, lesson_id, kind, count, seconds, score)
        SELECT 0, hour, course_id, lesson_id, kind, count, seconds, score FROM taken
        ON CONFLICT (user_id, hour, course_id, lesson_id, kind) DO UPDATE SET
            count = had.count + excluded.count, seconds = had.seconds + excluded.seconds,
            score = had.score + excluded.score
    """),
    "activity_user_days": text("DELETE FROM activity_user_days WHERE user_id = :user_id"),
    "notes": text("DELETE FROM notes WHERE user_id = :user_id"),
    "reply_reports": text("DELETE FROM reply_reports WHERE user_id = :user_id"),
    "courses": text("""
        UPDATE courses SET staff = (
            SELECT jsonb_agg(CASE WHEN (member ->> 'user_id')::bigint = :user_id THEN member || '{"name": ""}'
                ELSE member END ORDER BY place)
            FROM jsonb_array_elements(staff) WITH ORDINALITY AS members (member, place)
        )
        WHERE staff @> CAST(:as_staff AS jsonb)
    """),
}
"""By table. What was done stays done in the figures of courses, by user 0. Reviews, topics and replies show no name
once the user's copy has none.
"""


async def erase_user(session: AsyncSession, state: UserErased) -> None:
    """Blank what names the user or was written for nobody else, and tell what was. Repeating it does nothing.

    The user's copy keeps the version of the erasure, so that no late event brings the name back.
    """
    blank = state.model_copy(update={"full_name": "", "role": "student", "is_active": False})
    if not await take_user(session, blank):
        return
    await session.execute(_LOCK_ENROLLMENTS, {"user_id": state.user_id})
    erased = {"users": 1}
    as_staff = json.dumps([{"user_id": state.user_id}])
    for table, step in _STEPS.items():
        values = {"user_id": state.user_id} | ({"as_staff": as_staff} if table == "courses" else {})
        done = cast(CursorResult[Any], await session.execute(step, values))
        erased[table] = done.rowcount
    await outbox.record(
        session, EnrollmentUserDataErased(version=state.version, user_id=state.user_id, erased=erased)
    )  # fmt: skip
