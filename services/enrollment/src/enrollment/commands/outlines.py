"""Taking a course's state, and bringing every enrollment in line with its outline.

Set-based, whatever the number of learners. The course row is locked first, so that states are taken one at a time and
nobody enrolls meanwhile; then the enrollments, in the order of their ids, so that their counters stand still.
"""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.commands.activity import tell
from enrollment.domain.courses import outline_of
from enrollment.domain.policies import is_plain
from enrollment.models import Course, Enrollment, Lesson
from enrollment.store import count_course_anew, event_of, get_policy
from shared.contracts.catalog.events import CourseState
from shared.contracts.enrollment.events import EnrollmentCompleted
from shared.copies import take

_Measures = dict[int, tuple[str, int | None]]
"""Type and duration of lessons, by id."""

_TOLD_AT_ONCE = 500
"""Events recorded by one statement, so that a large course does not hold the event loop."""

_DROP_LESSONS = text("""
    UPDATE lessons SET is_counted = false
    WHERE course_id = :course_id AND is_counted AND lesson_id <> ALL(:present)
""").bindparams(bindparam("present", type_=ARRAY(BIGINT)))

_TAKE_LESSONS = text("""
    INSERT INTO lessons AS l
        (course_id, lesson_id, module_id, module_title, module_order, title, "order", type, duration_minutes,
        is_counted)
    SELECT :course_id, lesson_id, module_id, module_title, module_order, title, "order", type, duration_minutes,
        is_counted
    FROM json_to_recordset(CAST(:lessons AS json)) AS outline (
        lesson_id bigint, module_id bigint, module_title text, module_order bigint,
        title text, "order" bigint, type text, duration_minutes integer, is_counted boolean
    )
    ON CONFLICT (course_id, lesson_id) DO UPDATE SET
        module_id = excluded.module_id, module_title = excluded.module_title, module_order = excluded.module_order,
        title = excluded.title, "order" = excluded."order", type = excluded.type,
        duration_minutes = excluded.duration_minutes, is_counted = excluded.is_counted
""")

_LOCK_ENROLLMENTS = text("""
    SELECT count(*) FROM (SELECT id FROM enrollments WHERE course_id = :course_id ORDER BY id FOR UPDATE) AS locked
""")

_ADD_ROWS = text("""
    INSERT INTO progress (enrollment_id, lesson_id, created_date, updated_date)
    SELECT enrollments.id, added.lesson_id, :now, :now
    FROM enrollments CROSS JOIN unnest(:added) AS added (lesson_id)
    WHERE enrollments.course_id = :course_id
    ON CONFLICT (enrollment_id, lesson_id) DO NOTHING
""").bindparams(bindparam("added", type_=ARRAY(BIGINT)))

_RECOUNT = text("""
    WITH moved AS (
        SELECT progress.enrollment_id, sum(CASE WHEN progress.lesson_id = ANY(:added) THEN 1 ELSE -1 END) AS completed
        FROM enrollments JOIN progress ON progress.enrollment_id = enrollments.id
        WHERE enrollments.course_id = :course_id AND progress.lesson_id = ANY(:added || :removed) AND is_completed
        GROUP BY progress.enrollment_id
    ), counted AS (
        SELECT id, total_lessons + cardinality(:added) - cardinality(:removed) AS total,
            completed_lessons + coalesce(moved.completed, 0) AS completed
        FROM enrollments LEFT JOIN moved ON moved.enrollment_id = enrollments.id
        WHERE course_id = :course_id
    )
    UPDATE enrollments SET
        total_lessons = counted.total,
        completed_lessons = counted.completed,
        progress_percentage = CASE
            WHEN completion_date IS NOT NULL OR :is_measured THEN progress_percentage
            WHEN counted.total = 0 THEN 0
            ELSE counted.completed * 100 / counted.total
        END,
        updated_date = :now
    FROM counted WHERE enrollments.id = counted.id
""").bindparams(bindparam("added", type_=ARRAY(BIGINT)), bindparam("removed", type_=ARRAY(BIGINT)))
"""By deltas: only rows of lessons that came or went are read. `domain.completion` has the same percentage."""


