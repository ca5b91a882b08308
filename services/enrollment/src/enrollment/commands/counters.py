"""What of a course's requirements learners have done: counted from scratch, with their enrollments locked.

Day to day the counters change by deltas; they are counted from scratch where they are for another revision of the
course's policy than the present one.
"""

import json
from collections.abc import Sequence

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.domain.policies import is_plain, points_of, timely_seconds
from enrollment.domain.progress import LessonProgress
from enrollment.models import WEIGHT_UNIT, Enrollment, Lesson, ProgressPolicy

_COUNT = text("""
    SELECT enrollments.id, lessons_done.*, assessments_done.*
    FROM enrollments CROSS JOIN LATERAL (
        SELECT coalesce(sum(points) FILTER (WHERE is_completed), 0) AS lesson_points,
            coalesce(sum(points), 0) AS lesson_points_total,
            coalesce(sum(least(time_spent, expected)), 0) AS timely_seconds,
            coalesce(sum(expected), 0) AS expected_seconds
        FROM (
            SELECT is_completed, time_spent, coalesce(duration_minutes, 0) * 60 AS expected,
                coalesce((CAST(:type_weights AS jsonb) ->> lessons.type)::bigint, :unit) AS points
            FROM progress JOIN lessons ON lessons.lesson_id = progress.lesson_id
            WHERE progress.enrollment_id = enrollments.id AND lessons.course_id = enrollments.course_id AND is_counted
        ) AS weighed
    ) AS lessons_done CROSS JOIN LATERAL (
        SELECT count(*) AS assessments_required,
            count(*) FILTER (WHERE coalesce(standings.has_passed, EXISTS (
                SELECT 1 FROM attempts
                WHERE attempts.user_id = enrollments.user_id AND has_passed
                    AND attempts.assessment_id = assessments.assessment_id
            ))) AS assessments_passed
        FROM assessments LEFT JOIN standings
            ON standings.assessment_id = assessments.assessment_id AND standings.user_id = enrollments.user_id
        WHERE assessments.course_id = enrollments.course_id AND is_required AND NOT is_deleted
    ) AS assessments_done
    WHERE enrollments.id = ANY(:ids)
""").bindparams(bindparam("ids", type_=ARRAY(BIGINT)))
"""`domain.policies` has the same weights and times of a lesson, `commands.assessments` the same rule of passing."""


async def count_anew(session: AsyncSession, enrollments: Sequence[Enrollment], policy: ProgressPolicy) -> None:
    """Set the counters of locked enrollments of one course to what the policy measures. One statement."""
    await session.flush()
    values = {
        "ids": [enrollment.id for enrollment in enrollments],
        "type_weights": json.dumps(policy.type_weights),
        "unit": WEIGHT_UNIT,
    }
    counted = {row.id: row._asdict() for row in await session.execute(_COUNT, values)}
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
