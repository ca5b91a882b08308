"""All that is held here about one user, for the user: one statement that makes the JSON."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

LARGEST_SECTION = 10_000
"""Rows of each kind, the newest; no learner has come near it."""

_PROFILE = "SELECT full_name, role FROM users WHERE user_id = :user_id"

_SECTIONS = {
    "enrollments": """
        SELECT id, course_id AS course, courses.title AS course_title, status, progress_percentage, completed_lessons,
            total_lessons, total_time_spent, last_accessed, last_lesson_accessed, completion_date, created_date
        FROM enrollments JOIN courses USING (course_id) WHERE user_id = :user_id ORDER BY id DESC
    """,
    "progress": """
        SELECT progress.id, enrollment_id AS enrollment, lesson_id AS lesson, is_completed, completed_date, time_spent,
            progress.progress_percentage, position_seconds, notes, progress.last_accessed
        FROM progress JOIN enrollments ON enrollments.id = enrollment_id WHERE user_id = :user_id
        ORDER BY progress.id DESC
    """,
    "reviews": """
        SELECT id, course_id AS course, rating, title, content, status, helpful_count, created_date, updated_date
        FROM reviews WHERE user_id = :user_id ORDER BY id DESC
    """,
    "helpful_votes": """
        SELECT review_id AS review FROM review_votes WHERE user_id = :user_id ORDER BY review_id DESC
    """,
    "notes": """
        SELECT id, course_id AS course, lesson_id AS lesson, content, is_private, tags, created_date, updated_date
        FROM notes WHERE user_id = :user_id ORDER BY id DESC
    """,
    "topics": """
        SELECT id, course_id AS course, lesson_id AS lesson, kind, title, body, publish_at, created_date, updated_date
        FROM topics WHERE user_id = :user_id ORDER BY id DESC
    """,
    "replies": """
        SELECT id, topic_id AS topic, parent_id, body, created_date, updated_date
        FROM replies WHERE user_id = :user_id ORDER BY id DESC
    """,
    "activity": """
        SELECT day, kind, count, seconds FROM (
            SELECT day, kind, count, seconds FROM activity_user_days WHERE user_id = :user_id
            UNION ALL
            SELECT (hour AT TIME ZONE 'UTC')::date, kind, sum(count), sum(seconds) FROM activity
            WHERE user_id = :user_id AND hour >= (
                SELECT CAST(through + 1 AS timestamp) AT TIME ZONE 'UTC' FROM activity_watermark
            ) GROUP BY 1, 2
        ) AS days ORDER BY day DESC, kind
    """,
    "reported_replies": """
        SELECT reply_id AS reply FROM reply_reports WHERE user_id = :user_id ORDER BY reply_id DESC
    """,
}


def _section(name: str, rows: str) -> str:
    return f"'{name}', (SELECT coalesce(json_agg(r), '[]') FROM ({rows} LIMIT :limit) AS r)"  # noqa: S608


_PARTS = [
    f"'profile', (SELECT row_to_json(r) FROM ({_PROFILE}) AS r)",  # noqa: S608
    *(_section(name, rows) for name, rows in _SECTIONS.items()),
]
_EXPORT = text(f"SELECT json_build_object({', '.join(_PARTS)})::text")


async def get_export(session: AsyncSession, user_id: int, *, limit: int = LARGEST_SECTION) -> str:
    """JSON: `profile`, and a list for each kind of thing, newest first. A user who did nothing here has empty lists."""
    return str((await session.execute(_EXPORT, {"user_id": user_id, "limit": limit})).scalar_one())
