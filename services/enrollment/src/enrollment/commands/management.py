"""What the course's staff do to a learner's enrollment."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.commands.enrollments import take_up
from enrollment.domain.completion import check_can_be_managed
from enrollment.domain.courses import check_can_manage
from enrollment.models import Enrollment
from enrollment.store import event_of, lock_enrollment, raise_revision, share_course
from shared import outbox
from shared.auth import Identity
from shared.contracts.enrollment.events import EnrollmentRestored, EnrollmentSuspended
from shared.errors import NotFound


async def suspend(
    session: AsyncSession, staff: Identity, course_id: int, enrollment_id: int, *, now: datetime
) -> Enrollment:
    """Shut a learner out. Repeating it changes nothing. Raises NotFound, PermissionDenied, Invalid (given up)."""
    enrollment = await _lock_managed(session, staff, course_id, enrollment_id)
    if enrollment.status != "suspended":
        enrollment.status = "suspended"
        raise_revision(enrollment, now)
        await outbox.record(session, event_of(EnrollmentSuspended, enrollment))
    return enrollment


async def restore(
    session: AsyncSession, staff: Identity, course_id: int, enrollment_id: int, *, now: datetime
) -> Enrollment:
    """Let a suspended learner back in. Of others nothing changes. Raises NotFound, PermissionDenied, Invalid."""
    enrollment = await _lock_managed(session, staff, course_id, enrollment_id)
    if enrollment.status == "suspended":
        await take_up(session, enrollment, EnrollmentRestored, now=now)
    return enrollment


async def _lock_managed(session: AsyncSession, staff: Identity, course_id: int, enrollment_id: int) -> Enrollment:
    course = await share_course(session, course_id)
    if course is None:
        raise NotFound
    check_can_manage(course, staff)
    enrollment = await lock_enrollment(session, Enrollment.id == enrollment_id, Enrollment.course_id == course_id)
    if enrollment is None:
        raise NotFound
    check_can_be_managed(enrollment)
    return enrollment
