"""A learner's progress, lesson by lesson."""

from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.models import Course, Enrollment, Lesson, Progress
from enrollment.schemas.progress import EnrollmentProgress, LessonSummary, ProgressUpdated, ProgressView
from enrollment.store import is_course, progress_with_lessons
from shared.errors import NotFound
from shared.pagination import Key, Page, PageRequest, order_of, paginate

_ROW, _LESSON = Progress.__table__.c, Lesson.__table__.c
_ORDERINGS = {
    "progress_percentage": _ROW.progress_percentage,
    "time_spent": _ROW.time_spent,
    "last_accessed": func.coalesce(_ROW.last_accessed, _ROW.created_date),
}
_COURSE_ORDER = [Key(_ROW.enrollment_id), Key(_LESSON.module_order), Key(_LESSON.module_id), Key(_LESSON.order)]


async def get_progress(session: AsyncSession, learner_id: int, progress_id: int) -> ProgressView:
    """One of the learner's own. Raises NotFound, also for a lesson that is gone."""
    statement = progress_with_lessons().where(Progress.id == progress_id, Enrollment.user_id == learner_id)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound
    return _view(row)


async def list_progress(
    session: AsyncSession,
    learner_id: int,
    request: PageRequest,
    *,
    lesson: int | None,
    course: str | None,
    enrollment: int | None,
) -> Page[ProgressView]:
    """The learner's own in all lessons that are counted, in the order of the courses' outlines."""
    statement = progress_with_lessons().where(Enrollment.user_id == learner_id)
    if lesson is not None:
        statement = statement.where(Progress.lesson_id == lesson)
    if enrollment is not None:
        statement = statement.where(Progress.enrollment_id == enrollment)
    if course is not None:
        statement = statement.where(Enrollment.course_id.in_(select(Course.course_id).where(is_course(course))))
    keys = order_of(request, _ORDERINGS, default=_COURSE_ORDER, unique=Key(_ROW.id))
    return await paginate(session, statement, request, keys, _view)


def view_update(progress: Progress, lesson: Lesson, enrollment: Enrollment) -> ProgressUpdated:
    """The row and its enrollment after a change."""
    standing = EnrollmentProgress(
        id=enrollment.id, progress_percentage=enrollment.progress_percentage, status=enrollment.status
    )
    return ProgressUpdated(**_fields(progress, lesson), enrollment=standing)


def _view(row: Row[Any]) -> ProgressView:
    return ProgressView(**_fields(row.Progress, row.Lesson), enrollment=row.Progress.enrollment_id)


def _fields(progress: Progress, lesson: Lesson) -> dict[str, Any]:
    copied = (
        "id", "is_completed", "completed_date", "time_spent", "progress_percentage", "position_seconds", "notes",
        "last_accessed",
    )  # fmt: skip
    return {name: getattr(progress, name) for name in copied} | {
        "lesson": LessonSummary(id=lesson.lesson_id, title=lesson.title, module=lesson.module_id)
    }
