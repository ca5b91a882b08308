"""Enrolling as most people do: for the first time, in a course that the copy knows as open to them. Two statements.

The first reads all that decides, in one snapshot, and takes an id. The second writes the enrollment with its rows of
progress, the outbox row and the activity, if the course is still the version that was read (its `xmin`: every change
of the outline writes the course) and nobody else enrolled the learner meanwhile. Whatever is out of the ordinary (a
refusal, an enrollment there was, a progress policy) is left to `commands.enrollments`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from enrollment.commands.activity import HOT_NOTE, acts_told, values_of
from enrollment.domain.activity import Act
from enrollment.domain.eligibility import check_eligible
from enrollment.models import Course, Enrollment
from enrollment.store import event_of
from shared import outbox
from shared.auth import Identity
from shared.contracts.enrollment.events import EnrollmentCreated
from shared.database import Database
from shared.errors import Refusal
from shared.fields import LARGEST_ID
from shared.together import for_many, with_asked

_COURSE = (
    "course_id", "slug", "title", "thumbnail", "price", "discount_price", "discount_ends", "is_draft", "is_published",
    "is_deleted", "staff",
)  # fmt: skip
_SELECTED: Any = ", ".join(_COURSE)

_READ: LiteralString = f"""
    SELECT course.xmin::text, needed.total, needed.first, nextval(pg_get_serial_sequence('enrollments', 'id')),
        {_SELECTED}
    FROM (SELECT xmin, * FROM courses WHERE %s ORDER BY is_deleted, course_id DESC LIMIT 1) AS course
    CROSS JOIN LATERAL (
        SELECT count(*) AS total,
            (array_agg(lesson_id ORDER BY module_order, module_id, "order", lesson_id))[1] AS first
        FROM lessons WHERE lessons.course_id = course.course_id AND is_counted
    ) AS needed
    WHERE NOT EXISTS (
            SELECT 1 FROM enrollments WHERE user_id = %%(user_id)s AND enrollments.course_id = course.course_id
        )
        AND NOT EXISTS (SELECT 1 FROM progress_policies WHERE progress_policies.course_id = course.course_id)
"""  # noqa: S608
READ_BY_ID = for_many(_READ % "course_id = %(ref)s", ref="bigint", user_id="bigint")
READ_BY_SLUG = for_many(_READ % "slug = %(ref)s", ref="text", user_id="bigint")

_ASKED = with_asked(
    course_id="bigint",
    seen="xid",
    enrollment_id="bigint",
    user_id="bigint",
    total_lessons="integer",
    now="timestamptz",
    name="text",
    role="text",
    acts="json",
    **outbox.HOT_VALUES,
)

WRITE: LiteralString = f"""
    {_ASKED}, held AS MATERIALIZED (
        SELECT asked.* FROM asked CROSS JOIN LATERAL (
            SELECT FROM courses
            WHERE courses.course_id = asked.course_id AND xmin = asked.seen FOR SHARE SKIP LOCKED
        ) AS its_course
    ), enrolled AS (
        INSERT INTO enrollments (id, user_id, course_id, total_lessons, last_accessed, created_date, updated_date)
        OVERRIDING SYSTEM VALUE
        SELECT enrollment_id, user_id, course_id, total_lessons, now, now, now FROM held
        ORDER BY user_id, course_id, n
        ON CONFLICT (user_id, course_id) DO NOTHING RETURNING id
    ), changed AS MATERIALIZED (
        SELECT held.* FROM held JOIN enrolled ON enrolled.id = held.enrollment_id
    ), opened AS (
        INSERT INTO progress (enrollment_id, lesson_id, created_date, updated_date)
        SELECT enrollment_id, lesson_id, now, now FROM changed CROSS JOIN LATERAL (
            SELECT lesson_id FROM lessons WHERE lessons.course_id = changed.course_id AND is_counted OFFSET 0
        ) AS lesson
    ), known AS (
        INSERT INTO users (user_id, revision, full_name, role, is_active)
        SELECT user_id, 0, name, role, true FROM changed ORDER BY user_id ON CONFLICT DO NOTHING
    ), told AS (
        {outbox.HOT_RECORD} RETURNING 1
    ), noted AS (
        {HOT_NOTE}
    )
    SELECT n, (SELECT count(*) FROM told) FROM changed
"""  # noqa: S608


@dataclass(frozen=True)
class Enrolled:
    """A new enrollment, with what its view shows besides."""

    enrollment: Enrollment
    course: Course
    current_lesson: int | None


async def enroll_at_once(database: Database, learner: Identity, ref: str, *, now: datetime) -> Enrolled | None:
    """Enroll the learner by the copy of the course; None, with nothing changed, where more is to be looked at."""
    is_id = ref.isascii() and ref.isdigit() and int(ref) <= LARGEST_ID
    found = await database.read_together(
        READ_BY_ID if is_id else READ_BY_SLUG, {"ref": ref, "user_id": learner.user_id}
    )
    if found is None:
        return None
    seen, total, first, enrollment_id, *columns = found
    course = Course(**dict(zip(_COURSE, columns, strict=True)))
    try:
        check_eligible(course, learner, None, now)
    except Refusal:
        return None
    enrollment = _created(learner, course, enrollment_id, total, now)
    created = event_of(EnrollmentCreated, enrollment)
    acts = [*acts_told([created]), Act(learner.user_id, course.course_id, "visited")]
    values = {
        "course_id": course.course_id,
        "seen": seen,
        "enrollment_id": enrollment_id,
        "user_id": learner.user_id,
        "total_lessons": total,
        "now": now,
        "name": learner.name,
        "role": learner.role,
        "acts": values_of(acts),
        **outbox.values_of(created),
    }
    if not await outbox.write(database, WRITE, values):
        return None
    return Enrolled(enrollment, course, first)


def _created(learner: Identity, course: Course, enrollment_id: int, total: int, now: datetime) -> Enrollment:
    """What the statement writes, with the columns' defaults."""
    return Enrollment(
        id=enrollment_id,
        user_id=learner.user_id,
        course_id=course.course_id,
        status="active",
        progress_percentage=0,
        completed_lessons=0,
        total_lessons=total,
        total_time_spent=0,
        last_accessed=now,
        last_lesson_accessed=None,
        completion_date=None,
        revision=1,
        created_date=now,
    )
