"""The event entrance: keeping copies of courses and enrollments."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from assessment.commands.copies import take_course, take_enrollment
from shared.contracts.catalog.events import (
    CourseCreated,
    CourseDeleted,
    CourseEvent,
    CoursePublished,
    CourseUnpublished,
    CourseUpdated,
)
from shared.contracts.enrollment.events import (
    EnrollmentCompleted,
    EnrollmentCreated,
    EnrollmentEvent,
    EnrollmentReactivated,
    EnrollmentRestored,
    EnrollmentSuspended,
    EnrollmentUnenrolled,
)
from shared.inbox import Handlers


async def on_course(session: AsyncSession, event: CourseEvent) -> None:
    """Any fact about a course carries its whole state."""
    await take_course(session, event, now=datetime.now(UTC))


async def on_enrollment(session: AsyncSession, event: EnrollmentEvent) -> None:
    """Any fact about an enrollment carries its whole state."""
    await take_enrollment(session, event)


HANDLERS: Handlers = {
    CourseCreated: on_course,
    CourseUpdated: on_course,
    CoursePublished: on_course,
    CourseUnpublished: on_course,
    CourseDeleted: on_course,
    EnrollmentCreated: on_enrollment,
    EnrollmentReactivated: on_enrollment,
    EnrollmentUnenrolled: on_enrollment,
    EnrollmentSuspended: on_enrollment,
    EnrollmentRestored: on_enrollment,
    EnrollmentCompleted: on_enrollment,
}
