"""Event entrance: copies of courses, users, assessments and attempts, and the enrollments that are completed."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from certificate import store
from certificate.commands.completions import bring_forward, note_completion
from certificate.commands.erasure import erase_user
from certificate.issuer import issuer
from shared.contracts import Event
from shared.contracts.assessment.events import (
    AssessmentCreated,
    AssessmentDeleted,
    AssessmentEvent,
    AssessmentUpdated,
    AttemptGraded,
)
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
    EnrollmentEvent,
    EnrollmentReactivated,
    EnrollmentRestored,
    EnrollmentSuspended,
    EnrollmentUnenrolled,
)
from shared.contracts.gateway.events import UserErased, UserEvent, UserRegistered, UserUpdated
from shared.inbox import Handler


async def on_course(session: AsyncSession, event: CourseEvent) -> None:
    """Keep the course. Certificates issued before keep its old title."""
    if await store.take_course(session, event):
        await bring_forward(session, course_id=event.course_id, state="pending", now=datetime.now(UTC))


async def on_user(session: AsyncSession, event: UserEvent) -> None:
    """Keep the user's name. Certificates issued before keep the old one."""
    if await store.take_user(session, event):
        await bring_forward(session, user_id=event.user_id, now=datetime.now(UTC))


async def on_user_erased(session: AsyncSession, event: UserErased) -> None:
    """Forget the user: certificates lose the name and are revoked, and say why."""
    await store.take_user(session, event)
    await erase_user(session, event.user_id, event.version, issuer().public_url, now=datetime.now(UTC))


async def on_assessment(session: AsyncSession, event: AssessmentEvent) -> None:
    """Keep what the course requires. Requiring more takes back no certificate; requiring less, or another policy or
    passing score, may earn some.
    """
    if await store.take_assessment(session, event):
        await bring_forward(session, course_id=event.course_id, state="awaiting_assessments", now=datetime.now(UTC))


async def on_attempt(session: AsyncSession, event: AttemptGraded) -> None:
    """Keep whether the learner has passed; the last assessment passed earns the certificate of a completed course."""
    if await store.take_attempt(session, event) and event.has_passed:
        await bring_forward(session, user_id=event.user_id, course_id=event.course_id, now=datetime.now(UTC))


async def on_enrollment(session: AsyncSession, event: EnrollmentEvent) -> None:
    """Note a completion, from whichever fact of the enrollment tells it first."""
    if event.completion_date is not None:
        await note_completion(session, event, event.completion_date, now=datetime.now(UTC))


HANDLERS: dict[type[Event], Handler] = {
    CourseCreated: on_course,
    CourseUpdated: on_course,
    CoursePublished: on_course,
    CourseUnpublished: on_course,
    CourseDeleted: on_course,
    UserRegistered: on_user,
    UserUpdated: on_user,
    UserErased: on_user_erased,
    AssessmentCreated: on_assessment,
    AssessmentUpdated: on_assessment,
    AssessmentDeleted: on_assessment,
    AttemptGraded: on_attempt,
    EnrollmentCompleted: on_enrollment,
    EnrollmentUnenrolled: on_enrollment,
    EnrollmentReactivated: on_enrollment,
    EnrollmentSuspended: on_enrollment,
    EnrollmentRestored: on_enrollment,
}
