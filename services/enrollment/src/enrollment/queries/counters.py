"""What of a course's requirements learners have done, counted from the rows."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.models import WEIGHT_UNIT, ProgressPolicy

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


async def read_counters(session: AsyncSession, ids: Sequence[int], policy: ProgressPolicy) -> list[dict[str, Any]]:
    """What the rows of enrollments of one course come to: `id` and the counters by name. One statement."""
    values = {"ids": list(ids), "type_weights": json.dumps(policy.type_weights), "unit": WEIGHT_UNIT}
    return [row._asdict() for row in await session.execute(_COUNT, values)]
