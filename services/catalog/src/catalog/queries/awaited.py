"""Assessments on their way: told to the service that owns them with an import or clone, and not made by it yet."""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.catalog.events import AssessmentImported, CourseCloned

LONGEST_WAIT = timedelta(minutes=15)
"""What is not made by then was left out by its owner, or there was nothing to copy."""

_AWAITED = text("""
    WITH told AS (
        SELECT type, data FROM outbox
        WHERE aggregate_id = :course_id AND type IN (:imported, :cloned) AND recorded_at > :since
    ), expected AS (
        SELECT CAST(data -> 'assessment' ->> 'lesson_id' AS bigint) AS lesson_id FROM told WHERE type = :imported
        UNION
        SELECT CAST(copied.copy AS bigint)
        FROM told CROSS JOIN json_each_text(data -> 'lesson_ids') AS copied (source, copy)
        JOIN lesson_assessments ON lesson_assessments.lesson_id = CAST(copied.source AS bigint) AND NOT is_deleted
        WHERE type = :cloned AND CAST(data ->> 'copy_assessments' AS boolean)
    )
    SELECT lesson_id FROM expected
    WHERE EXISTS (SELECT FROM lessons WHERE id = lesson_id)
        AND NOT EXISTS (SELECT FROM lesson_assessments WHERE lesson_assessments.lesson_id = expected.lesson_id)
""")


async def awaited_assessments(session: AsyncSession, course_id: int, *, now: datetime) -> set[int]:
    """Ids of the course's lessons that wait for one, as far as this service has heard."""
    rows = await session.scalars(
        _AWAITED,
        {
            "course_id": str(course_id),
            "imported": AssessmentImported.TYPE,
            "cloned": CourseCloned.TYPE,
            "since": now - LONGEST_WAIT,
        },
    )
    return set(rows)
