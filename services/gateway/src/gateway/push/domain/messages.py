"""What is said to whom when something happens. The shapes here are the public ones."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.contracts.assessment.events import AttemptState
from shared.contracts.catalog.events import CourseState
from shared.contracts.certificate.events import CertificateState
from shared.contracts.enrollment.events import EnrollmentState, ProgressUpdated, ReviewState, TopicReplied, TopicState
from shared.contracts.gateway.events import BroadcastCreated, NotificationCreated

ALL = "all"
MILESTONES = (25, 50, 75, 100)
ACCESS = "_access"
"""Not for people: somebody may now read or teach a course, or no longer."""
CLOSED = "_closed"
"""Not for people: an account was closed."""


@dataclass(frozen=True)
class Message:
    """What one audience is told. `course_id` and `assessment_id` say what it is about."""

    audience: str
    type: str
    data: dict[str, Any] = field(default_factory=dict)
    course_id: int | None = None
    assessment_id: int | None = None


def user(user_id: int) -> str:
    """The audience of one person."""
    return f"user:{user_id}"


def course(course_id: int) -> str:
    """The audience of those who learn in a course or teach it."""
    return f"course:{course_id}"


def staff(course_id: int) -> str:
    """The audience of those who teach a course."""
    return f"staff:{course_id}"


def of_progress(event: ProgressUpdated, *, was_completed: bool, time_before: int) -> list[Message]:
    """That a lesson was worked on; that it was completed, the first time; that time was spent on it."""
    place = {"course_id": event.course_id, "enrollment_id": event.enrollment_id, "lesson_id": event.lesson_id}
    told = [_own(event, "progress_update", {**place, **_progress(event), "progress_id": event.progress_id})]
    told[0].data.update(
        progress_percentage=event.lesson_percentage, is_completed=event.is_completed, time_spent=event.time_spent
    )
    if event.is_completed and not was_completed:
        told.append(_own(event, "lesson_completed", {**place, **_progress(event)}))
    if event.time_spent > time_before:
        added = event.time_spent - time_before
        told.append(_own(event, "time_tracked", {**place, "time_spent": event.time_spent, "added_seconds": added}))
    return told


def of_recalculation(event: EnrollmentState) -> Message:
    """That the percentage of a course changed with no lesson worked on."""
    data = {"course_id": event.course_id, "enrollment_id": event.enrollment_id, "lesson_id": None, **_progress(event)}
    return _own(event, "progress_update", {**data, "progress_percentage": event.progress_percentage})


def _progress(event: EnrollmentState) -> dict[str, Any]:
    return {
        "course_progress_percentage": event.progress_percentage,
        "completed_lessons": event.completed_lessons,
        "total_lessons": event.total_lessons,
        "status": event.status,
    }


def _own(event: EnrollmentState, kind: str, data: dict[str, Any]) -> Message:
    return Message(user(event.user_id), kind, data, course_id=event.course_id)


def milestone_at(percentage: int) -> int:
    """The highest milestone that a percentage has reached; 0 for none."""
    return max((milestone for milestone in MILESTONES if milestone <= percentage), default=0)


def of_milestone(event: EnrollmentState, milestone: int) -> Message:
    data = {"course_id": event.course_id, "enrollment_id": event.enrollment_id, "milestone": milestone}
    return _own(event, "milestone", {**data, "progress_percentage": event.progress_percentage})


def of_completion(event: EnrollmentState) -> list[Message]:
    data = {
        "course_id": event.course_id,
        "enrollment_id": event.enrollment_id,
        "user_id": event.user_id,
        "progress_percentage": event.progress_percentage,
        "completion_date": _time(event.completion_date),
    }
    return [
        _own(event, "course_completed", data),
        Message(staff(event.course_id), "course_completed", data, course_id=event.course_id),
    ]


def of_enrollment(event: EnrollmentState) -> Message:
    data = {"course_id": event.course_id, "enrollment_id": event.enrollment_id, "user_id": event.user_id}
    return Message(staff(event.course_id), "enrollment_created", data, course_id=event.course_id)


def of_clock(event: AttemptState, now: datetime) -> Message:
    """That an attempt's clock runs, and until when."""
    return Message(
        user(event.user_id),
        "attempt_time",
        time_left(event.assessment_id, event.attempt_id, event.expires_at, now),
        course_id=event.course_id,
        assessment_id=event.assessment_id,
    )


