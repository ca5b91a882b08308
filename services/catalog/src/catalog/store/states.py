"""A course as other services know it: `CourseState`, built from its rows."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.models import Category, Course, CourseInstructor, Lesson, Module, User
from shared.contracts.catalog.events import CategoryRef, CourseState, LessonOutline, ModuleOutline, StaffMember


async def course_states(session: AsyncSession, course_ids: Sequence[int]) -> list[CourseState]:
    """The states of the courses that exist, deleted ones too, in the order of their ids. Three statements."""
    courses = await session.execute(
        select(*_COURSE, Category.name, Category.slug.label("category_slug"))
        .join(Category, Category.id == Course.category_id)
        .where(Course.id.in_(course_ids))
        .order_by(Course.id)
    )
    staff = await _staff(session, course_ids)
    modules = await _modules(session, course_ids)
    return [_state(row, staff[row.id], modules[row.id]) for row in courses]


_NAMES = [name for name in CourseState.model_fields if name in Course.__table__.c and name != "version"]
_COURSE = [Course.__table__.c[name] for name in ("id", "revision", "category_id", *_NAMES)]


def _state(row: Row[*tuple[Any, ...]], staff: list[StaffMember], modules: list[ModuleOutline]) -> CourseState:
    columns = row._mapping
    return CourseState(
        course_id=row.id,
        version=row.revision,
        category=CategoryRef(id=row.category_id, name=row.name, slug=row.category_slug),
        staff=staff,
        modules=modules,
        **{name: columns[name] for name in _NAMES},
    )


async def _staff(session: AsyncSession, course_ids: Sequence[int]) -> dict[int, list[StaffMember]]:
    rows = await session.execute(
        select(CourseInstructor.course_id, CourseInstructor.user_id, CourseInstructor.is_lead, User.full_name)
        .join(User, User.user_id == CourseInstructor.user_id)
        .where(CourseInstructor.course_id.in_(course_ids), CourseInstructor.is_active)
        .order_by(CourseInstructor.is_lead.desc(), CourseInstructor.created_date, CourseInstructor.user_id)
    )
    staff: dict[int, list[StaffMember]] = defaultdict(list)
    for row in rows:
        staff[row.course_id].append(StaffMember(user_id=row.user_id, name=row.full_name, is_lead=row.is_lead))
    return staff


async def _modules(session: AsyncSession, course_ids: Sequence[int]) -> dict[int, list[ModuleOutline]]:
    rows = await session.execute(
        select(
            Module.course_id,
            Module.id.label("module_id"),
            Module.title.label("module_title"),
            Module.order.label("module_order"),
            Module.is_published,
            Lesson.id.label("lesson_id"),
            *(getattr(Lesson, name) for name in LessonOutline.model_fields if name != "lesson_id"),
        )
        .outerjoin(Lesson, Lesson.module_id == Module.id)
        .where(Module.course_id.in_(course_ids))
        .order_by(Module.course_id, Module.order, Lesson.order)
    )
    courses: dict[int, dict[int, ModuleOutline]] = defaultdict(dict)
    for row in rows:
        module = courses[row.course_id].setdefault(
            row.module_id,
            ModuleOutline(
                module_id=row.module_id,
                title=row.module_title,
                order=row.module_order,
                is_published=row.is_published,
                lessons=[],
            ),
        )
        if row.lesson_id is not None:
            module.lessons.append(LessonOutline.model_validate(dict(row._mapping)))
    return defaultdict(list, {course_id: list(modules.values()) for course_id, modules in courses.items()})
