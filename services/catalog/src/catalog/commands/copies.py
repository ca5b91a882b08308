"""Copies of what other services own: users, enrollments, ratings, assessments. Each takes a state when it is newer.

A state that comes again, late or out of order changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString

from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.models import Course, CourseInstructor, LessonAssessment, User
from catalog.store.states import course_states
from shared import outbox
from shared.auth import Identity
from shared.contracts.assessment.events import AssessmentState
from shared.contracts.catalog.events import CourseUpdated
from shared.contracts.enrollment.events import EnrollmentState, PolicyChanged, RatingChanged
from shared.contracts.gateway.events import Role, UserState
from shared.copies import as_rows, newest, take
from shared.database import driver_of

COURSES_AT_ONCE = 50
"""Courses whose states are built together when their instructor's name changes."""

# The planner takes what comes as JSON for a hundred rows, and would rather read a table to its end than look them up.
# Of an ARRAY it expects ten.
_LOCK_COURSES: LiteralString = """
    SELECT FROM courses
    WHERE id = ANY(ARRAY(SELECT course_id FROM json_to_recordset(%(states)s::json) AS state (course_id bigint)))
    ORDER BY id FOR NO KEY UPDATE
"""
_TAKE_ENROLLMENTS: LiteralString = """
    WITH state AS (
        SELECT * FROM json_to_recordset(%(states)s::json) AS state (
            enrollment_id bigint, version bigint, user_id bigint, course_id bigint, status text,
            created_date timestamptz
        )
    ), had AS (
        SELECT enrollment_id, status FROM enrollments
        WHERE enrollment_id = ANY(ARRAY(SELECT enrollment_id FROM state))
    ), taken AS (
        INSERT INTO enrollments (enrollment_id, revision, user_id, course_id, status)
        SELECT enrollment_id, version, user_id, course_id, status FROM state
        ON CONFLICT (enrollment_id) DO UPDATE
        SET revision = excluded.revision, user_id = excluded.user_id, course_id = excluded.course_id,
            status = excluded.status
        WHERE enrollments.revision < excluded.revision
        RETURNING enrollment_id
    ), counted AS (
        SELECT state.course_id, max(state.created_date) AS last_date,
            count(*) FILTER (WHERE state.status IN ('active', 'completed'))
                - count(*) FILTER (WHERE had.status IN ('active', 'completed')) AS difference
        FROM taken JOIN state USING (enrollment_id) LEFT JOIN had USING (enrollment_id)
        GROUP BY state.course_id
    )
    UPDATE courses SET
        enrolled_students_count = enrolled_students_count + difference,
        last_enrollment_date = greatest(last_enrollment_date, last_date)
    FROM counted WHERE id = course_id AND id = ANY(ARRAY(SELECT course_id FROM state))
"""
"""The courses are locked. `had` is what stood before the statement, which does not see what it writes itself."""


async def note_user(session: AsyncSession, identity: Identity) -> None:
    """Make sure of a copy of the user who asks, although no event told of them yet. Their row stays locked."""
    await _locked_user(session, identity.user_id, identity.name, identity.role)


async def take_user(session: AsyncSession, user: UserState, *, now: datetime) -> None:
    """Take a user's state. A new name is told with the courses that the user teaches, as a change of each."""
    had = await _locked_user(session, user.user_id, user.full_name, user.role)
    if had.revision >= user.version:
        return
    values = {
        "revision": user.version,
        "full_name": user.full_name,
        "role": user.role,
        "is_active": user.is_active,
    }
    await session.execute(update(User).where(User.user_id == user.user_id).values(values))
    if had.full_name != user.full_name:
        await _tell_courses_of(session, user.user_id, now=now)


async def _locked_user(session: AsyncSession, user_id: int, full_name: str, role: Role) -> Row[int, str]:
    """Revision and name of the copy, made when there was none; its row locked either way."""
    new = insert(User).values(user_id=user_id, revision=0, full_name=full_name, role=role, is_active=True)
    kept = new.on_conflict_do_update(index_elements=[User.user_id], set_={"user_id": new.excluded.user_id})
    return (await session.execute(kept.returning(User.revision, User.full_name))).one()


async def _tell_courses_of(session: AsyncSession, user_id: int, *, now: datetime) -> None:
    """Raise the revision of every course that the user teaches, in the order of their ids, and record it."""
    taught = await session.scalars(
        select(Course.id)
        .join(CourseInstructor, CourseInstructor.course_id == Course.id)
        .where(CourseInstructor.user_id == user_id, CourseInstructor.is_active, ~Course.is_deleted)
        .order_by(Course.id)
    )
    ids = taught.all()
    for start in range(0, len(ids), COURSES_AT_ONCE):
        some = ids[start : start + COURSES_AT_ONCE]
        await session.execute(
            select(Course.id).where(Course.id.in_(some)).order_by(Course.id).with_for_update(key_share=True)
        )
        raised = {"revision": Course.revision + 1, "updated_date": now}
        await session.execute(update(Course).where(Course.id.in_(some)).values(raised))
        await outbox.record(
            session, *(CourseUpdated(**dict(state)) for state in await course_states(session, some))
        )  # fmt: skip


async def take_enrollment(session: AsyncSession, enrollment: EnrollmentState) -> None:
    """Take an enrollment's state, and count it by its difference under the lock of the course's row.

    The course's revision stays: how many learn is not a change of the course.
    """
    await take_enrollments(session, [enrollment])


async def take_enrollments(session: AsyncSession, enrollments: Sequence[EnrollmentState]) -> None:
    """The same of many. Two statements."""
    states, driver = {"states": as_rows(newest(enrollments, "enrollment_id"))}, await driver_of(session)
    await driver.execute(_LOCK_COURSES, states)
    await driver.execute(_TAKE_ENROLLMENTS, states)


async def take_rating(session: AsyncSession, rating: RatingChanged) -> None:
    """Take what a course's approved reviews come to. The course's revision stays: it is not a change of the course."""
    newer = update(Course).where(Course.id == rating.course_id, Course.rating_revision < rating.version)
    await session.execute(
        newer.values(avg_rating=rating.average, total_reviews=rating.count, rating_revision=rating.version)
    )


async def take_policy(session: AsyncSession, policy: PolicyChanged) -> None:
    """Take whether a course's lessons are learned in order. The course's revision stays: it is not a change of it."""
    newer = update(Course).where(Course.id == policy.course_id, Course.policy_revision < policy.version)
    await session.execute(newer.values(is_sequential=policy.sequential, policy_revision=policy.version))


async def take_assessment(session: AsyncSession, assessment: AssessmentState) -> None:
    """Take which lesson has an assessment."""
    fields = {name: getattr(assessment, name) for name in ("assessment_id", "lesson_id", "is_deleted")}
    await take(session, LessonAssessment, revision=assessment.version, **fields)
