"""Time that a learner spends in a lesson, told by heartbeats."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.commands.activity import note, tell
from enrollment.commands.counters import count_lesson
from enrollment.commands.progress import acts_of, events_of, lesson_progress, lock_lesson
from enrollment.domain.activity import Act
from enrollment.domain.completion import is_due, percentage_of
from enrollment.domain.heartbeats import count_beat
from enrollment.domain.progress import MOST_SECONDS, LessonProgress
from enrollment.models import Enrollment, HeartbeatState, LearnerClock, Progress


async def beat(
    session: AsyncSession,
    learner_id: int,
    progress_id: int,
    state: HeartbeatState,
    position: int | None,
    *,
    now: datetime,
) -> tuple[Progress, int]:
    """Note a heartbeat in a lesson, and the seconds that it added.

    Told only when the enrollment's percentage changes; else the next event carries the time. Raises as
    `commands.progress.update_progress`.
    """
    enrollment, progress, lesson, policy = await lock_lesson(session, learner_id, progress_id)
    clock = await _lock_clock(session, learner_id, now)
    share = enrollment.progress_percentage
    before, after, acts = count(enrollment, progress, clock, state, position, now)
    await count_lesson(session, enrollment, policy, lesson, before, after)
    enrollment.progress_percentage = percentage_of(enrollment, policy)
    if enrollment.progress_percentage != share or is_due(enrollment, policy):
        await tell(session, *events_of(enrollment, progress, policy, now), now=now, acts=acts)
    else:
        await note(session, *acts, now=now)
    return progress, after.time_spent - before.time_spent


def count(
    enrollment: Enrollment,
    progress: Progress,
    clock: LearnerClock,
    state: HeartbeatState,
    position: int | None,
    now: datetime,
) -> tuple[LessonProgress, LessonProgress, list[Act]]:
    """Put a heartbeat into its rows; the progress before and after it, and what it counts for.

    The enrollment's counters are left to the caller.
    """
    added, until = count_beat(progress.heartbeat_state, progress.counted_until, clock.counted_until, state, now)
    added = min(added, MOST_SECONDS - progress.time_spent)
    before = lesson_progress(progress)
    after = replace(before, time_spent=before.time_spent + added)
    acts = acts_of(enrollment, progress, before, after, now)
    if added:
        clock.counted_until = until
    if position is not None:
        progress.position_seconds = position
    progress.heartbeat_state, progress.counted_until, progress.time_spent = state, until, after.time_spent
    progress.last_accessed = progress.updated_date = now
    enrollment.last_accessed, enrollment.last_lesson_accessed = now, progress.lesson_id
    return before, after, acts


async def _lock_clock(session: AsyncSession, learner_id: int, now: datetime) -> LearnerClock:
    """The learner's clock, locked last: heartbeats in other courses come one after another here."""
    await session.execute(
        insert(LearnerClock).values(user_id=learner_id, counted_until=now).on_conflict_do_nothing()
    )  # fmt: skip
    statement = select(LearnerClock).where(LearnerClock.user_id == learner_id).with_for_update()
    return (await session.scalars(statement.execution_options(populate_existing=True))).one()
