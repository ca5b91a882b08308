"""The table that titles are suggested from (`SuggestedCourse`)."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

MOST_POPULAR, POPULAR = 1_000, 10_000
"""Places up to which a course is of the first tier, and of the second."""

# Who changes a course has its row: it is left to the next time, as waiting for several such could cross with them.
_COUNT = text("""
    WITH counted AS MATERIALIZED (
        SELECT id, enrolled_students_count,
            CASE WHEN place <= :most_popular THEN 1 WHEN place <= :popular THEN 2 ELSE 3 END AS tier
        FROM (
            SELECT id, enrolled_students_count,
                row_number() OVER (ORDER BY enrolled_students_count DESC, id DESC) AS place
            FROM searched_courses
        ) AS ranked
    ), changed AS MATERIALIZED (
        SELECT counted.* FROM suggested_courses AS had JOIN counted USING (id)
        WHERE had.enrolled_students_count <> counted.enrolled_students_count OR had.tier <> counted.tier
        FOR UPDATE OF had SKIP LOCKED
    )
    UPDATE suggested_courses SET enrolled_students_count = changed.enrolled_students_count, tier = changed.tier
    FROM changed WHERE suggested_courses.id = changed.id
""")
_ALONE = text("SELECT pg_try_advisory_xact_lock(hashtext(current_schema() || '_suggested'))")


async def count_learners(session: AsyncSession) -> None:
    """Note anew how many learn in each course that may be suggested. One at a time does it."""
    if await session.scalar(_ALONE):
        await session.execute(_COUNT, {"most_popular": MOST_POPULAR, "popular": POPULAR})
