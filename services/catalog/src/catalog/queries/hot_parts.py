"""Pieces of the hot statements, whose JSON PostgreSQL makes: what the models of `schemas` would have written.

The statements over SQLAlchemy say the same and are easier to read; tests hold the two against each other. Objects are
made by row_to_json, which writes them without spaces.
"""

from typing import LiteralString

INSTRUCTOR_BRIEF: LiteralString = "i.user_id AS id, u.full_name AS name, i.is_lead"
INSTRUCTOR: LiteralString = f"{INSTRUCTOR_BRIEF}, i.title, i.bio, i.is_active"

TEACHES: LiteralString = (
    "EXISTS (SELECT FROM course_instructors t WHERE t.course_id = c.id AND t.user_id = %(user_id)s AND t.is_active)"
)
IS_ENROLLED: LiteralString = (
    "EXISTS (SELECT FROM enrollments e WHERE e.course_id = c.id AND e.user_id = %(user_id)s"
    " AND e.status IN ('active', 'completed'))"
)

LESSON: LiteralString = """
    l.id, l.title, l."order", l.type, l.access_level, l.is_free_preview, l.duration_minutes, l.has_lab,
    l.resources_count, a.assessment_id, a.assessment_id IS NOT NULL AS has_assessment
"""
"""The columns of `LessonOutlineView`, of a lesson `l` with its assessment `a`."""
ASSESSMENT: LiteralString = """
    CROSS JOIN LATERAL (
        SELECT max(assessment_id) AS assessment_id FROM lesson_assessments
        WHERE lesson_id = l.id AND NOT is_deleted
    ) AS a
"""


def moment(column: LiteralString) -> LiteralString:
    """A time as `schemas.fields.Moment` is written. The session's time zone is UTC."""
    return f"""replace(to_char({column}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z')"""


def decimal(column: LiteralString) -> LiteralString:
    """A number with its point, as Python writes a float."""
    return f"(CASE WHEN {column} = floor({column}) THEN {column}::text || '.0' ELSE {column}::text END)::json"


def card(instructor: LiteralString) -> LiteralString:
    """The columns of `CourseCard`, of a course `c` with its category `g` and its current price in `now`.

    Names are looked up one by one: joined, PostgreSQL goes through the users in their order, for each course anew.
    """
    return f"""
        c.id, c.slug, c.title, c.subtitle,
        (SELECT row_to_json(category) FROM (SELECT g.id, g.name, g.slug) AS category) AS category,
        c.thumbnail, c.price::text AS price, c.discount_price::text AS discount_price,
        {moment("c.discount_ends")} AS discount_ends,
        now.price::text AS current_price, now.price = 0 AS is_free,
        c.level, c.language, c.tags, c.has_certificate, c.is_featured, c.is_draft, c.is_published,
        {moment("c.published_date")} AS published_date, c.duration_minutes, c.lessons_count,
        (
            SELECT coalesce(json_agg(instructor ORDER BY is_lead DESC, created_date, id), '[]')
            FROM (
                SELECT (SELECT row_to_json(shown) FROM (SELECT {instructor}) AS shown) AS instructor,
                    i.is_lead, i.created_date, i.user_id AS id
                FROM course_instructors i
                CROSS JOIN LATERAL (SELECT full_name FROM users WHERE user_id = i.user_id LIMIT 1) AS u
                WHERE i.course_id = c.id AND i.is_active
            ) AS taught
        ) AS instructors,
        c.enrolled_students_count, {decimal("c.avg_rating")} AS avg_rating, c.total_reviews, c.version,
        {moment("c.created_date")} AS created_date, {moment("c.updated_date")} AS updated_date
    """


WITH_PRICE: LiteralString = """
    JOIN categories g ON g.id = c.category_id
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN c.discount_price IS NOT NULL AND (c.discount_ends IS NULL OR c.discount_ends > %(now)s)
            THEN c.discount_price ELSE c.price
        END AS price
    ) AS now
"""
