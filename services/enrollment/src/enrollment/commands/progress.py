"""Writing progress in a lesson, and what follows for the enrollment."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.commands.activity import note, tell
from enrollment.commands.counters import count_lesson
from enrollment.commands.enrollments import complete
from enrollment.domain.activity import Act, acts_in_lesson, is_new_visit
from enrollment.domain.completion import check_can_learn, is_due, percentage_of
from enrollment.domain.policies import LessonLocked, is_open
from enrollment.domain.progress import LessonProgress, ProgressChange, apply_change
from enrollment.models import Enrollment, Lesson, Progress, ProgressPolicy
from enrollment.store import find_missing_lesson, lock_enrollment, lock_progress, raise_revision, state_of
from shared.contracts import Event
from shared.contracts.enrollment.events import ProgressUpdated
from shared.errors import NotFound


async def update_progress(
    session: AsyncSession, learner_id: int, progress_id: int, change: ProgressChange, *, now: datetime
) -> tuple[Progress, Lesson, Enrollment]:
    """Change a learner's progress in a lesson. Completes the enrollment with its last lesson, once and for good.

    A change that changes nothing is noted as an access and told to nobody. Raises NotFound (also for rows of others and
    lessons that are gone), PermissionDenied (suspended), EnrollmentRequired (given up), LessonLocked and Invalid.
    """
    enrollment, progress, lesson, policy = await lock_lesson(session, learner_id, progress_id)
    before = lesson_progress(progress)
    after = apply_change(before, change, keeps_completion=enrollment.completion_date is not None)
    acts = acts_of(enrollment, progress, before, after, now)
    write(progress, after, now)
    await count_lesson(session, enrollment, policy, lesson, before, after)
    enrollment.progress_percentage = percentage_of(enrollment, policy)
    enrollment.last_accessed, enrollment.last_lesson_accessed = now, progress.lesson_id
    if after != before:
        await tell(session, *events_of(enrollment, progress, policy, now), now=now, acts=acts)
    else:
        await note(session, *acts, now=now)
    return progress, lesson, enrollment


async def lock_lesson(
    session: AsyncSession, learner_id: int, progress_id: int
) -> tuple[Enrollment, Progress, Lesson, ProgressPolicy | None]:
    """A lesson that the learner may work on. The enrollment is locked first, then the row: counters change in turn.

    Raises as `update_progress`.
    """
    its_enrollment = select(Progress.enrollment_id).where(Progress.id == progress_id).scalar_subquery()
    enrollment = await lock_enrollment(session, Enrollment.id == its_enrollment, Enrollment.user_id == learner_id)
    found = await lock_progress(session, enrollment.id, progress_id) if enrollment else None
    if enrollment is None or found is None:
        raise NotFound
    progress, lesson, policy = found
    check_can_learn(enrollment)
    if not is_open(policy, enrollment, is_completed=progress.is_completed):
        missing = await find_missing_lesson(session, enrollment.id, lesson)
        if missing is not None:
            raise LessonLocked(missing_lesson=missing)
    return enrollment, progress, lesson, policy


def acts_of(
    enrollment: Enrollment, row: Progress, before: LessonProgress, after: LessonProgress, now: datetime
) -> list[Act]:
    """What a change counts for; ask before the rows have it."""
    return acts_in_lesson(
        enrollment.user_id,
        enrollment.course_id,
        row.lesson_id,
        before,
        after,
        is_first=row.last_accessed is None,
        is_visit=is_new_visit(enrollment.last_accessed, now),
    )


def lesson_progress(row: Progress) -> LessonProgress:
    """What stands in a row."""
    return LessonProgress(row.is_completed, row.progress_percentage, row.time_spent, row.notes)


def write(row: Progress, after: LessonProgress, now: datetime) -> None:
    """Put progress into its row."""
    if after.is_completed != row.is_completed:
        row.completed_date = now if after.is_completed else None
    row.is_completed = after.is_completed
    row.progress_percentage = after.progress_percentage
    row.time_spent = after.time_spent
    row.notes = after.notes
    row.last_accessed = row.updated_date = now


def events_of(enrollment: Enrollment, progress: Progress, policy: ProgressPolicy | None, now: datetime) -> list[Event]:
    """What tells a change of progress, and the completion that follows when nothing is left to do."""
    raise_revision(enrollment, now)
    events: list[Event] = [
        ProgressUpdated(
            **dict(state_of(enrollment)),
            progress_id=progress.id,
            lesson_id=progress.lesson_id,
            is_completed=progress.is_completed,
            lesson_percentage=progress.progress_percentage,
            time_spent=progress.time_spent,
        )
    ]
    if is_due(enrollment, policy):
        events.append(complete(enrollment, now))
    return events
