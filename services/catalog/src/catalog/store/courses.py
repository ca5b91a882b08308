"""The course as an aggregate: locked before anything of it changes, told to the others in the same transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, distinct, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from catalog.domain.access import check_staff
from catalog.domain.publication import Substance, completion_percentage, completion_status
from catalog.models import Course, Lesson, Module, Resource
from catalog.store.states import course_states
from catalog.store.visibility import course_named, find_course
from catalog.store.words import note_words
from shared import outbox
from shared.auth import Identity
from shared.contracts.catalog.events import CourseEvent
from shared.errors import NotFound

Part = TypeVar("Part", Module, Lesson, Resource)

LONGEST_OUTLINE = 20_000
"""Of a course's titles, in characters: as much as it is found by."""


async def open_course(session: AsyncSession, identity: Identity, ref: int | str) -> Course:
    """Lock a course for a change by `identity`. Raises NotFound, or PermissionDenied where it may be seen."""
    return await _open(session, identity, select(Course).where(course_named(ref)))


_OF_MODULE = select(Course).join(Module, Module.course_id == Course.id)
_OF_LESSON = _OF_MODULE.join(Lesson, Lesson.module_id == Module.id)
_OF_RESOURCE = _OF_LESSON.join(Resource, Resource.lesson_id == Lesson.id)


async def open_course_of_module(session: AsyncSession, identity: Identity, module_id: int) -> tuple[Course, Module]:
    """Lock the course of a module for a change of it. Raises as `open_course`."""
    return await _open_with(session, identity, _OF_MODULE, Module, module_id)


async def open_course_of_lesson(session: AsyncSession, identity: Identity, lesson_id: int) -> tuple[Course, Lesson]:
    """Lock the course of a lesson for a change of it. Raises as `open_course`."""
    return await _open_with(session, identity, _OF_LESSON, Lesson, lesson_id)


async def open_course_of_resource(
    session: AsyncSession, identity: Identity, resource_id: int
) -> tuple[Course, Resource]:
    """Lock the course of a resource for a change of it. Raises as `open_course`."""
    return await _open_with(session, identity, _OF_RESOURCE, Resource, resource_id)


async def _open_with(
    session: AsyncSession, identity: Identity, courses: Select[Course], part: type[Part], part_id: int
) -> tuple[Course, Part]:
    course = await _open(session, identity, courses.where(part.id == part_id))
    row = await session.get(part, part_id)
    if row is None:  # deleted while we waited for the lock
        raise NotFound
    return course, row


async def _open(session: AsyncSession, identity: Identity, statement: Select[Course]) -> Course:
    # FOR NO KEY UPDATE: rows that refer to the course (its versions) can be written meanwhile.
    course = await session.scalar(statement.with_for_update(of=Course, key_share=True))
    if course is None:
        raise NotFound
    found = await find_course(session, identity, course.id)
    check_staff(found.visibility, found.standing)
    return course


async def record_change(
    session: AsyncSession, course: Course, event: type[CourseEvent], *, now: datetime, **facts: Any
) -> None:
    """Bring what is computed up to date, raise the revision and record the event, with its `facts` besides the state.

    Once for each thing that happened to the course.
    """
    await session.flush()
    await _roll_up(session, course)
    course.revision += 1
    course.updated_date = now
    await session.flush()
    if course.is_published:
        await note_words(session, course.id)
    [state] = await course_states(session, [course.id])
    await outbox.record(session, event(**dict(state), **facts))


_ROLL_UP_MODULES = text("""
    UPDATE modules SET duration_minutes = rolled.minutes
    FROM (
        SELECT modules.id, sum(lessons.duration_minutes) AS minutes
        FROM modules LEFT JOIN lessons ON lessons.module_id = modules.id
        WHERE modules.course_id = :course_id GROUP BY modules.id
    ) AS rolled
    WHERE modules.id = rolled.id AND modules.duration_minutes IS DISTINCT FROM rolled.minutes
""")


async def _roll_up(session: AsyncSession, course: Course) -> None:
    """Durations, counts and completion of a locked course, from its modules and lessons."""
    await session.execute(_ROLL_UP_MODULES, {"course_id": course.id})
    outline = await measure_outline(session, course.id)
    course.lessons_count, course.duration_minutes = outline.lessons, outline.minutes
    course.outline = outline.titles[:LONGEST_OUTLINE]
    course.completion_percentage = completion_percentage(substance_of(course, outline))
    course.completion_status = completion_status(
        course.completion_percentage, is_published=course.is_published, is_archived=course.is_archived
    )


@dataclass(frozen=True)
class OutlineSize:
    """How much there is in a course. `minutes` is None when no lesson has a duration.

    `titles` are those of its published modules and of their lessons, a line each.
    """

    modules: int
    lessons: int
    lessons_with_content: int
    minutes: int | None
    titles: str


async def measure_outline(session: AsyncSession, course_id: int) -> OutlineSize:
    measured = await session.execute(
        select(
            func.count(distinct(Module.id)),
            func.count(Lesson.id),
            func.count(Lesson.id).filter(Lesson.content != ""),
            func.sum(Lesson.duration_minutes),
            func.concat_ws("\n", _titles(Module.title), _titles(Lesson.title)),
        )
        .select_from(Module)
        .outerjoin(Lesson, Lesson.module_id == Module.id)
        .where(Module.course_id == course_id)
    )
    return OutlineSize(*measured.one())


def _titles(column: InstrumentedAttribute[str]) -> ColumnElement[str]:
    return func.string_agg(distinct(column), text("E'\\n'")).filter(Module.is_published)


def substance_of(course: Course, outline: OutlineSize) -> Substance:
    """What publication looks at."""
    return Substance(course.description, len(course.learning_objectives), outline.modules, outline.lessons_with_content)
