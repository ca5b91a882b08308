"""Time that a learner spends in a lesson, told by heartbeats."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.commands.activity import note, tell
from enrollment.commands.counters import count_lesson
from enrollment.commands.progress import acts_of, events_of, lesson_progress, lock_lesson
from enrollment.domain.completion import is_due, percentage_of
from enrollment.domain.heartbeats import count_beat
from enrollment.domain.progress import MOST_SECONDS
from enrollment.models import HeartbeatState, LearnerClock, Progress


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
    last = (progress.heartbeat_state, progress.counted_until)
    added, until = count_beat(*last, clock.counted_until, state, now)
    added = min(added, MOST_SECONDS - progress.time_spent)
    progress.heartbeat_state, progress.counted_until = state, until
    if added:
        clock.counted_until = until
    if position is not None:
        progress.position_seconds = position
    before, share = lesson_progress(progress), enrollment.progress_percentage
    after = replace(before, time_spent=before.time_spent + added)
    acts = acts_of(enrollment, progress, before, after, now)
    progress.last_accessed = progress.updated_date = now
    enrollment.last_accessed, enrollment.last_lesson_accessed = now, progress.lesson_id
    progress.time_spent = after.time_spent
    await count_lesson(session, enrollment, policy, lesson, before, after)
    enrollment.progress_percentage = percentage_of(enrollment, policy)
    if enrollment.progress_percentage != share or is_due(enrollment, policy):
        await tell(session, *events_of(enrollment, progress, policy, now), now=now, acts=acts)
    else:
        await note(session, *acts, now=now)
    return progress, added


async def _lock_clock(session: AsyncSession, learner_id: int, now: datetime) -> LearnerClock:
    """The learner's clock, locked last: heartbeats in other courses come one after another here."""
    await session.execute(
        insert(LearnerClock).values(user_id=learner_id, counted_until=now).on_conflict_do_nothing()
    )  # fmt: skip
    statement = select(LearnerClock).where(LearnerClock.user_id == learner_id).with_for_update()
    return (await session.scalars(statement.execution_options(populate_existing=True))).one()
