"""Modules: created, changed, deleted, put in order. Each is a change of the course."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from catalog.commands.ordering import new_place, reorder
from catalog.domain.slugs import parse_ref
from catalog.models import Course, Module
from catalog.schemas.modules import ModuleCreate, ModuleUpdate
from catalog.store.courses import open_course, open_course_of_module, record_change
from shared.auth import Identity
from shared.contracts.catalog.events import CourseUpdated
from shared.errors import Invalid, NotFound


async def create_module(session: AsyncSession, identity: Identity, data: ModuleCreate, *, now: datetime) -> Module:
    """Raises PermissionDenied, and Invalid also when there is no such course."""
    fields = data.sent()
    choice = fields.pop("course")
    try:
        course = await open_course(session, identity, parse_ref(choice))
    except NotFound:
        raise Invalid(course=f"There is no course '{choice}'.") from None
    order = await new_place(session, Module, Module.course_id == course.id, fields.pop("order", None))
    module = Module(**fields, course_id=course.id, order=order, created_date=now, updated_date=now)
    session.add(module)
    await record_change(session, course, CourseUpdated, now=now)
    return module


async def update_module(
    session: AsyncSession, identity: Identity, module_id: int, data: ModuleUpdate, *, now: datetime
) -> Module:
    """Change what `data` has. Raises NotFound, PermissionDenied, Invalid."""
    course, module = await open_course_of_module(session, identity, module_id)
    fields = data.sent()
    _check_same_course(course, fields.pop("course", None))
    if "order" in fields and fields["order"] != module.order:
        others = (Module.course_id == course.id) & (Module.id != module.id)
        await new_place(session, Module, others, fields["order"])
    for name, value in fields.items():
        setattr(module, name, value)
    module.updated_date = now
    await record_change(session, course, CourseUpdated, now=now)
    return module


async def delete_module(session: AsyncSession, identity: Identity, module_id: int, *, now: datetime) -> None:
    """Delete a module with its lessons. Raises NotFound, PermissionDenied."""
    course, module = await open_course_of_module(session, identity, module_id)
    await session.delete(module)
    await record_change(session, course, CourseUpdated, now=now)


async def order_modules(
    session: AsyncSession, identity: Identity, ref: int | str, ids: Sequence[int], *, now: datetime
) -> Course:
    """Put all modules of a course in the order of `ids`. Raises NotFound, PermissionDenied, Invalid."""
    course = await open_course(session, identity, ref)
    await reorder(session, Module, Module.course_id == course.id, ids)
    await record_change(session, course, CourseUpdated, now=now)
    return course


def _check_same_course(course: Course, choice: str | None) -> None:
    if choice is not None and choice not in (str(course.id), course.slug):
        raise Invalid(course=f"A module stays in its course, {course.id}; '{choice}' was given.")
