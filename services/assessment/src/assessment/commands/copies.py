"""Taking over what other services own, when it is newer than what we have."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from assessment.commands.assessments import delete_assessments_off
from assessment.commands.importing import lock_imports, make_imported
from assessment.models import Course, Lesson
from shared.contracts.catalog.events import CourseState
from shared.contracts.enrollment.events import EnrollmentState
from shared.copies import as_rows, newest
from shared.database import driver_of

_TAKE_ENROLLMENTS: LiteralString = """
    INSERT INTO enrollments (enrollment_id, revision, user_id, course_id, status)
    SELECT * FROM json_to_recordset(%(states)s::json)
        AS state (enrollment_id bigint, version bigint, user_id bigint, course_id bigint, status text)
    ON CONFLICT (enrollment_id) DO UPDATE SET revision = excluded.revision, status = excluded.status
    WHERE enrollments.revision < excluded.revision
"""


async def take_course(session: AsyncSession, state: CourseState, *, now: datetime) -> None:
    """Take a course with its staff and lessons. Assessments of lessons that left are deleted; old news is skipped."""
    await lock_imports(session, state.course_id)
    if not await _take_course_row(session, state):
        return
    outline = [] if state.is_deleted else [lesson for module in state.modules for lesson in module.lessons]
    titles = {lesson.lesson_id: lesson.title for lesson in outline}
    await session.execute(delete(Lesson).where(Lesson.course_id == state.course_id, Lesson.lesson_id.not_in(titles)))
    if titles:
        await _take_lessons(session, state.course_id, titles)
    await delete_assessments_off(session, state.course_id, titles, now=now)
    await make_imported(session, state.course_id, now=now)


async def take_enrollment(session: AsyncSession, state: EnrollmentState) -> None:
    """Take who learns what. Old news is skipped."""
    await take_enrollments(session, [state])


async def take_enrollments(session: AsyncSession, states: Sequence[EnrollmentState]) -> None:
    """The same of many. One statement."""
    rows = as_rows(newest(states, "enrollment_id"))
    await (await driver_of(session)).execute(_TAKE_ENROLLMENTS, {"states": rows})


async def _take_course_row(session: AsyncSession, state: CourseState) -> bool:
    """Whether it was news. The course is locked then."""
    fields = {
        "revision": state.version,
        "slug": state.slug,
        "title": state.title,
        "staff": sorted(member.user_id for member in state.staff),
        "is_published": state.is_published,
        "is_deleted": state.is_deleted,
    }
    newer = (
        insert(Course)
        .values(course_id=state.course_id, **fields)
        .on_conflict_do_update(index_elements=[Course.course_id], set_=fields, where=Course.revision < state.version)
    )
    return await session.scalar(newer.returning(Course.course_id)) is not None


async def _take_lessons(session: AsyncSession, course_id: int, titles: dict[int, str]) -> None:
    rows = [{"lesson_id": id_, "course_id": course_id, "title": title} for id_, title in sorted(titles.items())]
    taken = insert(Lesson).values(rows)
    await session.execute(
        taken.on_conflict_do_update(
            index_elements=[Lesson.lesson_id],
            set_={"course_id": taken.excluded.course_id, "title": taken.excluded.title},
        )
    )
