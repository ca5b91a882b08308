"""Keeping the copies of courses and enrollments, and telling open sockets what that changes in their person's rights.

Used by the consumers, and where a copy would say no and the owner was asked.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.copies.store import take_course
from gateway.push.domain.messages import of_staff_change
from gateway.push.memory import keep, recall_members, record
from gateway.push.store import staff_before
from shared.contracts.catalog.events import CourseState
from shared.contracts.enrollment.events import EnrollmentState


async def follow_enrollment(session: AsyncSession, state: EnrollmentState) -> None:
    """Keep who is in a course. The log is locked."""
    memory = await recall_members(session, [state])
    memory.follow_member(state)
    await keep(session, memory)


async def follow_course(session: AsyncSession, state: CourseState) -> bool:
    """Keep a course and its staff; whether it is news. The log is locked."""
    before, revision = await staff_before(session, state.course_id)
    if state.version <= revision:
        return False
    await take_course(session, state)
    after = {member.user_id for member in state.staff}
    await record(session, of_staff_change(state.course_id, before, after))
    return True
