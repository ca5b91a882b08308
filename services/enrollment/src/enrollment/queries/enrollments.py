"""Enrollments as their learners, the course's staff and other services see them."""

from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.domain.courses import check_can_manage
from enrollment.models import Course, Enrollment, Lesson, Progress, User
from enrollment.schemas.enrollments import CourseSummary, EnrollmentView, LearnerView
from enrollment.store import is_course, state_of
from shared.auth import Identity
from shared.contracts.enrollment.events import EnrollmentStatus
from shared.contracts.enrollment.http import EnrollmentState
from shared.errors import NotFound
from shared.pagination import Key, Page, PageRequest, order_of, paginate

_CURRENT_LESSON = (
    select(Lesson.lesson_id)
    .join(Progress, Progress.lesson_id == Lesson.lesson_id)
    .where(
        Progress.enrollment_id == Enrollment.id,
        Lesson.course_id == Enrollment.course_id,
        Lesson.is_counted,
        ~Progress.is_completed,
    )
    .order_by(Lesson.module_order, Lesson.module_id, Lesson.order, Lesson.lesson_id)
    .limit(1)
    .correlate(Enrollment)
    .scalar_subquery()
    .label("current_lesson")
)
"""The next lesson to do, in the course's order."""

_ROW = Enrollment.__table__.c
_ORDERINGS = {name: _ROW[name] for name in ("created_date", "last_accessed", "progress_percentage")}
_NEWEST_FIRST = [Key(_ROW.created_date, descending=True)]


async def get_enrollment(session: AsyncSession, learner_id: int, enrollment_id: int) -> EnrollmentView:
    """One of the learner's own. Raises NotFound."""
    statement = _enrollments().where(Enrollment.id == enrollment_id, Enrollment.user_id == learner_id)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound
    return _view(row)


async def list_enrollments(
    session: AsyncSession, learner_id: int, request: PageRequest, *, status: EnrollmentStatus | None, course: str | None
) -> Page[EnrollmentView]:
    """The learner's own, newest first."""
    statement = _enrollments().where(Enrollment.user_id == learner_id)
    if course is not None:
        statement = statement.where(is_course(course))
    return await paginate(session, _of_status(statement, status), request, _keys(request), _view)


async def list_learners(
    session: AsyncSession, staff: Identity, course_id: int, request: PageRequest, *, status: EnrollmentStatus | None
) -> Page[LearnerView]:
    """All enrollments of a course, for its staff. Raises NotFound or PermissionDenied."""
    course = await session.get(Course, course_id)
    if course is None:
        raise NotFound
    check_can_manage(course, staff)
    statement = _of_status(_learners().where(Enrollment.course_id == course_id), status)
    return await paginate(session, statement, request, _keys(request), _learner_view)


async def get_learner(session: AsyncSession, enrollment_id: int) -> LearnerView:
    """An enrollment as staff see it; the caller has checked that they may."""
    return _learner_view((await session.execute(_learners().where(Enrollment.id == enrollment_id))).one())


async def get_state(session: AsyncSession, user_id: int, course_id: int) -> EnrollmentState:
    """What another service may know of a user in a course. Raises NotFound."""
    found = await session.scalar(
        select(Enrollment).where(Enrollment.user_id == user_id, Enrollment.course_id == course_id)
    )
    if found is None:
        raise NotFound
    return state_of(found)


def _enrollments() -> Select[Any]:
    return select(Enrollment, Course, _CURRENT_LESSON).join(Course, Course.course_id == Enrollment.course_id)


def _learners() -> Select[Any]:
    name = func.coalesce(User.full_name, "").label("user_name")
    return _enrollments().add_columns(name).outerjoin(User, User.user_id == Enrollment.user_id)


def _of_status(statement: Select[Any], status: EnrollmentStatus | None) -> Select[Any]:
    return statement if status is None else statement.where(Enrollment.status == status)


def _keys(request: PageRequest) -> list[Key]:
    return order_of(request, _ORDERINGS, default=_NEWEST_FIRST, unique=Key(_ROW.id, descending=True))


def view_enrollment(enrollment: Enrollment, course: Course, current_lesson: int | None) -> EnrollmentView:
    """An enrollment as its learner sees it."""
    return EnrollmentView(**_fields(enrollment, course, current_lesson))


def _view(row: Row[Any]) -> EnrollmentView:
    return view_enrollment(row.Enrollment, row.Course, row.current_lesson)


def _learner_view(row: Row[Any]) -> LearnerView:
    return LearnerView(**_fields(row.Enrollment, row.Course, row.current_lesson), user_name=row.user_name)


def _fields(enrollment: Enrollment, course: Course, current_lesson: int | None) -> dict[str, Any]:
    copied = (
        "id", "status", "progress_percentage", "completed_lessons", "total_lessons", "total_time_spent",
        "last_accessed", "last_lesson_accessed", "completion_date", "created_date",
    )  # fmt: skip
    return {name: getattr(enrollment, name) for name in copied} | {
        "user": enrollment.user_id,
        "course": CourseSummary(id=course.course_id, slug=course.slug, title=course.title, thumbnail=course.thumbnail),
        "current_lesson": current_lesson,
    }