def time_left(assessment_id: int, attempt_id: int, expires_at: datetime | None, now: datetime) -> dict[str, Any]:
    """Whole seconds left of an attempt, never below 0; null without a limit."""
    left = None if expires_at is None else max(0, round((expires_at - now).total_seconds()))
    return {
        "assessment_id": assessment_id,
        "attempt_id": attempt_id,
        "expires_at": _time(expires_at),
        "server_time": _time(now),
        "seconds_left": left,
    }


def of_attempt(event: AttemptState, status_before: str | None) -> list[Message]:
    """That an attempt was handed in, by the learner or by the clock, the first time it is closed; that it is graded."""
    kinds = []
    if event.status != "in_progress" and status_before in (None, "in_progress"):
        kinds.append("assessment_submitted")
    if event.status == "graded":
        kinds.append("assessment_graded")
    data = _attempt(event)
    return [
        Message(audience, kind, data, course_id=event.course_id, assessment_id=event.assessment_id)
        for kind in kinds
        for audience in (user(event.user_id), staff(event.course_id))
    ]


def _attempt(event: AttemptState) -> dict[str, Any]:
    wanted = {
        "assessment_id", "attempt_id", "attempt_number", "course_id", "lesson_id", "user_id", "status", "score",
        "max_score", "score_percentage", "passed", "submitted_by", "end_time",
    }  # fmt: skip
    return event.model_dump(mode="json", include=wanted)


def of_certificate(event: CertificateState) -> Message:
    wanted = {
        "certificate_id", "certificate_number", "enrollment_id", "course_id", "course_title", "completion_date",
        "issued_at", "verification_url", "supersedes",
    }  # fmt: skip
    data = event.model_dump(mode="json", include=wanted)
    return Message(user(event.user_id), "certificate_issued", data, course_id=event.course_id)


def of_topic(event: TopicState, action: str) -> Message:
    """That an announcement appeared, or that a discussion moved."""
    kind = "announcement" if event.kind == "announcement" and action == "published" else "discussion_update"
    data = event.model_dump(mode="json", exclude={"version", "last_activity"})
    if isinstance(event, TopicReplied):
        data.update(reply_id=event.reply_id, reply_user_id=event.reply_user_id, parent_id=event.parent_id)
    return Message(course(event.course_id), kind, {**data, "action": action}, course_id=event.course_id)


def of_course(event: CourseState, action: str) -> Message:
    data = {
        "course_id": event.course_id,
        "slug": event.slug,
        "title": event.title,
        "is_published": event.is_published,
        "is_deleted": event.is_deleted,
        "action": action,
    }
    return Message(course(event.course_id), "course_updated", data, course_id=event.course_id)


def of_review(event: ReviewState) -> Message:
    data = event.model_dump(mode="json", exclude={"version"})
    return Message(staff(event.course_id), "review_created", data, course_id=event.course_id)


def of_notification(event: NotificationCreated) -> Message:
    data = {"notification_id": event.notification_id, "type": event.type}
    return Message(user(event.user_id), "notification", data)


def of_broadcast(event: BroadcastCreated) -> Message:
    return Message(ALL, event.type, {"broadcast_id": event.broadcast_id, "title": event.title, "body": event.body})


def of_deadline(assessment_id: int, course_id: int, lesson_id: int, title: str, due_date: datetime) -> Message:
    data = {"assessment_id": assessment_id, "course_id": course_id, "lesson_id": lesson_id, "title": title}
    return Message(
        course(course_id),
        "deadline",
        {**data, "due_date": _time(due_date)},
        course_id=course_id,
        assessment_id=assessment_id,
    )


def of_access(course_id: int, **now: bool) -> dict[str, Any]:
    """What an open socket is told of its person's rights in a course: `learns`, `teaches`."""
    return {"course_id": course_id, **now}


def of_staff_change(course_id: int, before: set[int], after: set[int]) -> Sequence[Message]:
    """For everyone who began or ceased to teach a course."""
    changed = sorted(before ^ after)
    return [Message(user(one), ACCESS, of_access(course_id, teaches=one in after)) for one in changed]


def _time(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat().replace("+00:00", "Z")
