"""Opening, changing and deleting topics, and telling announcements when their time comes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.commands.activity import note
from enrollment.commands.copies import note_user
from enrollment.domain.activity import Act
from enrollment.domain.topics import (
    Participant,
    check_can_announce,
    check_can_change,
    check_can_see,
    participant_of,
)
from enrollment.models import Course, Lesson, Topic, TopicKind
from enrollment.store import get_status
from shared import outbox
from shared.auth import Identity
from shared.contracts.enrollment.events import TopicDeleted, TopicEvent, TopicPublished, TopicUpdated
from shared.errors import Invalid, NotFound

T = TypeVar("T", bound=TopicEvent)

BATCH = 100


@dataclass(frozen=True)
class TopicDraft:
    """What a topic is opened with."""

    kind: TopicKind
    title: str
    body: str
    lesson: int | None = None
    publish_at: datetime | None = None
    pinned: bool = False
    locked: bool = False


async def create_topic(
    session: AsyncSession, author: Identity, course_id: int, draft: TopicDraft, *, now: datetime
) -> Topic:
    """Open a topic. Raises NotFound, EnrollmentRequired, PermissionDenied (what is the staff's) or Invalid."""
    course = await session.get(Course, course_id)
    if course is None:
        raise NotFound
    participant = participant_of(course, author, await get_status(session, author.user_id, course_id))
    if draft.kind == "announcement":
        check_can_announce(participant, "announce")
    if draft.pinned or draft.locked or draft.publish_at:
        check_can_announce(participant, "pin, lock or time a topic")
    if draft.publish_at is not None and draft.kind != "announcement":
        raise Invalid(publish_at="Only announcements have a time of publication.")
    if draft.lesson is not None and await session.get(Lesson, (course_id, draft.lesson)) is None:
        raise Invalid(lesson="There is no such lesson in this course.")
    topic = _open(author, course_id, draft, now)
    session.add(topic)
    await session.flush()
    await note_user(session, author)
    if topic.is_told:
        await outbox.record(session, event_of_topic(TopicPublished, topic))
    if draft.kind != "announcement":
        await note(session, Act(author.user_id, course_id, "asked", draft.lesson or 0), now=now)
    return topic


def _open(author: Identity, course_id: int, draft: TopicDraft, now: datetime) -> Topic:
    return Topic(
        course_id=course_id,
        lesson_id=draft.lesson,
        user_id=author.user_id,
        kind=draft.kind,
        title=draft.title,
        body=draft.body,
        publish_at=draft.publish_at,
        is_told=draft.publish_at is None or draft.publish_at <= now,
        pinned=draft.pinned,
        locked=draft.locked,
        replies_count=0,
        last_activity=max(now, draft.publish_at or now),
        revision=1,
        created_date=now,
        updated_date=now,
    )


async def update_topic(
    session: AsyncSession, caller: Identity, topic_id: int, change: dict[str, Any], *, now: datetime
) -> Topic:
    """Change `title` and `body` of one's topic; the staff of any, and `pinned`, `locked` and `publish_at` too.

    What changes nothing is told to nobody. Raises NotFound, EnrollmentRequired, PermissionDenied or Invalid.
    """
    topic, participant = await lock_topic(session, caller, topic_id, now=now)
    check_can_change(topic, participant)
    change = {name: value for name, value in change.items() if getattr(topic, name) != value}
    if change.keys() & {"pinned", "locked", "publish_at"}:
        check_can_announce(participant, "pin, lock or time a topic")
    if "publish_at" in change:
        _time(topic, change["publish_at"], now)
    for name, value in change.items():
        setattr(topic, name, value)
    if change:
        await tell_topic(session, topic, now)
    return topic


def _time(topic: Topic, publish_at: datetime | None, now: datetime) -> None:
    """Move an announcement that nobody has seen yet."""
    if topic.kind != "announcement":
        raise Invalid(publish_at="Only announcements have a time of publication.")
    if topic.is_told:
        raise Invalid(publish_at="The announcement is already published.")
    topic.last_activity = max(now, publish_at or now)


async def tell_topic(session: AsyncSession, topic: Topic, now: datetime) -> None:
    """Tell a change of a locked topic, if those in the course see it: the first time as its publication."""
    topic.revision += 1
    topic.updated_date = now
    await session.flush()
    kind: type[TopicEvent] = TopicUpdated
    if not topic.is_told:
        if topic.publish_at is not None and topic.publish_at > now:
            return
        topic.is_told, kind = True, TopicPublished
    await outbox.record(session, event_of_topic(kind, topic))


async def delete_topic(session: AsyncSession, caller: Identity, topic_id: int, *, now: datetime) -> None:
    """Delete a topic with its replies. Raises NotFound, EnrollmentRequired, PermissionDenied."""
    topic, participant = await lock_topic(session, caller, topic_id, now=now)
    check_can_change(topic, participant)
    await session.delete(topic)
    await session.flush()
    topic.revision += 1
    if topic.is_told:
        await outbox.record(session, event_of_topic(TopicDeleted, topic))


async def publish_due(session: AsyncSession, *, limit: int, now: datetime) -> int:
    """Tell announcements whose time has come, as many as `limit`; how many. Several workers share them."""
    due = await session.scalars(
        select(Topic)
        .where(~Topic.is_told, Topic.publish_at <= now)
        .order_by(Topic.publish_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    topics = due.all()
    for topic in topics:
        topic.is_told = True
        topic.revision += 1
    if topics:
        await outbox.record(session, *(event_of_topic(TopicPublished, topic) for topic in topics))
    return len(topics)


async def lock_topic(
    session: AsyncSession, caller: Identity, topic_id: int, *, now: datetime
) -> tuple[Topic, Participant]:
    """A topic that the caller sees, locked. Raises NotFound, EnrollmentRequired."""
    topic = await session.get(Topic, topic_id, with_for_update=True, populate_existing=True)
    course = None if topic is None else await session.get(Course, topic.course_id)
    if topic is None or course is None:
        raise NotFound
    participant = participant_of(course, caller, await get_status(session, caller.user_id, course.course_id))
    check_can_see(topic, participant, now)
    return topic, participant


def event_of_topic(kind: type[T], topic: Topic, **more: Any) -> T:
    names = ("course_id", "lesson_id", "user_id", "kind", "title", "pinned", "locked", "replies_count", "last_activity")
    state = {name: getattr(topic, name) for name in names}
    return kind(version=topic.revision, topic_id=topic.id, **state, **more)
