"""What enrollment adds to a course's page. Asked with every one of a learner's pages: one statement makes the JSON."""

from typing import LiteralString

from shared.database import Database
from shared.together import for_many

# Objects are made by row_to_json: json_build_object takes half as long again, and writes blanks.
_REVIEWS: LiteralString = """
    SELECT coalesce(json_agg(row_to_json(review)), '[]')
    FROM (
        SELECT reviews.id, row_to_json(author) AS "user", course_id AS course, rating, title, content, reviews.status,
            true AS is_approved,
            coalesce((
                SELECT status IN ('active', 'completed') FROM enrollments
                WHERE enrollments.user_id = reviews.user_id AND enrollments.course_id = reviews.course_id
            ), false) AS is_verified_purchase,
            helpful_count,
            to_char(reviews.created_date, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS created_date,
            to_char(reviews.updated_date, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS updated_date
        FROM reviews CROSS JOIN LATERAL (
            SELECT user_id AS id,
                coalesce((SELECT full_name FROM users WHERE users.user_id = reviews.user_id), '') AS name
        ) AS author
        WHERE course_id = %(course_id)s AND reviews.status = 'approved'
        ORDER BY reviews.created_date DESC, reviews.id DESC LIMIT 5
    ) AS review
"""
_PROGRESS: LiteralString = """
    SELECT row_to_json(far)
    FROM (
        SELECT enrollments.id AS enrollment, status, enrollments.progress_percentage, completed_lessons, total_lessons,
            total_time_spent, done.current_lesson, done.lessons
        FROM enrollments CROSS JOIN LATERAL (
            SELECT coalesce(json_agg(row_to_json(own)), '[]') AS lessons,
                (array_agg(lesson) FILTER (WHERE NOT is_completed))[1] AS current_lesson
            FROM (
                SELECT progress.lesson_id AS lesson, progress.progress_percentage, is_completed
                FROM progress JOIN lessons
                    ON lessons.course_id = enrollments.course_id AND lessons.lesson_id = progress.lesson_id
                WHERE progress.enrollment_id = enrollments.id AND is_counted
                ORDER BY module_order, module_id, "order", lessons.lesson_id
            ) AS own
        ) AS done
        WHERE user_id = %(user_id)s AND course_id = %(course_id)s
            AND status IN ('active', 'completed', 'suspended')
    ) AS far
"""
_OF_GUEST = for_many(
    f"""
    SELECT row_to_json(overlay)::text FROM (SELECT ({_REVIEWS}) AS recent_reviews, null AS user_progress) AS overlay
    """,  # noqa: S608
    course_id="bigint",
)
_OF_LEARNER = for_many(
    f"""
    SELECT row_to_json(overlay)::text
    FROM (SELECT ({_REVIEWS}) AS recent_reviews, ({_PROGRESS}) AS user_progress) AS overlay
    """,  # noqa: S608
    course_id="bigint",
    user_id="bigint",
)
"""`schemas.reviews.ReviewView` has the same fields of a review, `queries.enrollments` the same next lesson."""


async def get_overlay(database: Database, course_id: int, user_id: int | None) -> str:
    """The JSON of a `CourseOverlay`: the five newest approved reviews, and how far the user is in the course.

    `user_progress` is null for guests and for those not enrolled. A course that is not known here has nothing.
    """
    # Apart, as PostgreSQL would plan one statement for both anew each time that there is no user.
    statement = _OF_GUEST if user_id is None else _OF_LEARNER
    found = await database.read_together(statement, {"course_id": course_id, "user_id": user_id})
    assert found is not None, "one row, whatever it finds"
    return str(found[0])
