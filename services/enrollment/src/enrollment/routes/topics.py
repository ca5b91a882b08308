"""What those in a course talk about: discussions, questions, announcements."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, status

from enrollment.commands.topics import TopicDraft, create_topic, delete_topic, update_topic
from enrollment.learn import learn_course_to_take_part
from enrollment.models import TopicKind
from enrollment.queries.topics import get_topic, list_topics
from enrollment.schemas.topics import TopicCreate, TopicReplace, TopicUpdate, TopicView
from shared.auth import SignedIn
from shared.database import OpenDatabase, Reading, Transaction
from shared.fields import PathId, PathRef, QueryId, Text
from shared.pagination import Page, Paging
from shared.peers import AskPeers

router = APIRouter(tags=["topics"])


@router.get("/api/courses/{ref}/topics/", name="list_topics")
async def get_list(
    ref: PathRef,
    caller: SignedIn,
    database: OpenDatabase,
    peers: AskPeers,
    session: Reading,
    paging: Paging,
    kind: TopicKind | None = None,
    lesson: QueryId = None,
    search: Annotated[Text | None, Query(max_length=200, description="Part of title or text.")] = None,
) -> Page[TopicView]:
    """A course's topics, for those enrolled in it and its staff; pinned ones first, then the liveliest.

    `ordering`: `created_date`, `last_activity`, `replies_count`.
    """
    now = datetime.now(UTC)
    course_id = await learn_course_to_take_part(database, peers, ref, caller, now=now)
    return await list_topics(session, caller, course_id, paging, kind=kind, lesson=lesson, search=search, now=now)


@router.post("/api/courses/{ref}/topics/", status_code=status.HTTP_201_CREATED, name="create_topic")
async def write(
    ref: PathRef,
    body: TopicCreate,
    author: SignedIn,
    database: OpenDatabase,
    peers: AskPeers,
    session: Transaction,
) -> TopicView:
    """Open a discussion or ask a question, as one of the enrolled or the staff.

    Announcements, and `pinned`, `locked`, `publish_at`, are the staff's. Learners see an announcement from `publish_at`
    on.
    """
    now = datetime.now(UTC)
    course_id = await learn_course_to_take_part(database, peers, ref, author, now=now)
    topic = await create_topic(session, author, course_id, TopicDraft(**body.model_dump()), now=now)
    return await get_topic(session, author, topic.id, now=now)


@router.get("/api/topics/{topic_id}/", name="get_topic")
async def get_one(topic_id: PathId, caller: SignedIn, session: Reading) -> TopicView:
    """A topic, for those enrolled in its course and the staff."""
    return await get_topic(session, caller, topic_id, now=datetime.now(UTC))


@router.put("/api/topics/{topic_id}/", name="replace_topic")
async def replace(topic_id: PathId, body: TopicReplace, caller: SignedIn, session: Transaction) -> TopicView:
    """Change one's topic while it is not locked; the staff any. What is left out stays as it is."""
    now = datetime.now(UTC)
    await update_topic(session, caller, topic_id, body.model_dump(exclude_unset=True), now=now)
    return await get_topic(session, caller, topic_id, now=now)


@router.patch("/api/topics/{topic_id}/", name="update_topic")
async def update(topic_id: PathId, body: TopicUpdate, caller: SignedIn, session: Transaction) -> TopicView:
    """Change some fields of a topic. Pinning, locking and timing are the staff's."""
    now = datetime.now(UTC)
    await update_topic(session, caller, topic_id, body.model_dump(exclude_unset=True), now=now)
    return await get_topic(session, caller, topic_id, now=now)


@router.delete("/api/topics/{topic_id}/", status_code=status.HTTP_204_NO_CONTENT, name="delete_topic")
async def delete(topic_id: PathId, caller: SignedIn, session: Transaction) -> None:
    """Delete one's topic while it is not locked, with its replies; the staff any."""
    await delete_topic(session, caller, topic_id, now=datetime.now(UTC))
