"""The table that titles are suggested from (`SuggestedCourse`)."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

MOST_POPULAR, POPULAR = 300, 5_000
"""Places up to which a course is of the first tier, and of the second."""
COUNTED_AT_ONCE = 5_000
"""Rows that are written in one transaction: another tier is another index, a tenth of a millisecond and more each."""

# Who changes a course has its row: it is left to the next time, as waiting for several such could cross with them.
_COUNT = text("""
    WITH counted AS MATERIALIZED (
        SELECT id, enrolled_students_count, place,
            CASE WHEN place <= :most_popular THEN 1 WHEN place <= :popular THEN 2 ELSE 3 END AS tier
        FROM (
            SELECT id, enrolled_students_count,
                row_number() OVER (ORDER BY enrolled_students_count DESC, id DESC) AS place
            FROM searched_courses
        ) AS ranked
    ), changed AS MATERIALIZED (
        SELECT counted.* FROM suggested_courses AS had JOIN counted USING (id)
        WHERE had.enrolled_students_count <> counted.enrolled_students_count OR had.tier <> counted.tier
        ORDER BY place LIMIT :at_once FOR UPDATE OF had SKIP LOCKED
    ), written AS (
        UPDATE suggested_courses SET enrolled_students_count = changed.enrolled_students_count, tier = changed.tier
        FROM changed WHERE suggested_courses.id = changed.id
    )
    SELECT count(*) FROM changed
""")
_ALONE = text("SELECT pg_try_advisory_xact_lock(hashtext(current_schema() || '_suggested'))")


async def count_learners(session: AsyncSession) -> bool:
    """Note anew how many learn in courses that may be suggested, the most popular first. One at a time does it.

    Whether there may be more to note.
    """
    if not await session.scalar(_ALONE):
        return False
    limits = {"most_popular": MOST_POPULAR, "popular": POPULAR, "at_once": COUNTED_AT_ONCE}
    noted: int | None = await session.scalar(_COUNT, limits)
    return noted == COUNTED_AT_ONCE
