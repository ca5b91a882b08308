"""A course from an archive: made whole, with its outline, resources and assessments, in one transaction."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.archive.draft import CategoryDraft, CourseDraft
from catalog.archive.links import with_addresses
from catalog.archive.resources import FileFacts
from catalog.commands.categories import choose_category
from catalog.commands.courses import NEXT_ID, Thumbnail
from catalog.domain.media import safe_name
from catalog.domain.slugs import slug_base
from catalog.models import Category, Course, CourseInstructor, Lesson, Module, Resource
from catalog.store.courses import record_change
from catalog.store.slugs import take_slug
from shared import outbox
from shared.contracts.assessment.content import AssessmentContent
from shared.contracts.catalog.events import AssessmentImported, CourseCreated

_ELSEWHERE = {"category", "modules", "thumbnail", "token"}
_BODIES = ("content", "guest_content", "registered_content", "transcript")

_LESSONS_AT_ONCE = 50
"""In a statement: what is sent to the database is in memory twice."""


@dataclass(frozen=True)
class ArchivedFile:
    """A file of an archive that is in storage."""

    storage_key: str
    facts: FileFacts

    def columns(self, name: str) -> dict[str, Any]:
        """What a resource tells of this file, called `name` or else as it was in the archive."""
        columns = self.facts.model_dump(exclude={"at"}) | {"uploaded": True, "storage_key": self.storage_key}
        return columns | ({"file_name": safe_name(name)} if name else {})


async def import_course(
    session: AsyncSession,
    creator_id: int,
    draft: CourseDraft,
    files: Mapping[str, ArchivedFile],
    *,
    thumbnail: Thumbnail,
    now: datetime,
) -> Course:
    """Make a draft course that `creator_id` leads. `files` by their path in the archive.

    The assessments are told with the course's first event, for the service that owns them to make.
    """
    category_id = await _category(session, draft.category)
    slug = await take_slug(session, Course.slug, slug_base(draft.title, "course"))
    course_id = await session.scalar(NEXT_ID)
    course = Course(
        **{name: getattr(draft, name) for name in CourseDraft.model_fields if name not in _ELSEWHERE},
        thumbnail=thumbnail.url,
        thumbnail_key=thumbnail.storage_key,
        id=course_id,
        family_id=course_id,
        revision=0,
        slug=slug,
        category_id=category_id,
        creation_method="import",
        created_date=now,
        updated_date=now,
    )
    session.add(course)
    await session.flush()
    session.add(
        CourseInstructor(course_id=course.id, user_id=creator_id, is_lead=True, created_date=now, updated_date=now)
    )
    lessons = await _insert_outline(session, course.id, draft, files, now=now)
    await record_change(session, course, CourseCreated, now=now)
    assessments = [
        AssessmentImported(
            course_id=course.id,
            version=course.revision,
            assessment=AssessmentContent(lesson_id=lesson_id, **dict(lesson.assessment)),
        )
        for lesson_id, lesson in zip(lessons, draft.lessons(), strict=True)
        if lesson.assessment is not None
    ]
    if assessments:
        await outbox.record(session, *assessments)
    return course


async def _category(session: AsyncSession, wanted: CategoryDraft | None) -> int:
    """The active category with this slug or name, else the default one."""
    if wanted is not None and (wanted.slug or wanted.name):
        same = or_(Category.slug == wanted.slug, func.lower(Category.name) == wanted.name.lower())
        found = select(Category.slug).where(same, Category.is_active).order_by(Category.slug != wanted.slug).limit(1)
        slug = await session.scalar(found)
        if slug is not None:
            return await choose_category(session, slug)
    return await choose_category(session, None)


async def _insert_outline(
    session: AsyncSession, course_id: int, draft: CourseDraft, files: Mapping[str, ArchivedFile], *, now: datetime
) -> list[int]:
    """Ids of the lessons, in order. Ids are taken first, because lessons link to each other."""
    lessons = draft.lessons()
    module_ids = await _next_ids(session, "modules", len(draft.modules))
    lesson_ids = await _next_ids(session, "lessons", len(lessons))
    counts = [len(lesson.resources) for lesson in lessons]
    flat = iter(await _next_ids(session, "resources", sum(counts)))
    resource_ids = [[next(flat) for _ in range(count)] for count in counts]
    dates: dict[str, Any] = {"created_date": now, "updated_date": now}
    if draft.modules:
        rows = [
            module.model_dump(exclude={"lessons"}) | {"id": id_, "course_id": course_id} | dates
            for id_, module in zip(module_ids, draft.modules, strict=True)
        ]
        await session.execute(insert(Module), rows)
    if lessons:
        homes = [id_ for id_, module in zip(module_ids, draft.modules, strict=True) for _ in module.lessons]
        rows = await asyncio.to_thread(_lesson_rows, draft, homes, lesson_ids, resource_ids, dates)
        for start in range(0, len(rows), _LESSONS_AT_ONCE):
            await session.execute(insert(Lesson), rows[start : start + _LESSONS_AT_ONCE])
    rows = [
        resource.model_dump(exclude={"file", "file_name"})
        | (files[resource.file].columns(resource.file_name) if resource.file else {})
        | {"id": id_, "lesson_id": lesson_id}
        | dates
        for lesson_id, ids, lesson in zip(lesson_ids, resource_ids, lessons, strict=True)
        for id_, resource in zip(ids, lesson.resources, strict=True)
    ]
    # Two statements: rows of one have the same columns.
    with_file = [row for row in rows if "storage_key" in row]
    without = [row for row in rows if "storage_key" not in row]
    for part in (with_file, without):
        if part:
            await session.execute(insert(Resource), part)
    return lesson_ids


async def _next_ids(session: AsyncSession, table: str, count: int) -> list[int]:
    taken = text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)")
    return list((await session.scalars(taken, {"table": table, "count": count})).all())


def _lesson_rows(
    draft: CourseDraft,
    module_ids: list[int],
    lesson_ids: list[int],
    resource_ids: list[list[int]],
    dates: dict[str, Any],
) -> list[dict[str, Any]]:
    """The lessons with their links led to the ids that they will have."""

    def resource(lesson: int, number: int) -> str | None:
        known = lesson < len(resource_ids) and number < len(resource_ids[lesson])
        return f"/api/resources/{resource_ids[lesson][number]}/" if known else None

    def lesson(number: int) -> str | None:
        return f"/api/lessons/{lesson_ids[number]}/" if number < len(lesson_ids) else None

    rows = []
    for id_, module_id, ids, one in zip(lesson_ids, module_ids, resource_ids, draft.lessons(), strict=True):
        row = one.model_dump(exclude={"resources", "assessment"})
        for name in _BODIES:
            if row[name]:
                row[name] = with_addresses(row[name], draft.token, resource, lesson)
        rows.append(row | {"id": id_, "module_id": module_id, "resources_count": len(ids)} | dates)
    return rows
