"""Replying to topics, and what the staff and readers do about replies. The topic is locked first."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.commands.activity import note
from enrollment.commands.copies import note_user
from enrollment.commands.topics import event_of_topic, lock_topic, tell_topic
from enrollment.domain.activity import Act
from enrollment.domain.topics import (
    Participant,
    check_can_announce,
    check_can_change_reply,
    check_can_report,
    check_is_open,
)
from enrollment.models import Reply, Report, Topic
from shared import outbox
from shared.auth import Identity
from shared.contracts.enrollment.events import TopicReplied
from shared.errors import Invalid, NotFound


async def create_reply(
    session: AsyncSession, author: Identity, topic_id: int, body: str, parent_id: int | None, *, now: datetime
) -> Reply:
    """Reply to a topic, or to a reply in it.

    Raises NotFound, EnrollmentRequired, PermissionDenied (locked) or Invalid (a parent in another topic).
    """
    topic, participant = await lock_topic(session, author, topic_id, now=now)
    check_is_open(topic, participant)
    parent = None if parent_id is None else await session.get(Reply, parent_id)
    if parent_id is not None and (parent is None or parent.topic_id != topic_id):
        raise Invalid(parent_id="There is no such reply in this topic.")
    reply = Reply(
        topic_id=topic_id,
        parent_id=parent_id,
        user_id=author.user_id,
        body=body,
        endorsed=False,
        created_date=now,
        updated_date=now,
    )
    session.add(reply)
    topic.replies_count += 1
    topic.last_activity = max(now, topic.last_activity)
    topic.revision += 1
    await session.flush()
    await note_user(session, author)
    told = event_of_topic(
        TopicReplied, topic, reply_id=reply.id, reply_user_id=author.user_id, parent_id=parent_id
    )  # fmt: skip
    await outbox.record(session, told)
    await note(session, Act(author.user_id, topic.course_id, "replied", topic.lesson_id or 0), now=now)
    return reply


async def update_reply(
    session: AsyncSession, caller: Identity, reply_id: int, change: dict[str, Any], *, now: datetime
) -> Reply:
    """Change `body`; the staff `endorsed` too, and by `reported` false set its reports aside.

    Raises NotFound, EnrollmentRequired, PermissionDenied.
    """
    reply, topic, participant = await _lock(session, caller, reply_id, now)
    check_can_change_reply(reply, topic, participant)
    if change.keys() & {"endorsed", "reported"}:
        check_can_announce(participant, "endorse replies and settle reports")
    if change.pop("reported", None) is False:
        await session.execute(delete(Report).where(Report.reply_id == reply_id))
    for name, value in change.items():
        setattr(reply, name, value)
    reply.updated_date = now
    return reply


async def delete_reply(session: AsyncSession, caller: Identity, reply_id: int, *, now: datetime) -> None:
    """Delete a reply; those to it stay. Raises NotFound, EnrollmentRequired, PermissionDenied."""
    reply, topic, participant = await _lock(session, caller, reply_id, now)
    check_can_change_reply(reply, topic, participant)
    await session.delete(reply)
    topic.replies_count -= 1
    await tell_topic(session, topic, now)


async def toggle_endorsement(session: AsyncSession, staff: Identity, reply_id: int, *, now: datetime) -> Reply:
    """Stand behind a reply, or no longer. Raises NotFound, EnrollmentRequired, PermissionDenied."""
    reply, _, participant = await _lock(session, staff, reply_id, now)
    check_can_announce(participant, "endorse replies")
    reply.endorsed = not reply.endorsed
    return reply


async def report_reply(session: AsyncSession, reader: Identity, reply_id: int, *, now: datetime) -> Reply:
    """Ask the staff to look at a reply. Repeating it changes nothing. Raises as above, PermissionDenied (own)."""
    reply, _, participant = await _lock(session, reader, reply_id, now)
    check_can_report(reply, participant)
    values = {"reply_id": reply_id, "user_id": reader.user_id}
    await session.execute(insert(Report).values(values).on_conflict_do_nothing())
    return reply


async def _lock(
    session: AsyncSession, caller: Identity, reply_id: int, now: datetime
) -> tuple[Reply, Topic, Participant]:
    topic_id = await session.scalar(select(Reply.topic_id).where(Reply.id == reply_id))
    if topic_id is None:
        raise NotFound
    topic, participant = await lock_topic(session, caller, topic_id, now=now)
    reply = await session.get(Reply, reply_id, with_for_update=True, populate_existing=True)
    if reply is None:
        raise NotFound
    return reply, topic, participant
