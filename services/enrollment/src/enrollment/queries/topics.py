"""Topics and replies as those in the course see them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.domain.topics import Participant, check_can_see, participant_of
from enrollment.models import Course, Reply, Report, Topic, TopicKind, User
from enrollment.schemas.topics import ParticipantView, ReplyView, TopicView
from enrollment.store import get_status
from shared.auth import Identity
from shared.errors import NotFound
from shared.pagination import Key, Page, PageRequest, order_of, paginate

_TOPIC, _REPLY = Topic.__table__.c, Reply.__table__.c
_TOPIC_ORDERINGS = {name: _TOPIC[name] for name in ("created_date", "last_activity", "replies_count")}
_LIVELIEST_FIRST = [Key(_TOPIC.pinned, descending=True), Key(_TOPIC.last_activity, descending=True)]
_REPLY_ORDERINGS = {"created_date": _REPLY.created_date}
_OLDEST_FIRST = [Key(_REPLY.created_date)]


async def list_topics(
    session: AsyncSession,
    caller: Identity,
    course_id: int,
    request: PageRequest,
    *,
    kind: TopicKind | None,
    lesson: int | None,
    search: str | None,
    now: datetime,
) -> Page[TopicView]:
    """A course's topics, pinned ones and then the liveliest first. Raises NotFound, EnrollmentRequired."""
    participant = await _participant(session, caller, course_id)
    statement = _topics().where(Topic.course_id == course_id)
    if not participant.is_staff:
        statement = statement.where(or_(Topic.publish_at.is_(None), Topic.publish_at <= now))
    if kind is not None:
        statement = statement.where(Topic.kind == kind)
    if lesson is not None:
        statement = statement.where(Topic.lesson_id == lesson)
    if search is not None:
        found = (column.icontains(search, autoescape=True) for column in (Topic.title, Topic.body))
        statement = statement.where(or_(*found))
    unique = Key(_TOPIC.id, descending=True)
    keys = order_of(request, _TOPIC_ORDERINGS, default=_LIVELIEST_FIRST, unique=unique)
    return await paginate(session, statement, request, keys, _topic_view)


async def get_topic(session: AsyncSession, caller: Identity, topic_id: int, *, now: datetime) -> TopicView:
    """Raises NotFound, EnrollmentRequired."""
    row = (await session.execute(_topics().where(Topic.id == topic_id))).one_or_none()
    if row is None:
        raise NotFound
    check_can_see(row.Topic, await _participant(session, caller, row.Topic.course_id), now)
    return _topic_view(row)


async def list_replies(
    session: AsyncSession, caller: Identity, topic_id: int, request: PageRequest, *, now: datetime
) -> Page[ReplyView]:
    """A topic's replies, oldest first. Raises NotFound, EnrollmentRequired."""
    topic = await session.get(Topic, topic_id)
    if topic is None:
        raise NotFound
    participant = await _participant(session, caller, topic.course_id)
    check_can_see(topic, participant, now)
    keys = order_of(request, _REPLY_ORDERINGS, default=_OLDEST_FIRST, unique=Key(_REPLY.id))
    statement = _replies(participant).where(Reply.topic_id == topic_id)
    return await paginate(session, statement, request, keys, _reply_view)


async def get_reply(session: AsyncSession, caller: Identity, reply_id: int, *, now: datetime) -> ReplyView:
    """Raises NotFound, EnrollmentRequired."""
    topic = await session.scalar(select(Topic).join(Reply, Reply.topic_id == Topic.id).where(Reply.id == reply_id))
    if topic is None:
        raise NotFound
    participant = await _participant(session, caller, topic.course_id)
    check_can_see(topic, participant, now)
    return _reply_view((await session.execute(_replies(participant).where(Reply.id == reply_id))).one())


async def _participant(session: AsyncSession, caller: Identity, course_id: int) -> Participant:
    course = await session.get(Course, course_id)
    if course is None:
        raise NotFound
    return participant_of(course, caller, await get_status(session, caller.user_id, course_id))


def _topics() -> Select[Any]:
    return select(Topic).add_columns(*_AUTHOR).outerjoin(User, User.user_id == Topic.user_id)


def _replies(participant: Participant) -> Select[Any]:
    reports = exists().where(Report.reply_id == Reply.id)
    if not participant.is_staff:
        reports = reports.where(Report.user_id == participant.user_id)
    columns = (*_AUTHOR, reports.correlate(Reply).label("reported"))
    return select(Reply).add_columns(*columns).outerjoin(User, User.user_id == Reply.user_id)


_AUTHOR = (
    func.coalesce(User.full_name, "").label("author_name"),
    func.coalesce(User.role, "student").label("author_role"),
)


def _author(row: Row[Any], user_id: int) -> ParticipantView:
    return ParticipantView(id=user_id, name=row.author_name, role=row.author_role)


def _topic_view(row: Row[Any]) -> TopicView:
    topic = row.Topic
    copied = (
        "id", "kind", "title", "body", "publish_at", "pinned", "locked", "replies_count", "last_activity",
        "created_date",
    )  # fmt: skip
    fields = {name: getattr(topic, name) for name in copied}
    return TopicView(**fields, course=topic.course_id, lesson=topic.lesson_id, author=_author(row, topic.user_id))


def _reply_view(row: Row[Any]) -> ReplyView:
    reply = row.Reply
    fields = {name: getattr(reply, name) for name in ("id", "parent_id", "body", "endorsed", "created_date")}
    return ReplyView(**fields, topic=reply.topic_id, author=_author(row, reply.user_id), reported=row.reported)