async def take_course(session: AsyncSession, state: CourseState, *, now: datetime) -> None:
    """Take a course's state, if it is newer than the copy.

    Lessons that are counted from now on get a row of progress in every enrollment and lower the percentages; those that
    are no longer counted leave the count. Complete enrollments stay complete; an active one that has nothing left to do
    becomes complete. The outline of a deleted course is left as it was. Where the course has a progress policy, what is
    to be said of percentages is counted anew in the background.
    """
    if not await _take_fields(session, state) or state.is_deleted:
        return
    policy = await get_policy(session, state.course_id)
    before, after = await _take_outline(session, state)
    added, removed = sorted(after.keys() - before.keys()), sorted(before.keys() - after.keys())
    if added or removed:
        await _recount(session, state.course_id, added, removed, now, is_measured=not is_plain(policy))
    if is_plain(policy):
        if added or removed:
            await _complete_due(session, state.course_id, now)
    elif before != after:
        await count_course_anew(session, state.course_id)


async def _take_fields(session: AsyncSession, state: CourseState) -> bool:
    """Lock and update the course's row; whether the state was newer."""
    columns = ("course_id", "slug", "title", "thumbnail", "price", "discount_price", "discount_ends")
    fields = {name: getattr(state, name) for name in (*columns, "is_draft", "is_published", "is_deleted")}
    fields["staff"] = [member.model_dump() for member in state.staff]
    return await take(session, Course, revision=state.version, **fields)


async def _take_outline(session: AsyncSession, state: CourseState) -> tuple[_Measures, _Measures]:
    """Update the lessons of a locked course; those that were counted, and those that are from now on."""
    measured = select(Lesson.lesson_id, Lesson.type, Lesson.duration_minutes)
    rows = await session.execute(measured.where(Lesson.course_id == state.course_id, Lesson.is_counted))
    before = {row.lesson_id: (row.type, row.duration_minutes) for row in rows}
    lessons = list(outline_of(state))
    present = [lesson["lesson_id"] for lesson in lessons]
    await session.execute(_DROP_LESSONS, {"course_id": state.course_id, "present": present})
    await session.execute(_TAKE_LESSONS, {"course_id": state.course_id, "lessons": json.dumps(lessons)})
    counted = (lesson for lesson in lessons if lesson["is_counted"])
    return before, {lesson["lesson_id"]: (lesson["type"], lesson["duration_minutes"]) for lesson in counted}


async def _recount(
    session: AsyncSession,
    course_id: int,
    added: Sequence[int],
    removed: Sequence[int],
    now: datetime,
    *,
    is_measured: bool,
) -> None:
    """Bring rows and counters of all enrollments in line, with all of them locked.

    `is_measured`: a policy measures progress, so the percentages are left as they are.
    """
    await session.execute(_LOCK_ENROLLMENTS, {"course_id": course_id})
    await session.execute(_ADD_ROWS, {"course_id": course_id, "added": added, "now": now})
    values = {"course_id": course_id, "added": added, "removed": removed, "now": now, "is_measured": is_measured}
    await session.execute(_RECOUNT, values)


async def _complete_due(session: AsyncSession, course_id: int, now: datetime) -> None:
    """Complete what has nothing left to do, as `domain.completion.is_due` says, and tell it."""
    completed = await session.scalars(
        update(Enrollment)
        .where(
            Enrollment.course_id == course_id,
            Enrollment.status == "active",
            Enrollment.completion_date.is_(None),
            Enrollment.total_lessons > 0,
            Enrollment.completed_lessons == Enrollment.total_lessons,
        )
        .values(status="completed", completion_date=now, revision=Enrollment.revision + 1, updated_date=now)
        .returning(Enrollment)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    due = completed.all()
    for first in range(0, len(due), _TOLD_AT_ONCE):
        events = (event_of(EnrollmentCompleted, enrollment) for enrollment in due[first : first + _TOLD_AT_ONCE])
        await tell(session, *events, now=now)
