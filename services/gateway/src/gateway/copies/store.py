"""Keeping the copies: a state is taken when it is newer than the one there is."""

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.copies.models import Course, CourseMember, CourseStaff
from shared.contracts.catalog.events import CourseState
from shared.contracts.enrollment.events import EnrollmentState
from shared.copies import take


async def take_course(session: AsyncSession, state: CourseState) -> bool:
    """Keep a course and its staff. False when what is there is as new."""
    fields = {name: getattr(state, name) for name in ("course_id", "title", "slug", "is_published", "is_deleted")}
    if not await take(session, Course, revision=state.version, **fields):
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
    fields = {name: getattr(state, name) for name in ("course_id", "user_id", "enrollment_id", "status")}
    return await take(session, CourseMember, revision=state.version, **fields)
