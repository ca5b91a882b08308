"""Reminding learners of what is due within a day."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.copies.models import Course
from gateway.notifications.commands.fanouts import tell
from gateway.notifications.commands.notify import Notice
from gateway.notifications.models import Deadline
from shared.contracts.assessment.events import AssessmentState

AHEAD = timedelta(hours=24)
BATCH = 50


async def take_deadline(session: AsyncSession, state: AssessmentState) -> None:
    """Keep when an assessment is due."""
    values = {
        "course_id": state.course_id,
        "lesson_id": state.lesson_id,
        "title": state.title,
        "due_date": None if state.is_deleted else state.due_date,
        "revision": state.version,
    }
    statement = insert(Deadline).values(assessment_id=state.assessment_id, **values)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["assessment_id"], set_=values, where=Deadline.revision < state.version
        )
    )


async def announce_deadlines(session: AsyncSession, *, now: datetime) -> bool:
    """Have the learners told of what is due within a day, once for each due date. Whether there may be more."""
    due = (
        select(Deadline)
        .outerjoin(Course, Course.course_id == Deadline.course_id)
        .where(
            Deadline.due_date > now,
            Deadline.due_date <= now + AHEAD,
            Deadline.announced_for.is_distinct_from(Deadline.due_date),
            Course.is_deleted.is_not(True),
        )
        .order_by(Deadline.due_date, Deadline.assessment_id)
        .limit(BATCH)
    )
    found = (await session.scalars(due.with_for_update(of=Deadline, skip_locked=True))).all()
    for deadline in found:
        assert deadline.due_date is not None
        when = deadline.due_date.isoformat()
        data = {
            "assessment_id": deadline.assessment_id,
            "lesson_id": deadline.lesson_id,
            "title": deadline.title,
            "due_date": when.replace("+00:00", "Z"),
        }
        notice = Notice("deadline", f"deadline:{deadline.assessment_id}:{when}", deadline.course_id, data)
        await tell(session, "members", notice, now=now)
        deadline.announced_for = deadline.due_date
    await session.flush()
    return len(found) == BATCH
