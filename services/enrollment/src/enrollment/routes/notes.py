"""Notes on lessons: one's own, and those that others in the course share."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, status

from enrollment.commands.notes import NoteChange, create_note, delete_note, update_note
from enrollment.learn import learn_lesson
from enrollment.queries.notes import NoteFilter, get_note, list_notes
from enrollment.schemas.notes import LONGEST_TAG, NoteCreate, NoteReplace, NoteUpdate, NoteView
from shared.auth import SignedIn
from shared.database import OpenDatabase, Reading, Transaction
from shared.fields import PathId, QueryId, QueryRef, Text
from shared.pagination import Page, Paging
from shared.peers import AskPeers

router = APIRouter(prefix="/api/notes", tags=["notes"])


@router.get("/", name="list_notes")
async def get_list(
    caller: SignedIn,
    session: Reading,
    paging: Paging,
    lesson: QueryId = None,
    course: QueryRef = None,
    tag: Annotated[Text | None, Query(max_length=LONGEST_TAG, description="Only notes with this very tag.")] = None,
    search: Annotated[Text | None, Query(max_length=200, description="Part of the text, in either case.")] = None,
    shared: Annotated[bool, Query(description="What others share in one's courses, instead of one's own.")] = False,
) -> Page[NoteView]:
    """One's own notes, newest first. `ordering`: `created_date`, `updated_date`."""
    return await list_notes(session, caller, paging, NoteFilter(lesson, course, tag, search, shared))


@router.post("/", status_code=status.HTTP_201_CREATED, name="create_note")
async def write(
    body: NoteCreate, author: SignedIn, database: OpenDatabase, peers: AskPeers, session: Transaction
) -> NoteView:
    """Take a note on a lesson of a course that one is enrolled in, else 403 `ENROLLMENT_REQUIRED`.

    A note is private unless `is_private` is false; then those in the course can read it. At most 10 tags.
    """
    now = datetime.now(UTC)
    course_id = await learn_lesson(database, peers, body.lesson, author, now=now)
    fields = body.model_dump(exclude={"lesson"})
    note = await create_note(session, author, course_id, body.lesson, **fields, now=now)
    return await get_note(session, author, note.id)


@router.get("/{note_id}/", name="get_note")
async def get_one(note_id: PathId, caller: SignedIn, session: Reading) -> NoteView:
    """One's own note, or one that is shared in a course that one is in."""
    return await get_note(session, caller, note_id)


@router.put("/{note_id}/", name="replace_note")
async def replace(note_id: PathId, body: NoteReplace, author: SignedIn, session: Transaction) -> NoteView:
    """Change one's note. What is left out stays as it is; a note stays on its lesson."""
    await update_note(session, author, note_id, _change_of(body), now=datetime.now(UTC))
    return await get_note(session, author, note_id)


@router.patch("/{note_id}/", name="update_note")
async def update(note_id: PathId, body: NoteUpdate, author: SignedIn, session: Transaction) -> NoteView:
    """Change some fields of one's note."""
    await update_note(session, author, note_id, _change_of(body), now=datetime.now(UTC))
    return await get_note(session, author, note_id)


@router.delete("/{note_id}/", status_code=status.HTTP_204_NO_CONTENT, name="delete_note")
async def delete(note_id: PathId, author: SignedIn, session: Transaction) -> None:
    """Delete one's note."""
    await delete_note(session, author, note_id)


def _change_of(body: NoteUpdate) -> NoteChange:
    return NoteChange(**body.model_dump(exclude_unset=True))
