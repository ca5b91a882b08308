"""Event entrance: what the catalog does about the facts of other services. It keeps copies (`commands.copies`)."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from catalog.commands.copies import take_assessment, take_enrollments, take_policy, take_rating, take_user
from catalog.commands.erasure import erase_user
from shared.contracts.assessment.events import (
    AssessmentCreated,
    AssessmentDeleted,
    AssessmentEvent,
    AssessmentUpdated,
)
from shared.contracts.enrollment.events import (
    ENROLLMENT_EVENTS,
    EnrollmentEvent,
    PolicyChanged,
    RatingChanged,
)
from shared.contracts.gateway.events import UserErased, UserEvent, UserRegistered, UserUpdated
from shared.inbox import BatchHandler, Handlers


async def on_user(session: AsyncSession, event: UserEvent) -> None:
    """Keep names and roles; a new name shows on the courses of an instructor."""
    await take_user(session, event, now=datetime.now(UTC))


async def on_erased(session: AsyncSession, event: UserErased) -> None:
    """Forget a user who asked for it."""
    await erase_user(session, event, now=datetime.now(UTC))


async def on_enrollments(session: AsyncSession, events: Sequence[EnrollmentEvent]) -> None:
    """Keep who may read what, and count a course's learners."""
    await take_enrollments(session, events)


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
    UserErased: on_erased,
    **dict.fromkeys(ENROLLMENT_EVENTS, BatchHandler(on_enrollments)),
    RatingChanged: on_rating,
    PolicyChanged: on_policy,
    AssessmentCreated: on_assessment,
    AssessmentUpdated: on_assessment,
    AssessmentDeleted: on_assessment,
}
