"""Cloning: a new version of a course in its family, with its outline if wanted.

Assessments are the assessment service's: it clones them from the event, which tells which lesson became which.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from catalog.commands.copies import note_user
from catalog.commands.courses import NEXT_ID, check_complete, show
from catalog.commands.ordering import Ordered
from catalog.domain.slugs import slug_base
from catalog.domain.versions import versioned_title
from catalog.models import Course, CourseInstructor, Lesson, Module, Resource
from catalog.schemas.versions import CloneOptions
from catalog.store.courses import open_course, record_change
from catalog.store.families import check_title, take_version
from catalog.store.slugs import take_slug
from shared.auth import Identity
from shared.contracts.catalog.events import CourseCloned, CourseCreated

_TAKEN_OVER = (
    "family_id",
    "subtitle",
    "description",
    "category_id",
    "thumbnail",
    "thumbnail_key",
    "price",
    "discount_price",
    "discount_ends",
    "requirements",
    "skills",
    "learning_objectives",
    "tags",
    "target_audience",
    "level",
    "language",
    "creation_method",
    "has_certificate",
)
"""Not what is a fact of the source alone: its readers, ratings, dates, and whether it is featured."""


async def clone_course(
    session: AsyncSession, creator: Identity, ref: int | str, options: CloneOptions, *, now: datetime
) -> Course:
    """Make a version of a course, led by `creator`: a draft, or published at once.

    Raises NotFound, PermissionDenied, and Invalid when the title is taken, or it is not to be a draft and something
    is missing.
    """
    await note_user(session, creator)  # before the course is locked, as those who tell of new names do
    source = await open_course(session, creator, ref)
    copy = await _copy(session, source, options.title, now=now)
    session.add(
        CourseInstructor(course_id=copy.id, user_id=creator.user_id, is_lead=True, created_date=now, updated_date=now)
    )
    await record_change(session, copy, CourseCreated, now=now)
    lessons = await _copy_outline(session, source.id, copy.id, now=now) if options.copy_modules else {}
    if options.copy_resources and lessons:
        await _copy_resources(session, source.id, copy.id, now=now)
    await record_change(
        session,
        copy,
        CourseCloned,
        now=now,
        source_course_id=source.id,
        lesson_ids=lessons,
        copy_assessments=options.copy_assessments and bool(lessons),
    )
    if not options.create_as_draft:
        await check_complete(session, copy)
        await show(session, copy, now=now)
    return copy


async def _copy(session: AsyncSession, source: Course, title: str | None, *, now: datetime) -> Course:
    """The row of a new version, with a number, title and slug of its own."""
    version = await take_version(session, source.family_id)
    title = versioned_title(source.title, version) if title is None else title
    await check_title(session, source.family_id, title)
    copy = Course(
        **{name: getattr(source, name) for name in _TAKEN_OVER},
        id=await session.scalar(NEXT_ID),
        revision=0,
        title=title,
        slug=await take_slug(session, Course.slug, slug_base(title, "course")),
        version=version,
        parent_version_id=source.id,
        created_date=now,
        updated_date=now,
    )
    session.add(copy)
    await session.flush()
    return copy


def _columns(table: Ordered, *but: str) -> list[Any]:
    """What is copied as it is."""
    own = {"id", "created_date", "updated_date", *but}
    return [column for column in table.__table__.columns if column.key not in own and column.computed is None]


_MODULE, _LESSON = _columns(Module, "course_id"), _columns(Lesson, "module_id", "resources_count")
_RESOURCE = _columns(Resource, "lesson_id")


async def _copy_outline(session: AsyncSession, source_id: int, copy_id: int, *, now: datetime) -> dict[int, int]:
    """Copy modules with their lessons. Ids of the lessons: the source's → the copy's."""
    moment = literal(now)
    modules = select(literal(copy_id), moment, moment, *_MODULE).where(Module.course_id == source_id)
    await session.execute(
        insert(Module).from_select(["course_id", "created_date", "updated_date", *_MODULE], modules, False)
    )
    module, lesson = aliased(Module), aliased(Lesson)
    pairs = (
        select(Lesson.id)
        .join(Module, Module.id == Lesson.module_id)
        .join(module, (module.course_id == copy_id) & (module.order == Module.order))
        .where(Module.course_id == source_id)
    )
    lessons = pairs.with_only_columns(module.id, literal(0), moment, moment, *_LESSON)
    names = ["module_id", "resources_count", "created_date", "updated_date", *_LESSON]
    await session.execute(insert(Lesson).from_select(names, lessons, False))
    copied = pairs.join(lesson, (lesson.module_id == module.id) & (lesson.order == Lesson.order))
    rows = await session.execute(copied.with_only_columns(Lesson.id, lesson.id).order_by(Lesson.id))
    return {row[0]: row[1] for row in rows}


async def _copy_resources(session: AsyncSession, source_id: int, copy_id: int, *, now: datetime) -> None:
    """Copy the resources of lessons that were copied. Their files are the same: both rows name them."""
    theirs, module, lesson = aliased(Module), aliased(Module), aliased(Lesson)
    moment = literal(now)
    resources = (
        select(lesson.id, moment, moment, *_RESOURCE)
        .join(Lesson, Lesson.id == Resource.lesson_id)
        .join(theirs, theirs.id == Lesson.module_id)
        .join(module, (module.course_id == copy_id) & (module.order == theirs.order))
        .join(lesson, (lesson.module_id == module.id) & (lesson.order == Lesson.order))
        .where(theirs.course_id == source_id)
    )
    names = ["lesson_id", "created_date", "updated_date", *_RESOURCE]
    await session.execute(insert(Resource).from_select(names, resources, False))
    counted = select(func.count()).where(Resource.lesson_id == Lesson.id).scalar_subquery()
    copied = Lesson.module_id.in_(select(Module.id).where(Module.course_id == copy_id))
    await session.execute(update(Lesson).where(copied).values(resources_count=counted))
