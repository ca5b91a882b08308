"""What enrollment adds to a course's page. Asked with every one of a learner's pages: one statement makes the JSON."""

from typing import LiteralString

from shared.database import Database

_REVIEWS: LiteralString = """
    SELECT coalesce(json_agg(json_build_object(
        'id', id,
        'user', json_build_object('id', user_id, 'name', user_name),
        'course', course_id,
        'rating', rating,
        'title', title,
        'content', content,
        'status', status,
        'is_approved', true,
        'is_verified_purchase', is_verified,
        'helpful_count', helpful_count,
        'created_date', to_char(created_date, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'updated_date', to_char(updated_date, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    ) ORDER BY created_date DESC, id DESC), '[]')
    FROM (
        SELECT reviews.*, coalesce(users.full_name, '') AS user_name,
            coalesce(enrollments.status IN ('active', 'completed'), false) AS is_verified
        FROM (
            SELECT * FROM reviews WHERE course_id = %(course_id)s AND status = 'approved'
            ORDER BY created_date DESC, id DESC LIMIT 5
        ) AS reviews
        LEFT JOIN users ON users.user_id = reviews.user_id
        LEFT JOIN enrollments
            ON enrollments.user_id = reviews.user_id AND enrollments.course_id = reviews.course_id
    ) AS written
"""
_PROGRESS: LiteralString = """
    SELECT json_build_object(
        'enrollment', enrollments.id,
        'status', status,
        'progress_percentage', enrollments.progress_percentage,
        'completed_lessons', completed_lessons,
        'total_lessons', total_lessons,
        'total_time_spent', total_time_spent,
        'current_lesson', done.current_lesson,
        'lessons', done.lessons
    )
    FROM enrollments CROSS JOIN LATERAL (
        SELECT coalesce(json_agg(json_build_object(
                'lesson', progress.lesson_id,
                'progress_percentage', progress.progress_percentage,
                'is_completed', is_completed
            ) ORDER BY module_order, module_id, "order", lessons.lesson_id), '[]') AS lessons,
            (array_agg(lessons.lesson_id ORDER BY module_order, module_id, "order", lessons.lesson_id)
                FILTER (WHERE NOT is_completed))[1] AS current_lesson
        FROM progress JOIN lessons
            ON lessons.course_id = enrollments.course_id AND lessons.lesson_id = progress.lesson_id
        WHERE progress.enrollment_id = enrollments.id AND is_counted
    ) AS done
    WHERE user_id = %(user_id)s::bigint AND course_id = %(course_id)s
        AND status IN ('active', 'completed', 'suspended')
"""
_OF_GUEST: LiteralString = f"SELECT json_build_object('recent_reviews', ({_REVIEWS}), 'user_progress', null)::text"
_OF_LEARNER: LiteralString = (
    f"SELECT json_build_object('recent_reviews', ({_REVIEWS}), 'user_progress', ({_PROGRESS}))::text"
)
"""`schemas.reviews.ReviewView` has the same fields of a review, `queries.enrollments` the same next lesson."""


async def get_overlay(database: Database, course_id: int, user_id: int | None) -> str:
    """The JSON of a `CourseOverlay`: the five newest approved reviews, and how far the user is in the course.

    `user_progress` is null for guests and for those not enrolled. A course that is not known here has nothing.
    """
    # Apart, as PostgreSQL would plan one statement for both anew each time that there is no user.
    statement = _OF_GUEST if user_id is None else _OF_LEARNER
    found = await database.read(statement, {"course_id": course_id, "user_id": user_id})
    assert found is not None, "one row, whatever it finds"
    return str(found[0])
