"""Replies to topics."""

from datetime import UTC, datetime

from fastapi import APIRouter, status

from enrollment.commands.replies import (
    create_reply,
    delete_reply,
    report_reply,
    toggle_endorsement,
    update_reply,
)
from enrollment.queries.topics import get_reply, list_replies
from enrollment.schemas.topics import ReplyCreate, ReplyReplace, ReplyUpdate, ReplyView
from shared.auth import SignedIn
from shared.database import Reading, Transaction
from shared.fields import PathId
from shared.pagination import Page, Paging

router = APIRouter(tags=["topics"])


@router.get("/api/topics/{topic_id}/replies/", name="list_replies")
async def get_list(topic_id: PathId, caller: SignedIn, session: Reading, paging: Paging) -> Page[ReplyView]:
    """A topic's replies, oldest first. `ordering`: `created_date`."""
    return await list_replies(session, caller, topic_id, paging, now=datetime.now(UTC))


@router.post("/api/topics/{topic_id}/replies/", status_code=status.HTTP_201_CREATED, name="create_reply")
async def write(topic_id: PathId, body: ReplyCreate, author: SignedIn, session: Transaction) -> ReplyView:
    """Reply to a topic, or to one of its replies (`parent_id`). In a locked topic only the staff reply (else 403)."""
    now = datetime.now(UTC)
    reply = await create_reply(session, author, topic_id, body.body, body.parent_id, now=now)
    return await get_reply(session, author, reply.id, now=now)


@router.get("/api/replies/{reply_id}/", name="get_reply")
async def get_one(reply_id: PathId, caller: SignedIn, session: Reading) -> ReplyView:
    """A reply, for those enrolled in its course and the staff."""
    return await get_reply(session, caller, reply_id, now=datetime.now(UTC))


@router.put("/api/replies/{reply_id}/", name="replace_reply")
async def replace(reply_id: PathId, body: ReplyReplace, caller: SignedIn, session: Transaction) -> ReplyView:
    """Change one's reply while its topic is not locked; the staff any."""
    now = datetime.now(UTC)
    await update_reply(session, caller, reply_id, body.model_dump(exclude_unset=True), now=now)
    return await get_reply(session, caller, reply_id, now=now)


@router.patch("/api/replies/{reply_id}/", name="update_reply")
async def update(reply_id: PathId, body: ReplyUpdate, caller: SignedIn, session: Transaction) -> ReplyView:
    """Change some fields of a reply. `endorsed`, and setting reports aside by `reported: false`, are the staff's."""
    now = datetime.now(UTC)
    await update_reply(session, caller, reply_id, body.model_dump(exclude_unset=True), now=now)
    return await get_reply(session, caller, reply_id, now=now)


@router.delete("/api/replies/{reply_id}/", status_code=status.HTTP_204_NO_CONTENT, name="delete_reply")
async def delete(reply_id: PathId, caller: SignedIn, session: Transaction) -> None:
    """Delete one's reply while its topic is not locked; the staff any. Replies to it stay."""
    await delete_reply(session, caller, reply_id, now=datetime.now(UTC))


@router.post("/api/replies/{reply_id}/endorse/", name="toggle_endorsement")
async def endorse(reply_id: PathId, caller: SignedIn, session: Transaction) -> ReplyView:
    """Stand behind a reply as the course's staff; once more takes that back."""
    now = datetime.now(UTC)
    await toggle_endorsement(session, caller, reply_id, now=now)
    return await get_reply(session, caller, reply_id, now=now)


@router.post("/api/replies/{reply_id}/report/", name="report_reply")
async def report(reply_id: PathId, caller: SignedIn, session: Transaction) -> ReplyView:
    """Ask the staff to look at a reply; repeating it changes nothing. Never one's own (403)."""
    now = datetime.now(UTC)
    await report_reply(session, caller, reply_id, now=now)
    return await get_reply(session, caller, reply_id, now=now)
