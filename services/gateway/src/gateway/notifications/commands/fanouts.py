"""Telling many: written down once, carried out in batches. What a process that dies has done is not done again."""

import json
from datetime import datetime, timedelta
from typing import Any, Literal, LiteralString

import structlog
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.copies.models import Course, CourseMember, CourseStaff
from gateway.notifications.commands.notify import Notice, notify, notify_of_all
from gateway.notifications.models import Fanout, NotificationPreference
from shared.database import driver_of

_TELL: LiteralString = """
    INSERT INTO notification_fanouts (audience, type, source, course_id, data, except_user, after_user_id, due_at,
        created_date)
    SELECT %(audience)s, type, source, course_id, data, except_user, 0, %(now)s, %(now)s
    FROM json_to_recordset(%(notices)s::json)
        AS notice (type text, source text, course_id bigint, data jsonb, except_user bigint)
    ON CONFLICT DO NOTHING
"""
_STAFF: LiteralString = """
    WITH due AS (
        SELECT fanout.id, fanout.course_id FROM notification_fanouts AS fanout JOIN courses USING (course_id)
        WHERE audience = 'staff' AND due_at <= %(now)s
        ORDER BY due_at, fanout.id LIMIT %(limit)s FOR UPDATE OF fanout SKIP LOCKED
    )
    DELETE FROM notification_fanouts AS fanout USING due WHERE fanout.id = due.id
    RETURNING type, source, fanout.course_id, data, except_user,
        ARRAY(SELECT user_id FROM course_staff WHERE course_staff.course_id = due.course_id)
"""

AT_ONCE = 100
"""Things that the staff of courses are told in one transaction: every enrollment is one."""
BATCH = 500
"""Users of any other audience."""
LOOK_AGAIN = timedelta(seconds=5)
"""For a course that is not known here yet."""
WAITED = timedelta(hours=1)
"""Then there is nobody to tell."""

Audience = Literal["members", "staff", "mail_readers"]

log = structlog.get_logger()


async def tell(session: AsyncSession, audience: Audience, *notices: Notice, now: datetime) -> None:
    """Have an audience told of things, soon. Safe to repeat, also after it is done: nobody is told twice."""
    rows = [
        {
            "type": notice.type,
            "source": notice.source,
            "course_id": notice.course_id,
            "data": notice.data,
            "except_user": notice.except_user,
        }
        for notice in notices
    ]
    if rows:
        await (await driver_of(session)).execute(_TELL, {"audience": audience, "notices": json.dumps(rows), "now": now})


async def carry_out_batch(session: AsyncSession, *, now: datetime) -> bool:
    """Tell staff of what is due, then the next users of what else is due first. Several workers share what is due.

    False when nothing else is due. What comes for staff meanwhile is left to gather: each alone costs ten times more.
    """
    if await _tell_staff(session, now) == AT_ONCE:
        return True
    is_known = select(Course).where(Course.course_id == Fanout.course_id).exists()
    due = select(Fanout).where(Fanout.due_at <= now, (Fanout.audience != "staff") | ~is_known)
    first = due.order_by(Fanout.due_at, Fanout.id).limit(1).with_for_update(skip_locked=True, of=Fanout)
    fanout = await session.scalar(first)
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
        except_user=fanout.except_user,
        mail_only=fanout.audience == "mail_readers",
    )
    await notify(session, user_ids, notice, now=now)
    if len(user_ids) < BATCH:
        await session.delete(fanout)
    else:
        fanout.after_user_id = user_ids[-1]
    await session.flush()
    return True


async def _tell_staff(session: AsyncSession, now: datetime) -> int:
    """Carry out what is due first for the staff of courses that are known here, few users each; how many there were."""
    found = await (await driver_of(session)).execute(_STAFF, {"now": now, "limit": AT_ONCE})
    notices = [(Notice(*columns), user_ids) async for *columns, user_ids in found]
    await notify_of_all(session, notices, now=now)
    return len(notices)


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
