"""Keeping the copies of courses and enrollments, and telling open sockets what that changes in their person's rights.

Used by the consumers, and where a copy would say no and the owner was asked.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.copies.store import take_course, take_enrollment
from gateway.push.domain.messages import ACCESS, Message, of_access, of_staff_change, user
from gateway.push.store import member_before, record, staff_before
from shared.contracts.catalog.events import CourseState
from shared.contracts.enrollment.events import EnrollmentState

_READING = ("active", "completed")


async def follow_enrollment(session: AsyncSession, state: EnrollmentState) -> None:
    """Keep who is in a course. The log is locked."""
    status, revision = await member_before(session, state.course_id, state.user_id)
    if state.version <= revision:
        return
    await take_enrollment(session, state)
    if (status in _READING) != state.may_read:
        data = of_access(state.course_id, learns=state.may_read)
        await record(session, [Message(user(state.user_id), ACCESS, data)])


async def follow_course(session: AsyncSession, state: CourseState) -> bool:
    """Keep a course and its staff; whether it is news. The log is locked."""
    before, revision = await staff_before(session, state.course_id)
    if state.version <= revision:
        return False
    await take_course(session, state)
    after = {member.user_id for member in state.staff}
    await record(session, of_staff_change(state.course_id, before, after))
    return True
