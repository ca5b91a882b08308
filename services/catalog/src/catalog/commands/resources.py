"""Resources of lessons: created, changed, deleted, put in order. Each is a change of the course."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.commands.ordering import new_place, reorder
from catalog.domain.choices import ResourceType
from catalog.domain.media import check_kind, largest_of
from catalog.models import Lesson, Resource
from catalog.schemas.resources import ResourceCreate, ResourceUpdate
from catalog.store.courses import open_course_of_lesson, open_course_of_resource, record_change
from catalog.store.files import name_file
from shared.auth import Identity
from shared.contracts.catalog.events import CourseUpdated
from shared.errors import Invalid, NotFound


@dataclass(frozen=True)
class StoredFile:
    """A file that arrived whole, and what was read from it."""

    storage_key: str
    file_name: str
    file_size: int
    mime_type: str
    duration_minutes: int | None = None
    width: int | None = None
    height: int | None = None


async def create_resource(
    session: AsyncSession, identity: Identity, data: ResourceCreate, file: StoredFile | None, *, now: datetime
) -> Resource:
    """Raises PermissionDenied, and Invalid also when there is no such lesson."""
    fields = data.sent()
    lesson_id = fields.pop("lesson")
    try:
        course, lesson = await open_course_of_lesson(session, identity, lesson_id)
    except NotFound:
        raise Invalid(lesson=f"There is no lesson {lesson_id} in any course that you teach.") from None
    order = await new_place(session, Resource, Resource.lesson_id == lesson.id, fields.pop("order", None))
    resource = Resource(
        **{"url": "", **fields},
        lesson_id=lesson.id,
        order=order,
        mime_type="",
        created_date=now,
        updated_date=now,
    )
    await _take(session, resource, file)
    session.add(resource)
    await _count(session, lesson.id)
    await record_change(session, course, CourseUpdated, now=now)
    return resource


async def update_resource(
    session: AsyncSession,
    identity: Identity,
    resource_id: int,
    data: ResourceUpdate,
    file: StoredFile | None,
    *,
    now: datetime,
) -> Resource:
    """Change what `data` has; a new file replaces the one there was. Raises NotFound, PermissionDenied, Invalid."""
    course, resource = await open_course_of_resource(session, identity, resource_id)
    fields = data.sent()
    if fields.pop("lesson", resource.lesson_id) != resource.lesson_id:
        raise Invalid(lesson=f"A resource stays in its lesson, {resource.lesson_id}.")
    if fields.get("order", resource.order) != resource.order:
        others = (Resource.lesson_id == resource.lesson_id) & (Resource.id != resource.id)
        await new_place(session, Resource, others, fields["order"])
    with session.no_autoflush:  # it may be inconsistent until the rules have looked at it
        for name, value in fields.items():
            setattr(resource, name, value)
        await _take(session, resource, file)
    resource.updated_date = now
    await record_change(session, course, CourseUpdated, now=now)
    return resource


async def delete_resource(session: AsyncSession, identity: Identity, resource_id: int, *, now: datetime) -> None:
    """Its file goes too, some minutes later, unless another version of the course has it. Raises NotFound,
    PermissionDenied."""
    course, resource = await open_course_of_resource(session, identity, resource_id)
    await session.delete(resource)
    await session.flush()
    await _count(session, resource.lesson_id)
    await record_change(session, course, CourseUpdated, now=now)


async def order_resources(
    session: AsyncSession, identity: Identity, lesson_id: int, ids: Sequence[int], *, now: datetime
) -> None:
    """Put all resources of a lesson in the order of `ids`. Raises NotFound, PermissionDenied, Invalid."""
    course, lesson = await open_course_of_lesson(session, identity, lesson_id)
    await reorder(session, Resource, Resource.lesson_id == lesson.id, ids)
    await record_change(session, course, CourseUpdated, now=now)


async def _take(session: AsyncSession, resource: Resource, file: StoredFile | None) -> None:
    """Give a resource its new file, if there is one, and hold it to the rules. Raises Invalid."""
    if file is not None:
        await name_file(session, file.storage_key)
        resource.uploaded = True
        values: dict[str, Any] = asdict(file)
        for name, value in values.items():
            setattr(resource, name, value)
    check_content(
        resource.type,
        url=resource.url,
        mime_type=resource.mime_type if resource.storage_key else None,
        size=resource.file_size or 0,
    )


def check_content(kind: ResourceType, *, url: str, mime_type: str | None, size: int) -> None:
    """A link has a URL and no file; the others one of both, and the file is of the type. Raises Invalid."""
    if kind == "link":
        if mime_type is not None:
            raise Invalid(file="A link has a url, not a file.")
        if not url:
            raise Invalid(url="A link needs a url.")
        return
    if mime_type is None:
        if not url:
            raise Invalid(file=f"A resource of type '{kind}' needs a file, or a url.")
        return
    try:
        check_kind(kind, mime_type)
    except ValueError as error:
        raise Invalid(file=str(error)) from None
    if size > (most := largest_of(kind)):
        raise Invalid(file=f"A file of type '{kind}' can have at most {most // 2**20} MB; this one has {size} bytes.")


async def _count(session: AsyncSession, lesson_id: int) -> None:
    await session.flush()
    counted = select(func.count()).where(Resource.lesson_id == lesson_id).scalar_subquery()
    await session.execute(update(Lesson).where(Lesson.id == lesson_id).values(resources_count=counted))
