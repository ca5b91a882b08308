"""Lessons, as the API shows them: without content in lists, and one as far as the caller may read it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.domain.access import Bodies, Standing, check_visible, read
from catalog.domain.choices import AccessLevel, LessonType
from catalog.models import Course, Lesson, Module
from catalog.queries.outline import ASSESSMENT_ID, LESSON_OUTLINE
from catalog.schemas.lessons import LessonCard, LessonView
from catalog.store.visibility import Found, course_named, found_in, module_visible, with_standing
from shared.auth import Identity
from shared.errors import NotFound
from shared.pagination import Key, Page, PageRequest, order_of, paginate

_COLUMNS, _MODULE = Lesson.__table__.c, Module.__table__.c
_CARD = (
    *LESSON_OUTLINE,
    Lesson.module_id.label("module"),
    Module.course_id.label("course"),
    Lesson.created_date,
    Lesson.updated_date,
    ASSESSMENT_ID.label("assessment_id"),
)


@dataclass(frozen=True)
class LessonFilter:
    """What a list of lessons is narrowed to; None does not narrow. `course` is an id or slug."""

    module: int | None = None
    course: int | str | None = None
    access_level: AccessLevel | None = None
    type: LessonType | None = None
    free_preview: bool | None = None


async def list_lessons(
    session: AsyncSession, identity: Identity | None, request: PageRequest, wanted: LessonFilter
) -> Page[LessonCard]:
    """Lessons that the caller may know of, in the order of their course."""
    statement = (
        select(*_CARD)
        .join(Module, Module.id == Lesson.module_id)
        .join(Course, Course.id == Module.course_id)
        .where(module_visible(identity))
    )
    conditions = {
        Lesson.module_id: wanted.module,
        Lesson.access_level: wanted.access_level,
        Lesson.type: wanted.type,
        Lesson.is_free_preview: wanted.free_preview,
    }
    statement = statement.where(*(column == value for column, value in conditions.items() if value is not None))
    if wanted.course is not None:
        statement = statement.where(course_named(wanted.course))
    allowed = {name: _COLUMNS[name] for name in ("order", "title", "created_date")}
    default = [Key(_MODULE.course_id), Key(_MODULE.order), Key(_COLUMNS.order)]
    keys = order_of(request, allowed, default, Key(_COLUMNS.id))
    return await paginate(session, statement, request, keys, _card)


def _card(row: Row[Any]) -> LessonCard:
    return LessonCard.model_validate(row._mapping)


@dataclass(frozen=True)
class FoundLesson:
    """A lesson with everything in it, not to be shown before `show_lesson` has judged what of it."""

    row: Row[Any]
    found: Found
    bodies: Bodies


async def find_lesson(session: AsyncSession, identity: Identity | None, lesson_id: int) -> FoundLesson:
    """Raises NotFound when there is none."""
    statement = with_standing(
        identity,
        *_CARD,
        Module.is_published.label("module_is_published"),
        Lesson.content,
        Lesson.registered_content,
        Lesson.guest_content,
        Lesson.video_url,
        Lesson.transcript,
    )
    statement = statement.join(Module, Module.course_id == Course.id).join(Lesson, Lesson.module_id == Module.id)
    row = (await session.execute(statement.where(Lesson.id == lesson_id))).one_or_none()
    if row is None:
        raise NotFound
    found = found_in(row, identity, module_is_published=row.module_is_published)
    bodies = Bodies(
        row.access_level, row.is_free_preview, row.content, row.registered_content, row.guest_content
    )  # fmt: skip
    return FoundLesson(row, found, bodies)


def show_lesson(lesson: FoundLesson, standing: Standing) -> LessonView:
    """The lesson as `standing` may read it. Raises NotFound, ServiceUnavailable, and what `access.read` raises."""
    check_visible(lesson.found.visibility, standing)
    access = read(lesson.bodies, standing)
    has_all = access.tier == "full"
    return LessonView.model_validate(
        {
            **lesson.row._mapping,
            "content": access.content,
            "content_tier": access.tier,
            "access": access,
            "video_url": lesson.row.video_url if has_all else None,
            "transcript": lesson.row.transcript if has_all else None,
            "guest_content": lesson.bodies.guest_content if standing.is_staff else None,
            "registered_content": lesson.bodies.registered_content if standing.is_staff else None,
        },
        from_attributes=True,
    )


async def get_lesson(session: AsyncSession, identity: Identity, lesson_id: int) -> LessonView:
    """The lesson as its staff, who just wrote it, see it."""
    lesson = await find_lesson(session, identity, lesson_id)
    return show_lesson(lesson, lesson.found.standing)
