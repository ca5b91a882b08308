"""A course with its outline, as bytes, in one statement: the hot form of `queries.courses.get_course`."""

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from catalog.domain.access import Standing, Visibility
from catalog.queries.hot_parts import ASSESSMENT, INSTRUCTOR, IS_ENROLLED, LESSON, TEACHES, WITH_PRICE, card, moment
from catalog.store.visibility import Found
from shared.auth import Identity
from shared.database import Database
from shared.errors import NotFound
from shared.together import for_many


def _size(name: LiteralString) -> LiteralString:
    return f"regexp_replace(c.thumbnail, '[^/]*$', '{name}.webp') AS {name}"


_LESSONS: LiteralString = f"""
    SELECT coalesce(json_agg(row_to_json(lesson) ORDER BY lesson."order"), '[]')
    FROM (SELECT {LESSON} FROM lessons l {ASSESSMENT} WHERE l.module_id = m.id) AS lesson
"""
_MODULES: LiteralString = f"""
    SELECT coalesce(json_agg(row_to_json(module) ORDER BY module."order"), '[]')
    FROM (
        SELECT m.id, m.title, m.description, m."order", m.duration_minutes, m.is_published, ({_LESSONS}) AS lessons
        FROM modules m WHERE m.course_id = c.id AND (m.is_published OR standing.is_staff)
    ) AS module
"""
_VERSIONS: LiteralString = """
    SELECT c.family_id, c.version, c.parent_version_id AS parent_version,
        (SELECT count(*) FROM courses f WHERE f.family_id = c.family_id AND NOT f.is_deleted) AS count
"""
_COURSE: LiteralString = f"""
    SELECT c.id, c.is_draft, c.is_published, c.is_deleted, standing.teaches, standing.is_enrolled,
        (
            SELECT row_to_json(course)::text FROM (
                SELECT {card(INSTRUCTOR)},
                    CASE WHEN c.thumbnail IS NOT NULL THEN (
                        SELECT row_to_json(sizes)
                        FROM (SELECT {_size("small")}, {_size("medium")}, {_size("large")}) AS sizes
                    ) END AS thumbnails,
                    c.description, c.requirements, c.skills, c.learning_objectives, c.target_audience,
                    c.creation_method, c.completion_status, c.completion_percentage,
                    c.parent_version_id AS parent_version, {moment("c.last_enrollment_date")} AS last_enrollment_date,
                    ({_MODULES}) AS modules,
                    (SELECT row_to_json(family) FROM ({_VERSIONS}) AS family) AS versions
            ) AS course
        )
    FROM courses c {WITH_PRICE}
    CROSS JOIN LATERAL (SELECT {TEACHES} AS teaches, {IS_ENROLLED} AS is_enrolled) AS caller
    CROSS JOIN LATERAL (
        SELECT caller.teaches, caller.is_enrolled,
            %(sees_all)s OR (%(may_teach)s AND caller.teaches) AS is_staff
    ) AS standing
"""
_VALUES: dict[str, LiteralString] = {
    "user_id": "bigint",
    "may_teach": "boolean",
    "sees_all": "boolean",
    "now": "timestamptz",
}
BY_ID = for_many(f"{_COURSE} WHERE c.id = %(ref)s", ref="bigint", **_VALUES)
BY_SLUG = for_many(f"{_COURSE} WHERE c.slug = %(ref)s", ref="text", **_VALUES)


@dataclass(frozen=True)
class FoundCourse:
    """A course as its caller would see it, not to be shown before `domain.access` has judged whether they may."""

    found: Found
    body: bytes


async def find_whole_course(
    database: Database, identity: Identity | None, ref: int | str, *, now: datetime
) -> FoundCourse:
    """The `CourseView` as JSON; with unpublished modules for staff. Raises NotFound when there never was one."""
    parameters = {
        "ref": ref,
        "now": now,
        "user_id": identity.user_id if identity else None,
        "may_teach": identity is not None and identity.has_role("instructor"),
        "sees_all": identity is not None and identity.is_administrator,
    }
    row = await database.read_together(BY_ID if isinstance(ref, int) else BY_SLUG, parameters)
    if row is None:
        raise NotFound
    course_id, is_draft, is_published, is_deleted, teaches, is_enrolled, body = row
    visibility = Visibility(is_draft, is_published, is_deleted)
    return FoundCourse(Found(course_id, visibility, Standing(identity, teaches, is_enrolled)), body.encode())
