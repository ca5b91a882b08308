"""How courses measure progress, and what is locked by it."""

from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.domain.courses import can_read
from enrollment.domain.policies import default_policy, is_open
from enrollment.models import WEIGHT_UNIT, Course, Enrollment, Progress, ProgressPolicy
from enrollment.schemas.policies import PolicyView, WeightsView
from enrollment.store import find_missing_lesson, is_enrolled, progress_with_lessons
from shared.auth import Identity
from shared.contracts.enrollment.http import LessonLock
from shared.errors import NotFound


async def get_progress_policy(session: AsyncSession, caller: Identity | None, course_id: int) -> PolicyView:
    """The policy of a course that the caller may know of. Raises NotFound."""
    course = await session.get(Course, course_id)
    is_reader = caller is not None and await is_enrolled(session, caller.user_id, course_id)
    if course is None or not can_read(course, caller, is_enrolled=is_reader):
        raise NotFound
    policy = await session.get(ProgressPolicy, course_id) or default_policy(course_id)
    return PolicyView(
        course=course_id,
        method=policy.method,
        weights=WeightsView(
            lesson=policy.lesson_weight / WEIGHT_UNIT,
            time=policy.time_weight / WEIGHT_UNIT,
            assessment=policy.assessment_weight / WEIGHT_UNIT,
        ),
        type_weights={name: weight / WEIGHT_UNIT for name, weight in policy.type_weights.items()},
        sequential=policy.sequential,
        is_recalculating=policy.applied_revision < policy.revision,
        updated_date=policy.updated_date,
    )


async def get_lesson_lock(session: AsyncSession, user_id: int, lesson_id: int) -> LessonLock:
    """Whether a learner must do other lessons before this one. Raises NotFound for who never enrolled."""
    statement = (
        progress_with_lessons()
        .add_columns(Enrollment, ProgressPolicy)
        .outerjoin(ProgressPolicy, ProgressPolicy.course_id == Enrollment.course_id)
        .where(Enrollment.user_id == user_id, Progress.lesson_id == lesson_id)
    )
    row = (await session.execute(statement)).first()
    if row is None:
        raise NotFound
    missing = None
    if not is_open(row.ProgressPolicy, row.Enrollment, is_completed=row.Progress.is_completed):
        missing = await find_missing_lesson(session, row.Enrollment.id, row.Lesson)
    return LessonLock(lesson_id=lesson_id, user_id=user_id, is_locked=missing is not None, missing_lesson=missing)
