"""SQL that several commands share: finding and locking rows, and telling what became of an enrollment."""

from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, exists, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.models import Course, Enrollment, Lesson, Progress, ProgressPolicy
from shared.contracts.enrollment.events import EnrollmentEvent, EnrollmentState, EnrollmentStatus
from shared.fields import LARGEST_ID

E = TypeVar("E", bound=EnrollmentEvent)


def is_course(ref: str) -> ColumnElement[bool]:
    """The course that `ref` names: an id when it is a number, else a slug."""
    if ref.isascii() and ref.isdigit() and int(ref) <= LARGEST_ID:
        return Course.course_id == int(ref)
    return Course.slug == ref


async def find_course(session: AsyncSession, ref: str) -> Course | None:
    """The copy of a course by id or slug. Of two with one slug, the one not deleted, then the newer."""
    found = select(Course).where(is_course(ref)).order_by(Course.is_deleted, Course.course_id.desc()).limit(1)
    return await session.scalar(found)


async def lock_course(session: AsyncSession, course_id: int) -> Course | None:
    """The copy of a course, locked: nobody enrolls, and its outline stands still."""
    statement = select(Course).where(Course.course_id == course_id)
    return await session.scalar(statement.with_for_update().execution_options(populate_existing=True))


async def share_course(session: AsyncSession, course_id: int) -> Course | None:
    """The copy of a course, locked against changes of it and of its outline, but not against others who enroll."""
    statement = select(Course).where(Course.course_id == course_id)
    return await session.scalar(statement.with_for_update(read=True).execution_options(populate_existing=True))


async def is_enrolled(session: AsyncSession, user_id: int, course_id: int) -> bool:
    """Whether the user is or ever was enrolled in the course."""
    return bool(
        await session.scalar(select(exists().where(Enrollment.user_id == user_id, Enrollment.course_id == course_id)))
    )


async def get_status(session: AsyncSession, user_id: int, course_id: int) -> EnrollmentStatus | None:
    """The status of the user's enrollment in the course; None for who never enrolled."""
    statement = select(Enrollment.status).where(Enrollment.user_id == user_id, Enrollment.course_id == course_id)
    return await session.scalar(statement)


async def lock_enrollment(session: AsyncSession, *where: ColumnElement[bool]) -> Enrollment | None:
    """The one enrollment that fits, locked, as it is now."""
    return await session.scalar(
        select(Enrollment).where(*where).with_for_update().execution_options(populate_existing=True)
    )


async def lock_progress(
    session: AsyncSession, enrollment_id: int, progress_id: int
) -> tuple[Progress, Lesson, ProgressPolicy | None] | None:
    """A row of progress, locked, with its lesson and its course's policy; none when the lesson is not counted.

    Lock its enrollment first. Naming it here leaves one partition to look in.
    """
    statement = (
        progress_with_lessons()
        .add_columns(ProgressPolicy)
        .outerjoin(ProgressPolicy, ProgressPolicy.course_id == Enrollment.course_id)
        .where(Progress.id == progress_id, Progress.enrollment_id == enrollment_id)
        .with_for_update(of=Progress)
    )
    found = (await session.execute(statement.execution_options(populate_existing=True))).one_or_none()
    return None if found is None else (found.Progress, found.Lesson, found.ProgressPolicy)


async def get_policy(session: AsyncSession, course_id: int) -> ProgressPolicy | None:
    """How a course measures progress. Lock the enrollment first: then this is no older than its counters are for."""
    statement = select(ProgressPolicy).where(ProgressPolicy.course_id == course_id)
    return await session.scalar(statement.execution_options(populate_existing=True))


async def share_policy(session: AsyncSession, course_id: int) -> ProgressPolicy | None:
    """The same, and it stays so until the transaction ends."""
    statement = select(ProgressPolicy).where(ProgressPolicy.course_id == course_id)
    return await session.scalar(statement.with_for_update(read=True).execution_options(populate_existing=True))


async def count_course_anew(session: AsyncSession, course_id: int) -> None:
    """What the course's policy measures has changed: the schedule counts all its enrollments anew."""
    await session.execute(
        update(ProgressPolicy)
        .where(ProgressPolicy.course_id == course_id)
        .values(revision=ProgressPolicy.revision + 1)
        .execution_options(synchronize_session=False)
    )


async def find_missing_lesson(session: AsyncSession, enrollment_id: int, lesson: Lesson) -> int | None:
    """The first lesson before this one, in the course's order, that is not done."""
    place = tuple_(Lesson.module_order, Lesson.module_id, Lesson.order, Lesson.lesson_id)
    here = tuple_(lesson.module_order, lesson.module_id, lesson.order, lesson.lesson_id)
    return await session.scalar(
        select(Lesson.lesson_id)
        .join(Progress, Progress.lesson_id == Lesson.lesson_id)
        .where(Lesson.course_id == lesson.course_id, Lesson.is_counted, place < here)
        .where(Progress.enrollment_id == enrollment_id, ~Progress.is_completed)
        .order_by(Lesson.module_order, Lesson.module_id, Lesson.order, Lesson.lesson_id)
        .limit(1)
    )


def progress_with_lessons() -> Select[Any]:
    """Progress in the lessons that are counted now."""
    return (
        select(Progress)
        .add_columns(Lesson)
        .join(Enrollment, Enrollment.id == Progress.enrollment_id)
        .join(Lesson, (Lesson.course_id == Enrollment.course_id) & (Lesson.lesson_id == Progress.lesson_id))
        .where(Lesson.is_counted)
    )


def raise_revision(enrollment: Enrollment, now: datetime) -> None:
    """One more change of a locked enrollment, to be told by one event."""
    enrollment.revision += 1
    enrollment.updated_date = now


def state_of(enrollment: Enrollment) -> EnrollmentState:
    """What other services may know of an enrollment."""
    return EnrollmentState(
        version=enrollment.revision,
        enrollment_id=enrollment.id,
        user_id=enrollment.user_id,
        course_id=enrollment.course_id,
        status=enrollment.status,
        progress_percentage=enrollment.progress_percentage,
        completed_lessons=enrollment.completed_lessons,
        total_lessons=enrollment.total_lessons,
        completion_date=enrollment.completion_date,
        created_date=enrollment.created_date,
    )


def event_of(kind: type[E], enrollment: Enrollment) -> E:
    """The event that tells the enrollment's last change."""
    return kind(**dict(state_of(enrollment)))
