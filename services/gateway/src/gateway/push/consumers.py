"""The event entrance of pushing: each event becomes its messages in the log."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.push.access import follow_course
from gateway.push.domain import messages
from gateway.push.domain.messages import CLOSED, Message, user
from gateway.push.memory import keep, recall_lessons, recall_members, record
from gateway.push.store import (
    forget_audience,
    lock_log,
    take_assessment,
    take_attempt,
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
    ENROLLMENT_EVENTS,
    EnrollmentCompleted,
    EnrollmentCreated,
    EnrollmentEvent,
    EnrollmentReactivated,
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
from shared.inbox import BatchHandler, Handlers


async def on_course(session: AsyncSession, event: CourseEvent) -> None:
    """One that is overtaken says nothing: the newer one has said it."""
    await lock_log(session)
    if await follow_course(session, event) and not isinstance(event, CourseCreated):
        await record(session, [messages.of_course(event, event.TYPE.split(".")[2])])


async def on_enrollments(session: AsyncSession, events: Sequence[EnrollmentEvent]) -> None:
    await lock_log(session)
    memory = await recall_members(session, events)
    for event in events:
        memory.follow_member(event)
        if isinstance(event, EnrollmentCreated | EnrollmentReactivated):
            memory.messages.append(messages.of_enrollment(event))
        elif isinstance(event, EnrollmentCompleted):
            memory.messages += messages.of_completion(event)
            memory.follow_milestone(event)
    await keep(session, memory)


async def on_progress(session: AsyncSession, events: Sequence[ProgressUpdated | ProgressRecalculated]) -> None:
    await lock_log(session)
    memory = await recall_lessons(session, events)
    for event in events:
        if isinstance(event, ProgressRecalculated):
            memory.messages.append(messages.of_recalculation(event))
            memory.follow_milestone(event)
        elif memory.follow_lesson(event):
            memory.follow_milestone(event)
    await keep(session, memory)


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


async def on_notifications(session: AsyncSession, events: Sequence[NotificationCreated]) -> None:
    await lock_log(session)
    await record(session, [messages.of_notification(event) for event in events])


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
    **dict.fromkeys(ENROLLMENT_EVENTS, BatchHandler(on_enrollments)),
    **dict.fromkeys((ProgressUpdated, ProgressRecalculated), BatchHandler(on_progress)),
    **dict.fromkeys((AssessmentCreated, AssessmentUpdated, AssessmentDeleted), on_assessment),
    **dict.fromkeys((AttemptStarted, AttemptExtended, AttemptSubmitted, AttemptGraded), on_attempt),
    CertificateIssued: on_certificate,
    **dict.fromkeys((TopicPublished, TopicUpdated, TopicReplied, TopicDeleted), on_topic),
    ReviewCreated: on_review,
    NotificationCreated: BatchHandler(on_notifications),
    BroadcastCreated: on_broadcast,
    UserUpdated: on_user,
    UserErased: on_user,
}
