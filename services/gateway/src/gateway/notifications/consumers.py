"""The event entrance of notifications: who is told what about which event."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.notifications.commands.fanouts import tell
from gateway.notifications.commands.notify import Notice, notify
from shared.contracts.assessment.events import AttemptGraded, AttemptSubmitted
from shared.contracts.certificate.events import CertificateIssued, CertificateRevoked, CertificateState
from shared.contracts.enrollment.events import (
    EnrollmentCompleted,
    EnrollmentCreated,
    ReviewCreated,
    TopicPublished,
    TopicReplied,
)
from shared.inbox import BatchHandler, Handlers


async def on_graded(session: AsyncSession, event: AttemptGraded) -> None:
    """Tell the learner, and again only when a regrade gives another result."""
    source = f"graded:{event.attempt_id}:{event.score}:{event.max_score}:{event.passed}"
    data = {
        "assessment_id": event.assessment_id,
        "attempt_id": event.attempt_id,
        "lesson_id": event.lesson_id,
        "score_percentage": event.score_percentage,
        "passed": event.passed,
    }
    notice = Notice("assessment_graded", source, event.course_id, data)
    await notify(session, [event.user_id], notice, now=datetime.now(UTC))


async def on_submitted(session: AsyncSession, event: AttemptSubmitted) -> None:
    """Tell the staff that somebody must grade it."""
    if event.status != "pending_review":
        return
    data = {"assessment_id": event.assessment_id, "attempt_id": event.attempt_id, "user_id": event.user_id}
    notice = Notice(
        "assessment_submitted", f"submitted:{event.attempt_id}", event.course_id, data, except_user=event.user_id
    )
    await tell(session, "staff", notice, now=datetime.now(UTC))


async def on_completed(session: AsyncSession, event: EnrollmentCompleted) -> None:
    data = {"enrollment_id": event.enrollment_id}
    notice = Notice("course_completed", f"completed:{event.enrollment_id}", event.course_id, data)
    await notify(session, [event.user_id], notice, now=datetime.now(UTC))


async def on_enrolled(session: AsyncSession, events: Sequence[EnrollmentCreated]) -> None:
    await tell(session, "staff", *map(_enrolled, events), now=datetime.now(UTC))


def _enrolled(event: EnrollmentCreated) -> Notice:
    data = {"enrollment_id": event.enrollment_id, "user_id": event.user_id}
    source = f"enrolled:{event.enrollment_id}"
    return Notice("enrollment_created", source, event.course_id, data, except_user=event.user_id)


async def on_review(session: AsyncSession, event: ReviewCreated) -> None:
    data = {
        "review_id": event.review_id,
        "user_id": event.user_id,
        "rating": event.rating,
        "is_approved": event.is_approved,
    }
    notice = Notice("review_created", f"review:{event.review_id}", event.course_id, data, except_user=event.user_id)
    await tell(session, "staff", notice, now=datetime.now(UTC))


async def on_topic(session: AsyncSession, event: TopicPublished) -> None:
    """Announcements go to all learners of the course."""
    if event.kind != "announcement":
        return
    data = {"topic_id": event.topic_id, "lesson_id": event.lesson_id, "title": event.title}
    notice = Notice("announcement", f"announcement:{event.topic_id}", event.course_id, data, except_user=event.user_id)
    await tell(session, "members", notice, now=datetime.now(UTC))


async def on_reply(session: AsyncSession, event: TopicReplied) -> None:
    """Tell whoever opened the topic, unless they answer themselves."""
    if event.reply_user_id == event.user_id:
        return
    data = {"topic_id": event.topic_id, "reply_id": event.reply_id, "title": event.title}
    notice = Notice("discussion_reply", f"reply:{event.reply_id}", event.course_id, data)
    await notify(session, [event.user_id], notice, now=datetime.now(UTC))


async def on_issued(session: AsyncSession, event: CertificateIssued) -> None:
    kind = "certificate_issued" if event.supersedes is None else "certificate_reissued"
    notice = Notice(kind, f"{kind}:{event.certificate_id}", event.course_id, _certificate(event))  # type: ignore[arg-type]
    await notify(session, [event.user_id], notice, now=datetime.now(UTC))


async def on_revoked(session: AsyncSession, event: CertificateRevoked) -> None:
    source = f"certificate_revoked:{event.certificate_id}"
    notice = Notice("certificate_revoked", source, event.course_id, _certificate(event))
    await notify(session, [event.user_id], notice, now=datetime.now(UTC))


def _certificate(state: CertificateState) -> dict[str, int | str]:
    return {
        "certificate_id": state.certificate_id,
        "certificate_number": state.certificate_number,
        "verification_url": state.verification_url,
    }


HANDLERS: Handlers = {
    AttemptGraded: on_graded,
    AttemptSubmitted: on_submitted,
    EnrollmentCompleted: on_completed,
    EnrollmentCreated: BatchHandler(on_enrolled),
    ReviewCreated: on_review,
    TopicPublished: on_topic,
    TopicReplied: on_reply,
    CertificateIssued: on_issued,
    CertificateRevoked: on_revoked,
}
