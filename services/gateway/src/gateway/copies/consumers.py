"""The event entrance of the copies."""

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.copies.store import take_course, take_enrollment
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
    await take_course(session, event)


async def on_enrollment(session: AsyncSession, event: EnrollmentEvent) -> None:
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
