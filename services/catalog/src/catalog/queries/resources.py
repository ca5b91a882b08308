"""Resources, as the API shows them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.domain.access import Bodies, Standing, check_download, check_visible, may_download
from catalog.domain.choices import ResourceType
from catalog.models import Course, Lesson, Module, Resource
from catalog.schemas.resources import ResourceView
from catalog.store.visibility import Found, course_named, found_in, module_visible, with_standing
from shared.auth import Identity
from shared.errors import NotFound
from shared.pagination import Key, Page, PageRequest, order_of, paginate

_COLUMNS, _LESSON, _MODULE = Resource.__table__.c, Lesson.__table__.c, Module.__table__.c
_SHOWN = [_COLUMNS[name] for name in ResourceView.model_fields if name in _COLUMNS]


@dataclass(frozen=True)
class ResourceFilter:
    """What a list of resources is narrowed to; None does not narrow. `course` is an id or slug."""

    lesson: int | None = None
    course: int | str | None = None
    type: ResourceType | None = None


@dataclass(frozen=True)
class FoundResource:
    """A resource with all that is known of it, not to be shown before it is judged what of it may be."""

    row: Row[Any]
    found: Found
    bodies: Bodies


async def list_resources(
    session: AsyncSession, identity: Identity | None, request: PageRequest, wanted: ResourceFilter, *, public_url: str
) -> Page[ResourceView]:
    """Resources that the caller may know of, in the order of their course."""
    statement = _with_lesson(identity).where(module_visible(identity))
    if wanted.lesson is not None:
        statement = statement.where(Resource.lesson_id == wanted.lesson)
    if wanted.type is not None:
        statement = statement.where(Resource.type == wanted.type)
    if wanted.course is not None:
        statement = statement.where(course_named(wanted.course))
    allowed = {name: _COLUMNS[name] for name in ("order", "title", "created_date")}
    default = [Key(_MODULE.course_id), Key(_MODULE.order), Key(_LESSON.order), Key(_COLUMNS.order)]
    keys = order_of(request, allowed, default, Key(_COLUMNS.id))

    def view(row: Row[Any]) -> ResourceView:
        resource = found_resource(row, identity)
        return view_of(resource, resource.found.standing, public_url)

    return await paginate(session, statement, request, keys, view)


async def find_resource(session: AsyncSession, identity: Identity | None, resource_id: int) -> FoundResource:
    """Raises NotFound when there is none."""
    row = (await session.execute(_with_lesson(identity).where(Resource.id == resource_id))).one_or_none()
    if row is None:
        raise NotFound
    return found_resource(row, identity)


def show_resource(resource: FoundResource, standing: Standing, public_url: str) -> ResourceView:
    """Raises NotFound, ServiceUnavailable."""
    check_visible(resource.found.visibility, standing)
    return view_of(resource, standing, public_url)


def check_may_download(resource: FoundResource, standing: Standing) -> None:
    """Raises NotFound, and what `access.check_download` raises."""
    check_visible(resource.found.visibility, standing)
    check_download(resource.bodies, standing, premium=resource.row.premium)


async def get_resource(session: AsyncSession, identity: Identity, resource_id: int, *, public_url: str) -> ResourceView:
    """The resource as its staff, who just wrote it, see it."""
    resource = await find_resource(session, identity, resource_id)
    return show_resource(resource, resource.found.standing, public_url)


def _with_lesson(identity: Identity | None) -> Select[Any]:
    statement = with_standing(
        identity,
        *_SHOWN,
        Resource.lesson_id.label("lesson"),
        Module.is_published.label("module_is_published"),
        Lesson.access_level,
        Lesson.is_free_preview,
    )
    return (
        statement.join(Module, Module.course_id == Course.id)
        .join(Lesson, Lesson.module_id == Module.id)
        .join(Resource, Resource.lesson_id == Lesson.id)
    )


def found_resource(row: Row[Any], identity: Identity | None) -> FoundResource:
    found = found_in(row, identity, module_is_published=row.module_is_published)
    # Without the bodies' texts: whether one gets all of a lesson does not depend on them.
    return FoundResource(row, found, Bodies(row.access_level, row.is_free_preview, "", None, None))


def view_of(resource: FoundResource, standing: Standing, public_url: str) -> ResourceView:
    row = resource.row
    is_open = may_download(resource.bodies, standing, premium=row.premium)
    return ResourceView.model_validate(
        {
            **row._mapping,
            "url": row.url if is_open else None,
            "storage_key": row.storage_key if is_open else None,
            "file": f"{public_url}/api/resources/{row.id}/download/" if is_open and row.uploaded else None,
        }
    )
