"""Event entrance: what the catalog does about the facts of other services. It keeps copies (`commands.copies`)."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from catalog.commands.copies import take_assessment, take_enrollment, take_policy, take_rating, take_user
from shared.contracts.assessment.events import (
    AssessmentCreated,
    AssessmentDeleted,
    AssessmentEvent,
    AssessmentUpdated,
)
from shared.contracts.enrollment.events import (
    EnrollmentCompleted,
    EnrollmentCreated,
    EnrollmentEvent,
    EnrollmentReactivated,
    EnrollmentRestored,
    EnrollmentSuspended,
    EnrollmentUnenrolled,
    PolicyChanged,
    RatingChanged,
)
from shared.contracts.gateway.events import UserEvent, UserRegistered, UserUpdated
from shared.inbox import Handlers


async def on_user(session: AsyncSession, event: UserEvent) -> None:
    """Keep names and roles; a new name shows on the courses of an instructor."""
    await take_user(session, event, now=datetime.now(UTC))


async def on_enrollment(session: AsyncSession, event: EnrollmentEvent) -> None:
    """Keep who may read what, and count a course's learners."""
    await take_enrollment(session, event)


async def on_rating(session: AsyncSession, event: RatingChanged) -> None:
    """Keep how a course is rated."""
    await take_rating(session, event)


async def on_policy(session: AsyncSession, event: PolicyChanged) -> None:
    """Keep whether a course's lessons are learned in order."""
    await take_policy(session, event)


async def on_assessment(session: AsyncSession, event: AssessmentEvent) -> None:
    """Keep which lessons have an assessment."""
    await take_assessment(session, event)


HANDLERS: Handlers = {
    UserRegistered: on_user,
    UserUpdated: on_user,
    EnrollmentCreated: on_enrollment,
    EnrollmentReactivated: on_enrollment,
    EnrollmentUnenrolled: on_enrollment,
    EnrollmentSuspended: on_enrollment,
    EnrollmentRestored: on_enrollment,
    EnrollmentCompleted: on_enrollment,
    RatingChanged: on_rating,
    PolicyChanged: on_policy,
    AssessmentCreated: on_assessment,
    AssessmentUpdated: on_assessment,
    AssessmentDeleted: on_assessment,
}
