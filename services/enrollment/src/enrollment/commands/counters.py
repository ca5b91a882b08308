"""What of a course's requirements learners have done: counted from scratch, with their enrollments locked.

Day to day the counters change by deltas; they are counted from scratch where they are for another revision of the
course's policy than the present one.
"""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.domain.policies import is_plain, points_of, timely_seconds
from enrollment.domain.progress import LessonProgress
from enrollment.models import Enrollment, Lesson, ProgressPolicy
from enrollment.queries.counters import read_counters


async def count_anew(session: AsyncSession, enrollments: Sequence[Enrollment], policy: ProgressPolicy) -> None:
    """Set the counters of locked enrollments of one course to what the policy measures. One statement."""
    await session.flush()
    rows = await read_counters(session, [enrollment.id for enrollment in enrollments], policy)
    counted = {row["id"]: row for row in rows}
    for enrollment in enrollments:
        for name, value in counted[enrollment.id].items():
            if name != "id":
                setattr(enrollment, name, int(value))
        enrollment.policy_revision = policy.revision


async def count_lesson(
    session: AsyncSession,
    enrollment: Enrollment,
    policy: ProgressPolicy | None,
    lesson: Lesson,
    before: LessonProgress,
    after: LessonProgress,
) -> None:
    """Count a change of progress in one lesson, by deltas wherever the counters are for this policy."""
    enrollment.completed_lessons += after.is_completed - before.is_completed
    enrollment.total_time_spent += after.time_spent - before.time_spent
    if policy is None or is_plain(policy):
        return
    if enrollment.policy_revision != policy.revision:
        await count_anew(session, [enrollment], policy)
        return
    enrollment.lesson_points += points_of(policy, lesson) * (after.is_completed - before.is_completed)
    enrollment.timely_seconds += timely_seconds(after.time_spent, lesson) - timely_seconds(before.time_spent, lesson)
