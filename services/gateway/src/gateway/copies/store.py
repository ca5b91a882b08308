"""Keeping the copies: a state is taken when it is newer than the one there is."""

from sqlalchemy import delete, insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.copies.models import Course, CourseMember, CourseStaff
from shared.contracts.catalog.events import CourseState
from shared.contracts.enrollment.events import EnrollmentState


async def take_course(session: AsyncSession, state: CourseState) -> bool:
    """Keep a course and its staff. False when what is there is as new."""
    values = {
        "title": state.title,
        "slug": state.slug,
        "is_published": state.is_published,
        "is_deleted": state.is_deleted,
        "revision": state.version,
    }
    statement = upsert(Course).values(course_id=state.course_id, **values)
    taken = await session.scalar(
        statement.on_conflict_do_update(
            index_elements=[Course.course_id], set_=values, where=Course.revision < state.version
        ).returning(Course.course_id)
    )
    if taken is None:
        return False
    await session.execute(delete(CourseStaff).where(CourseStaff.course_id == state.course_id))
    staff = [
        {"course_id": state.course_id, "user_id": one.user_id, "is_lead": one.is_lead, "revision": state.version}
        for one in state.staff
    ]
    if staff:
        await session.execute(insert(CourseStaff), staff)
    return True


async def take_enrollment(session: AsyncSession, state: EnrollmentState) -> bool:
    """Keep who is in a course. False when what is there is as new."""
    values = {"enrollment_id": state.enrollment_id, "status": state.status, "revision": state.version}
    statement = upsert(CourseMember).values(course_id=state.course_id, user_id=state.user_id, **values)
    taken = await session.scalar(
        statement.on_conflict_do_update(
            index_elements=[CourseMember.course_id, CourseMember.user_id],
            set_=values,
            where=CourseMember.revision < state.version,
        ).returning(CourseMember.course_id)
    )
    return taken is not None
