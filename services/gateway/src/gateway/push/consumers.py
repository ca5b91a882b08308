"""The event entrance of pushing: each event becomes its messages in the log."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.push.access import follow_course, follow_enrollment
from gateway.push.domain import messages
from gateway.push.domain.messages import CLOSED, Message, milestone_at, user
from gateway.push.store import (
    forget_audience,
    lock_log,
    reach_milestone,
    record,
    take_assessment,
    take_attempt,
    take_lesson,
)
from shared.contracts.assessment.events import (
    AssessmentCreated,
    AssessmentDeleted,
    AssessmentEvent,
    AssessmentUpdated,
    AttemptEvent,
    AttemptExtended,
    AttemptGraded,
    AttemptStarted,
    AttemptSubmitted,
)
from shared.contracts.catalog.events import (
    CourseCreated,
    CourseDeleted,
    CourseEvent,
    CoursePublished,
    CourseUnpublished,
    CourseUpdated,
)
from shared.contracts.certificate.events import CertificateIssued
from shared.contracts.enrollment.events import (
    EnrollmentCompleted,
    EnrollmentCreated,
    EnrollmentEvent,
    EnrollmentReactivated,
    EnrollmentRestored,
    EnrollmentState,
    EnrollmentSuspended,
    EnrollmentUnenrolled,
    ProgressRecalculated,
    ProgressUpdated,
    ReviewCreated,
    TopicDeleted,
    TopicEvent,
    TopicPublished,
    TopicReplied,
    TopicUpdated,
)
from shared.contracts.gateway.events import BroadcastCreated, NotificationCreated, UserErased, UserEvent, UserUpdated
from shared.inbox import Handlers


async def on_course(session: AsyncSession, event: CourseEvent) -> None:
    """One that is overtaken says nothing: the newer one has said it."""
    await lock_log(session)
    if await follow_course(session, event) and not isinstance(event, CourseCreated):
        await record(session, [messages.of_course(event, event.TYPE.split(".")[2])])


async def on_enrollment(session: AsyncSession, event: EnrollmentEvent) -> None:
    await lock_log(session)
    await follow_enrollment(session, event)
    if isinstance(event, EnrollmentCreated | EnrollmentReactivated):
        await record(session, [messages.of_enrollment(event)])
    elif isinstance(event, EnrollmentCompleted):
        await record(session, [*messages.of_completion(event), *await _milestone(session, event)])


async def on_progress(session: AsyncSession, event: ProgressUpdated) -> None:
    await lock_log(session)
    before = await take_lesson(session, event)
    if before is not None:
        await record(session, [*messages.of_progress(event, before), *await _milestone(session, event)])


async def on_recalculation(session: AsyncSession, event: ProgressRecalculated) -> None:
    await lock_log(session)
    await record(session, [messages.of_recalculation(event), *await _milestone(session, event)])


async def _milestone(session: AsyncSession, event: EnrollmentState) -> list[Message]:
    reached = milestone_at(event.progress_percentage)
    if await reach_milestone(session, event.enrollment_id, reached):
        return [messages.of_milestone(event, reached)]
    return []


async def on_assessment(session: AsyncSession, event: AssessmentEvent) -> None:
    await lock_log(session)
    await take_assessment(session, event)


async def on_attempt(session: AsyncSession, event: AttemptEvent) -> None:
    await lock_log(session)
    is_news, status_before = await take_attempt(session, event)
    if not is_news:
        return
    if isinstance(event, AttemptStarted | AttemptExtended):
        await record(session, [messages.of_clock(event, datetime.now(UTC))])
    else:
        await record(session, messages.of_attempt(event, status_before))


async def on_certificate(session: AsyncSession, event: CertificateIssued) -> None:
    await lock_log(session)
    await record(session, [messages.of_certificate(event)])


async def on_topic(session: AsyncSession, event: TopicEvent) -> None:
    await lock_log(session)
    await record(session, [messages.of_topic(event, event.TYPE.split(".")[2])])


async def on_review(session: AsyncSession, event: ReviewCreated) -> None:
    await lock_log(session)
    await record(session, [messages.of_review(event)])


async def on_notification(session: AsyncSession, event: NotificationCreated) -> None:
    await lock_log(session)
    await record(session, [messages.of_notification(event)])


async def on_broadcast(session: AsyncSession, event: BroadcastCreated) -> None:
    await lock_log(session)
    await record(session, [messages.of_broadcast(event)])


async def on_user(session: AsyncSession, event: UserEvent) -> None:
    """A closed account's sockets are closed; of one that is erased, nothing stays in the log."""
    if event.is_active:
        return
    await lock_log(session)
    if isinstance(event, UserErased):
        await forget_audience(session, user(event.user_id))
    await record(session, [Message(user(event.user_id), CLOSED)])


HANDLERS: Handlers = {
    **dict.fromkeys((CourseCreated, CourseUpdated, CoursePublished, CourseUnpublished, CourseDeleted), on_course),
    **dict.fromkeys(
        (
            EnrollmentCreated,
            EnrollmentReactivated,
            EnrollmentUnenrolled,
            EnrollmentSuspended,
            EnrollmentRestored,
            EnrollmentCompleted,
        ),
        on_enrollment,
    ),
    ProgressUpdated: on_progress,
    ProgressRecalculated: on_recalculation,
    **dict.fromkeys((AssessmentCreated, AssessmentUpdated, AssessmentDeleted), on_assessment),
    **dict.fromkeys((AttemptStarted, AttemptExtended, AttemptSubmitted, AttemptGraded), on_attempt),
    CertificateIssued: on_certificate,
    **dict.fromkeys((TopicPublished, TopicUpdated, TopicReplied, TopicDeleted), on_topic),
    ReviewCreated: on_review,
    NotificationCreated: on_notification,
    BroadcastCreated: on_broadcast,
    UserUpdated: on_user,
    UserErased: on_user,
}
