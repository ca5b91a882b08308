"""What is in courses: modules with their lessons' outline, as JSON that PostgreSQL makes."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.models import Lesson, LessonAssessment, Module
from catalog.queries.nested import json_list, json_object
from catalog.schemas.modules import ModuleView

ASSESSMENT_ID = (
    select(func.max(LessonAssessment.assessment_id))
    .where(LessonAssessment.lesson_id == Lesson.id, ~LessonAssessment.is_deleted)
    .scalar_subquery()
)
"""The assessment of a lesson, or null."""

LESSON_OUTLINE = (
    Lesson.id,
    Lesson.title,
    Lesson.order,
    Lesson.type,
    Lesson.access_level,
    Lesson.is_free_preview,
    Lesson.duration_minutes,
    Lesson.has_lab,
    Lesson.resources_count,
)

_LESSON = json_object(**{column.key: column for column in LESSON_OUTLINE}, assessment_id=ASSESSMENT_ID)
_LESSONS = select(json_list(_LESSON, Lesson.order)).where(Lesson.module_id == Module.id).scalar_subquery()
MODULE = (
    Module.id,
    Module.course_id.label("course"),
    Module.title,
    Module.description,
    Module.order,
    Module.duration_minutes,
    Module.is_published,
    Module.created_date,
    Module.updated_date,
    _LESSONS.label("lessons"),
)


async def modules_by_id(session: AsyncSession, ids: Sequence[int]) -> dict[int, ModuleView]:
    rows = await session.execute(select(*MODULE).where(Module.id.in_(ids)))
    return {row.id: ModuleView.model_validate(row._mapping) for row in rows}


async def outline_of(session: AsyncSession, course_id: int, *, unpublished: bool) -> list[ModuleView]:
    """A course's modules in order; those not published only if `unpublished`."""
    statement = select(*MODULE).where(Module.course_id == course_id).order_by(Module.order)
    rows = await session.execute(statement if unpublished else statement.where(Module.is_published))
    return [ModuleView.model_validate(row._mapping) for row in rows]
