"""Reminding of what is due within a day: over open sockets, and as a notification. Once for each due date."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.copies.models import Course
from gateway.notifications.commands.fanouts import tell
from gateway.notifications.commands.notify import Notice
from gateway.push.domain.messages import of_deadline
from gateway.push.memory import record
from gateway.push.models import PushAssessment
from gateway.push.store import lock_log
from shared.database import Database
from shared.worker import Schedule

AHEAD = timedelta(hours=24)
BATCH = 50


async def announce_deadlines(session: AsyncSession, *, now: datetime) -> bool:
    """Have the learners told of what is due within a day. Whether there may be more."""
    await lock_log(session)
    due = (
        select(PushAssessment)
        .outerjoin(Course, Course.course_id == PushAssessment.course_id)
        .where(
            PushAssessment.due_date > now,
            PushAssessment.due_date <= now + AHEAD,
            PushAssessment.deadline_told.is_distinct_from(PushAssessment.due_date),
            PushAssessment.is_deleted.is_(False),
            Course.is_deleted.is_not(True),
        )
        .order_by(PushAssessment.due_date, PushAssessment.assessment_id)
        .limit(BATCH)
    )
    found = (await session.scalars(due.with_for_update(of=PushAssessment))).all()
    messages = []
    for assessment in found:
        assert assessment.due_date is not None
        message = of_deadline(
            assessment.assessment_id, assessment.course_id, assessment.lesson_id, assessment.title, assessment.due_date
        )
        assessment.deadline_told = assessment.due_date
        source = f"deadline:{assessment.assessment_id}:{assessment.due_date.isoformat()}"
        data = {name: value for name, value in message.data.items() if name != "course_id"}
        await tell(session, "members", Notice("deadline", source, assessment.course_id, data), now=now)
        messages.append(message)
    await record(session, messages)
    await session.flush()
    return len(found) == BATCH


async def remind(database: Database) -> None:
    """By whichever worker is first."""
    more = True
    while more:
        async with database.transaction() as session:
            more = await announce_deadlines(session, now=datetime.now(UTC))


REMIND = Schedule(20, remind)
