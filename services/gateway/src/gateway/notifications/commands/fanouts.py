"""Telling many: written down once, carried out in batches. What a process that dies has done is not done again."""

from datetime import datetime, timedelta
from typing import Any, Literal

import structlog
from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.copies.models import Course, CourseMember, CourseStaff
from gateway.notifications.commands.notify import Notice, notify
from gateway.notifications.models import Fanout, NotificationPreference

BATCH = 500
LOOK_AGAIN = timedelta(seconds=5)
"""For a course that is not known here yet."""
WAITED = timedelta(hours=1)
"""Then there is nobody to tell."""

Audience = Literal["members", "staff", "mail_readers"]

log = structlog.get_logger()


async def tell(
    session: AsyncSession, audience: Audience, notice: Notice, *, except_user: int | None = None, now: datetime
) -> None:
    """Have an audience told of something, soon. Safe to repeat, also after it is done: nobody is told twice."""
    await session.execute(
        insert(Fanout)
        .values(
            audience=audience,
            type=notice.type,
            source=notice.source,
            course_id=notice.course_id,
            data=notice.data,
            except_user=except_user,
            after_user_id=0,
            due_at=now,
            created_date=now,
        )
        .on_conflict_do_nothing()
    )


async def carry_out_batch(session: AsyncSession, *, now: datetime) -> bool:
    """Tell the next users of whatever is due first. False when nothing is due. Several workers share what is due."""
    due = select(Fanout).where(Fanout.due_at <= now).order_by(Fanout.due_at, Fanout.id).limit(1)
    fanout = await session.scalar(due.with_for_update(skip_locked=True))
    if fanout is None:
        return False
    if fanout.course_id is not None and await session.get(Course, fanout.course_id) is None:
        await _wait(session, fanout, now)
        return True
    user_ids: list[int] = list(await session.scalars(_next_users(fanout).limit(BATCH)))
    notice = Notice(
        fanout.type,  # type: ignore[arg-type]  # written by `tell`
        fanout.source,
        fanout.course_id,
        fanout.data,
        mail_only=fanout.audience == "mail_readers",
    )
    await notify(session, [one for one in user_ids if one != fanout.except_user], notice, now=now)
    if len(user_ids) < BATCH:
        await session.delete(fanout)
    else:
        fanout.after_user_id = user_ids[-1]
    await session.flush()
    return True


async def _wait(session: AsyncSession, fanout: Fanout, now: datetime) -> None:
    """The course's own event is still on its way."""
    fanout.due_at = now + LOOK_AGAIN
    if fanout.created_date + WAITED < now:
        log.warning("a course is not known here; nobody is told", course_id=fanout.course_id, type=fanout.type)
        await session.delete(fanout)
    await session.flush()


def _next_users(fanout: Fanout) -> Select[Any]:
    column: Any
    if fanout.audience == "members":
        column = CourseMember.user_id
        found = select(column).where(
            CourseMember.course_id == fanout.course_id, CourseMember.status.in_(("active", "completed"))
        )
    elif fanout.audience == "staff":
        column = CourseStaff.user_id
        found = select(column).where(CourseStaff.course_id == fanout.course_id)
    else:
        column = NotificationPreference.user_id
        found = select(column).where(NotificationPreference.type == fanout.type, NotificationPreference.email)
    return found.where(column > fanout.after_user_id).order_by(column)
