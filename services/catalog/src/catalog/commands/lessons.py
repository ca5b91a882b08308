"""Lessons: created, changed, deleted, put in order. Each is a change of the course."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.commands.ordering import new_place, reorder
from catalog.domain.validation import validate_guest_content
from catalog.models import Course, Lesson, Module
from catalog.schemas.lessons import LessonCreate, LessonUpdate
from catalog.store.courses import open_course_of_lesson, open_course_of_module, record_change
from shared.auth import Identity
from shared.contracts.catalog.events import CourseUpdated
from shared.errors import Invalid, NotFound


async def create_lesson(session: AsyncSession, identity: Identity, data: LessonCreate, *, now: datetime) -> Lesson:
    """Raises PermissionDenied, and Invalid also when there is no such module."""
    fields = data.sent()
    module_id = fields.pop("module")
    try:
        course, module = await open_course_of_module(session, identity, module_id)
    except NotFound:
        raise _no_module(module_id) from None
    _check_guest_content(fields.get("access_level", "registered"), fields.get("guest_content"))
    order = await new_place(session, Lesson, Lesson.module_id == module.id, fields.pop("order", None))
    lesson = Lesson(**fields, module_id=module.id, order=order, created_date=now, updated_date=now)
    session.add(lesson)
    await record_change(session, course, CourseUpdated, now=now)
    return lesson


async def update_lesson(
    session: AsyncSession, identity: Identity, lesson_id: int, data: LessonUpdate, *, now: datetime
) -> Lesson:
    """Change what `data` has; in another module of the course it takes the next place unless one is given.

    Raises NotFound, PermissionDenied, Invalid.
    """
    course, lesson = await open_course_of_lesson(session, identity, lesson_id)
    fields = data.sent()
    await _move(session, course, lesson, fields.pop("module", lesson.module_id), fields.pop("order", None))
    _check_guest_content(
        fields.get("access_level", lesson.access_level), fields.get("guest_content", lesson.guest_content)
    )
    for name, value in fields.items():
        setattr(lesson, name, value)
    lesson.updated_date = now
    await record_change(session, course, CourseUpdated, now=now)
    return lesson


async def delete_lesson(session: AsyncSession, identity: Identity, lesson_id: int, *, now: datetime) -> None:
    """Raises NotFound, PermissionDenied."""
    course, lesson = await open_course_of_lesson(session, identity, lesson_id)
    await session.delete(lesson)
    await record_change(session, course, CourseUpdated, now=now)


async def order_lessons(
    session: AsyncSession, identity: Identity, module_id: int, ids: Sequence[int], *, now: datetime
) -> Module:
    """Put all lessons of a module in the order of `ids`. Raises NotFound, PermissionDenied, Invalid."""
    course, module = await open_course_of_module(session, identity, module_id)
    await reorder(session, Lesson, Lesson.module_id == module.id, ids)
    await record_change(session, course, CourseUpdated, now=now)
    return module


async def _move(session: AsyncSession, course: Course, lesson: Lesson, module_id: int, order: int | None) -> None:
    """Give a lesson its module and place. Raises Invalid."""
    if module_id != lesson.module_id:
        if await session.scalar(select(Module.course_id).where(Module.id == module_id)) != course.id:
            raise _no_module(module_id)
    elif order is None or order == lesson.order:
        return
    others = (Lesson.module_id == module_id) & (Lesson.id != lesson.id)
    lesson.order = await new_place(session, Lesson, others, order)
    lesson.module_id = module_id


def _no_module(module_id: int) -> Invalid:
    return Invalid(module=f"There is no module {module_id} in this course, or in any that you teach.")


def _check_guest_content(access_level: str, guest_content: str | None) -> None:
    try:
        validate_guest_content(access_level, guest_content)
    except ValueError as error:
        raise Invalid(guest_content=str(error)) from None
