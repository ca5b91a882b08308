"""Which courses are popular, for searches (`SearchedCourse.is_popular`)."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

POPULAR = 20_000
"""Courses that are marked. A word that 15 % of them have is found without looking at the others."""
MARKED_AT_ONCE = 250
"""Rows that are written in one transaction, which who changes such a course waits for."""

# Among fewer than twice as many it would save nothing, so nobody is. Who changes a course has its row: it is left to
# the next time.
_MARK = text("""
    WITH ranked AS MATERIALIZED (
        SELECT id, place <= :popular AND courses >= 2 * :popular AS is_popular
        FROM (
            SELECT id, row_number() OVER (ORDER BY enrolled_students_count DESC, id DESC) AS place,
                count(*) OVER () AS courses
            FROM searched_courses
        ) AS placed
    ), changed AS MATERIALIZED (
        SELECT ranked.* FROM searched_courses AS had JOIN ranked USING (id) WHERE had.is_popular <> ranked.is_popular
        LIMIT :at_once FOR UPDATE OF had SKIP LOCKED
    ), written AS (
        UPDATE searched_courses SET is_popular = changed.is_popular FROM changed
        WHERE searched_courses.id = changed.id
    )
    SELECT count(*) FROM changed
""")
_ALONE = text("SELECT pg_try_advisory_xact_lock(hashtext(current_schema() || '_popular'))")


async def mark_popular(session: AsyncSession) -> bool:
    """Mark anew in which published courses most learn. One at a time does it. Whether there may be more to mark."""
    if not await session.scalar(_ALONE):
        return False
    limits = {"popular": POPULAR, "at_once": MARKED_AT_ONCE}
    marked: int | None = await session.scalar(_MARK, limits)
    return marked == MARKED_AT_ONCE
