"""Notes as their authors see them, and those in the same course."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.domain.courses import LEARNING
from enrollment.domain.notes import can_read_note
from enrollment.models import Course, Enrollment, Note, User
from enrollment.schemas.notes import NoteView
from enrollment.store import get_status, is_course
from shared.auth import Identity
from shared.errors import NotFound
from shared.pagination import Key, Page, PageRequest, order_of, paginate

_ROW = Note.__table__.c
_ORDERINGS = {name: _ROW[name] for name in ("created_date", "updated_date")}
_NEWEST_FIRST = [Key(_ROW.created_date, descending=True)]


@dataclass(frozen=True)
class NoteFilter:
    """Which notes are asked for; None does not narrow. `shared`: those that others share, instead of one's own."""

    lesson: int | None = None
    course: str | None = None
    tag: str | None = None
    search: str | None = None
    shared: bool = False


async def get_note(session: AsyncSession, caller: Identity, note_id: int) -> NoteView:
    """One's own, or one that is shared with the caller. Raises NotFound."""
    statement = _notes().add_columns(Course).join(Course, Course.course_id == Note.course_id)
    row = (await session.execute(statement.where(Note.id == note_id))).one_or_none()
    if row is None:
        raise NotFound
    status = await get_status(session, caller.user_id, row.Course.course_id)
    if not can_read_note(row.Note, row.Course, caller, status):
        raise NotFound
    return _view(row)


async def list_notes(
    session: AsyncSession, caller: Identity, request: PageRequest, wanted: NoteFilter
) -> Page[NoteView]:
    """Newest first."""
    statement = _shared_with(caller) if wanted.shared else _notes().where(Note.user_id == caller.user_id)
    if wanted.lesson is not None:
        statement = statement.where(Note.lesson_id == wanted.lesson)
    if wanted.course is not None:
        statement = statement.where(Note.course_id.in_(select(Course.course_id).where(is_course(wanted.course))))
    if wanted.tag is not None:
        statement = statement.where(Note.tags.contains([wanted.tag]))
    if wanted.search is not None:
        statement = statement.where(Note.content.icontains(wanted.search, autoescape=True))
    keys = order_of(request, _ORDERINGS, default=_NEWEST_FIRST, unique=Key(_ROW.id, descending=True))
    return await paginate(session, statement, request, keys, _view)


def _shared_with(caller: Identity) -> Select[Any]:
    """What others share in the courses that the caller learns or teaches, as `domain.notes.can_read_note` says."""
    learned = select(Enrollment.course_id).where(
        Enrollment.user_id == caller.user_id, Enrollment.status.in_(LEARNING)
    )  # fmt: skip
    taught = select(Course.course_id).where(Course.staff.contains([{"user_id": caller.user_id}]))
    there = select(Course.course_id).where(~Course.is_deleted)
    statement = _notes().where(~Note.is_private, Note.user_id != caller.user_id, Note.course_id.in_(there))
    if caller.is_administrator:
        return statement
    return statement.where(or_(Note.course_id.in_(learned), Note.course_id.in_(taught)))


def _notes() -> Select[Any]:
    name = func.coalesce(User.full_name, "").label("user_name")
    return select(Note).add_columns(name).outerjoin(User, User.user_id == Note.user_id)


def _view(row: Row[Any]) -> NoteView:
    note = row.Note
    copied = ("id", "content", "is_private", "tags", "created_date", "updated_date")
    fields = {name: getattr(note, name) for name in copied}
    parents = {"user": note.user_id, "course": note.course_id, "lesson": note.lesson_id}
    return NoteView(**fields, **parents, user_name=row.user_name)
