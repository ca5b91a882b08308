"""Courses as other services ask for them. Deleted ones are told, so that nobody takes them for never made."""

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.models import Course, Lesson, Module
from catalog.store.states import course_states
from catalog.store.visibility import course_named
from shared.contracts.catalog.events import CourseState
from shared.errors import NotFound


async def get_course_state(session: AsyncSession, ref: int | str) -> CourseState:
    """Raises NotFound when there never was one."""
    return await _state_of(session, select(Course.id).where(course_named(ref)))


async def get_course_state_of_lesson(session: AsyncSession, lesson_id: int) -> CourseState:
    """The state of a lesson's course. Raises NotFound when there is no such lesson."""
    module = select(Module.course_id).join(Lesson, Lesson.module_id == Module.id)
    return await _state_of(session, module.where(Lesson.id == lesson_id))


async def _state_of(session: AsyncSession, chosen: Select[int]) -> CourseState:
    course_id = await session.scalar(chosen)
    if course_id is None:
        raise NotFound
    [state] = await course_states(session, [course_id])
    return state
