"""Enrolling, giving up, coming back; and what these share with other commands: taking up and completing."""

from datetime import datetime

from sqlalchemy import func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.commands.activity import tell
from enrollment.commands.copies import note_user
from enrollment.commands.counters import count_anew
from enrollment.domain.activity import Act
from enrollment.domain.completion import check_can_unenroll, is_due, percentage_of, status_taken_up
from enrollment.domain.eligibility import GIVEN_UP, AlreadyEnrolled, check_eligible
from enrollment.models import Enrollment, Lesson, Progress, ProgressPolicy
from enrollment.store import event_of, get_policy, lock_enrollment, raise_revision, share_course, share_policy
from shared.auth import Identity
from shared.contracts.enrollment.events import (
    EnrollmentCompleted,
    EnrollmentCreated,
    EnrollmentEvent,
    EnrollmentReactivated,
    EnrollmentUnenrolled,
)
from shared.errors import NotFound


async def enroll(
    session: AsyncSession, learner: Identity, course_id: int, *, now: datetime, is_invited: bool = False
) -> tuple[Enrollment, bool]:
    """Enroll the learner, or take a given-up enrollment up again with its progress; and whether it is a new one.

    Of two requests at once, one enrolls and the other is refused. Raises NotFound, AlreadyEnrolled, CourseNotAvailable
    or SubscriptionRequired.
    """
    course = await share_course(session, course_id)
    if course is None:
        raise NotFound
    existing = await lock_enrollment(
        session, Enrollment.user_id == learner.user_id, Enrollment.course_id == course.course_id
    )
    check_eligible(course, learner, existing.status if existing else None, now, is_invited=is_invited)
    if existing is not None:
        await take_up(session, existing, EnrollmentReactivated, now=now)
        return existing, False
    return await _create(session, learner, course.course_id, now=now), True


async def _create(session: AsyncSession, learner: Identity, course_id: int, *, now: datetime) -> Enrollment:
    is_needed = (Lesson.course_id == course_id) & Lesson.is_counted
    created: Enrollment | None = await session.scalar(
        insert(Enrollment)
        .values(
            user_id=learner.user_id,
            course_id=course_id,
            total_lessons=select(func.count()).select_from(Lesson).where(is_needed).scalar_subquery(),
            last_accessed=now,
            created_date=now,
            updated_date=now,
        )
        .on_conflict_do_nothing(index_elements=["user_id", "course_id"])
        .returning(Enrollment)
    )
    if created is None:
        raise AlreadyEnrolled
    rows = select(literal(created.id), Lesson.lesson_id, literal(now), literal(now)).where(is_needed)
    columns = [Progress.enrollment_id, Progress.lesson_id, Progress.created_date, Progress.updated_date]
    await session.execute(insert(Progress).from_select(columns, rows))
    await note_user(session, learner)
    policy = await share_policy(session, course_id)
    if policy is not None:
        await count_anew(session, [created], policy)
        created.progress_percentage = percentage_of(created, policy)
    events: list[EnrollmentEvent] = [event_of(EnrollmentCreated, created)]
    if is_due(created, policy):
        events.append(complete(created, now))
    await tell(session, *events, now=now, acts=[Act(learner.user_id, course_id, "visited")])
    return created


async def unenroll(session: AsyncSession, learner_id: int, enrollment_id: int, *, now: datetime) -> Enrollment:
    """Give an enrollment up, keeping its progress. Repeating it changes nothing. Raises NotFound, PermissionDenied."""
    enrollment = await lock_enrollment(session, Enrollment.id == enrollment_id, Enrollment.user_id == learner_id)
    if enrollment is None:
        raise NotFound
    check_can_unenroll(enrollment)
    if enrollment.status not in GIVEN_UP:
        enrollment.status = "unenrolled"
        raise_revision(enrollment, now)
        await tell(session, event_of(EnrollmentUnenrolled, enrollment), now=now)
    return enrollment


async def take_up(session: AsyncSession, enrollment: Enrollment, kind: type[EnrollmentEvent], *, now: datetime) -> None:
    """Open a locked enrollment again; complete it where its course shrank to what was done meanwhile."""
    enrollment.status = status_taken_up(enrollment)
    enrollment.last_accessed = now
    policy = await _settle(session, enrollment)
    raise_revision(enrollment, now)
    events = [event_of(kind, enrollment)]
    if is_due(enrollment, policy):
        events.append(complete(enrollment, now))
    await tell(session, *events, now=now)


async def _settle(session: AsyncSession, enrollment: Enrollment) -> ProgressPolicy | None:
    """The policy of a locked enrollment's course, with the counters as it measures them."""
    policy = await get_policy(session, enrollment.course_id)
    if policy is not None and enrollment.policy_revision != policy.revision:
        await count_anew(session, [enrollment], policy)
        enrollment.progress_percentage = percentage_of(enrollment, policy)
    return policy


def complete(enrollment: Enrollment, now: datetime) -> EnrollmentCompleted:
    """Mark a locked enrollment that is due as complete, and tell it."""
    enrollment.status = "completed"
    enrollment.completion_date = now
    enrollment.progress_percentage = 100
    raise_revision(enrollment, now)
    return event_of(EnrollmentCompleted, enrollment)
