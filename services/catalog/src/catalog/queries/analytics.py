"""How much there is in the catalog, for administrators."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.models import Category, Course, Lesson, Module, Resource


async def count_catalog(session: AsyncSession) -> dict[str, dict[str, int]]:
    """Counts of what is not deleted. One statement."""
    there = ~Course.is_deleted
    inside = select(func.count()).select_from(Module).join(Course, Course.id == Module.course_id).where(there)
    lessons = inside.join(Lesson, Lesson.module_id == Module.id)
    counted = select(
        func.count().filter(there).label("total"),
        func.count().filter(there, Course.is_published).label("published"),
        func.count().filter(there, Course.is_draft).label("drafts"),
        func.count().filter(there, Course.is_archived).label("archived"),
        select(func.count()).select_from(Category).where(Category.is_active).scalar_subquery().label("categories"),
        inside.correlate(None).scalar_subquery().label("modules"),
        lessons.correlate(None).scalar_subquery().label("lessons"),
        lessons.join(Resource, Resource.lesson_id == Lesson.id).correlate(None).scalar_subquery().label("resources"),
    ).select_from(Course)
    return {"courses": dict((await session.execute(counted)).one()._mapping)}
