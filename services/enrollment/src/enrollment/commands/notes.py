"""Writing, changing and deleting notes."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.commands.activity import note as note_act
from enrollment.commands.copies import note_user
from enrollment.domain.activity import Act
from enrollment.domain.notes import can_read_note, check_can_write_note, check_is_author
from enrollment.models import Course, Lesson, Note
from enrollment.store import get_status
from shared.auth import Identity
from shared.errors import NotFound


@dataclass(frozen=True)
class NoteChange:
    """What an author sends: any subset of the fields; None leaves the field as it is."""

    content: str | None = None
    is_private: bool | None = None
    tags: list[str] | None = None


async def create_note(
    session: AsyncSession,
    author: Identity,
    course_id: int,
    lesson_id: int,
    *,
    content: str,
    is_private: bool,
    tags: list[str],
    now: datetime,
) -> Note:
    """Note something on a lesson. Raises NotFound, EnrollmentRequired."""
    course, lesson = await session.get(Course, course_id), await session.get(Lesson, (course_id, lesson_id))
    if course is None or lesson is None:
        raise NotFound
    check_can_write_note(course, lesson, author, await get_status(session, author.user_id, course_id))
    note = Note(
        user_id=author.user_id,
        course_id=course_id,
        lesson_id=lesson_id,
        content=content,
        is_private=is_private,
        tags=tags,
        created_date=now,
        updated_date=now,
    )
    session.add(note)
    await session.flush()
    await note_user(session, author)
    await note_act(session, Act(author.user_id, course_id, "noted", lesson_id), now=now)
    return note


async def update_note(
    session: AsyncSession, author: Identity, note_id: int, change: NoteChange, *, now: datetime
) -> Note:
    """Change one's note. Raises NotFound, PermissionDenied (another's, that one may read)."""
    note = await _lock_own(session, author, note_id)
    for name, value in vars(change).items():
        if value is not None:
            setattr(note, name, value)
    note.updated_date = now
    return note


async def delete_note(session: AsyncSession, author: Identity, note_id: int) -> None:
    """Delete one's note. Raises NotFound, PermissionDenied."""
    await session.delete(await _lock_own(session, author, note_id))


async def _lock_own(session: AsyncSession, author: Identity, note_id: int) -> Note:
    note = await session.get(Note, note_id, with_for_update=True)
    course = None if note is None else await session.get(Course, note.course_id)
    if note is None or course is None:
        raise NotFound
    status = await get_status(session, author.user_id, note.course_id)
    if not can_read_note(note, course, author, status):
        raise NotFound
    check_is_author(note, author)
    return note
