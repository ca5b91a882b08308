"""The copies held against their owners (`shared.reconcile`)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from assessment.commands.copies import take_course, take_enrollment
from assessment.models import Course, Enrollment, Lesson
from shared.contracts.catalog.events import CourseState
from shared.contracts.enrollment.events import EnrollmentState
from shared.reconcile import Copy, Reconciliation


def _course(state: CourseState) -> dict[str, Any]:
    outline = [] if state.is_deleted else [lesson for module in state.modules for lesson in module.lessons]
    return {
        "slug": state.slug,
        "title": state.title,
        "staff": sorted(member.user_id for member in state.staff),
        "is_published": state.is_published,
        "is_deleted": state.is_deleted,
        "lessons": {lesson.lesson_id: lesson.title for lesson in outline},
    }


async def _lessons(session: AsyncSession, ids: Sequence[int]) -> Mapping[int, Any]:
    lessons: dict[int, dict[int, str]] = {id_: {} for id_ in ids}
    for row in await session.execute(
        select(Lesson.course_id, Lesson.lesson_id, Lesson.title).where(Lesson.course_id.in_(ids))
    ):
        lessons[row.course_id][row.lesson_id] = row.title
    return lessons


async def _take_course(session: AsyncSession, state: CourseState) -> None:
    await take_course(session, state, now=datetime.now(UTC))


def _enrollment(state: EnrollmentState) -> dict[str, Any]:
    return {"user_id": state.user_id, "course_id": state.course_id, "status": state.status}


COPIES = (
    Copy(
        "courses", "catalog", "course", CourseState, "course_id",
        Course.course_id, Course.revision, _course, _take_course, parts={"lessons": _lessons},
    ),
    Copy(
        "enrollments", "enrollment", "enrollment", EnrollmentState, "enrollment_id",
        Enrollment.enrollment_id, Enrollment.revision, _enrollment, take_enrollment,
    ),
)  # fmt: skip

RECONCILIATION = Reconciliation(COPIES)
