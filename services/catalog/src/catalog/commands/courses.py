"""Courses: created, changed, published, deleted."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.commands.categories import choose_category
from catalog.commands.copies import note_user
from catalog.domain.pricing import DEFAULT_PRICE
from catalog.domain.publication import missing_for_publication
from catalog.domain.slugs import slug_base
from catalog.domain.validation import validate_discount
from catalog.models import Course, CourseInstructor, Module
from catalog.schemas.courses import CourseCreate, CourseUpdate
from catalog.store.courses import measure_outline, open_course, record_change, substance_of
from catalog.store.families import check_title
from catalog.store.files import name_file
from catalog.store.slugs import take_slug
from shared.auth import Identity
from shared.contracts.catalog.events import (
    CourseCreated,
    CourseDeleted,
    CoursePublished,
    CourseUnpublished,
    CourseUpdated,
)
from shared.errors import Invalid

NEXT_ID = text("SELECT nextval('courses_id_seq')")


@dataclass(frozen=True)
class Thumbnail:
    """A thumbnail in storage, and the address of its largest size. Without a key: there is to be none."""

    storage_key: str | None
    url: str | None


NO_THUMBNAIL = Thumbnail(None, None)


async def create_course(
    session: AsyncSession, creator: Identity, data: CourseCreate, thumbnail: Thumbnail | None = None, *, now: datetime
) -> Course:
    """Create a draft that `creator` leads. Raises Invalid."""
    fields = _fields(data, creator)
    category_id = await choose_category(session, fields.pop("category", None))
    _check_discount(fields.get("price", DEFAULT_PRICE), fields.get("discount_price"))
    await note_user(session, creator)
    slug = await take_slug(session, Course.slug, slug_base(data.title, "course"))
    course_id = await session.scalar(NEXT_ID)
    course = Course(
        **fields,
        id=course_id,
        family_id=course_id,
        revision=0,
        slug=slug,
        category_id=category_id,
        created_date=now,
        updated_date=now,
    )
    await _take_thumbnail(session, course, thumbnail)
    session.add(course)
    await session.flush()
    session.add(
        CourseInstructor(course_id=course.id, user_id=creator.user_id, is_lead=True, created_date=now, updated_date=now)
    )
    await record_change(session, course, CourseCreated, now=now)
    return course


async def update_course(
    session: AsyncSession,
    identity: Identity,
    ref: int | str,
    data: CourseUpdate,
    thumbnail: Thumbnail | None = None,
    *,
    now: datetime,
) -> Course:
    """Change what `data` has, and the thumbnail if one is given; the slug stays.

    Raises NotFound, PermissionDenied, Invalid.
    """
    course = await open_course(session, identity, ref)
    fields = _fields(data, identity)
    if "category" in fields:
        course.category_id = await choose_category(session, fields.pop("category"), current=course.category_id)
    _check_discount(fields.get("price", course.price), fields.get("discount_price", course.discount_price))
    if "title" in fields and fields["title"] != course.title:
        await check_title(session, course.family_id, fields["title"], of=course.id)
    for name, value in fields.items():
        setattr(course, name, value)
    await _take_thumbnail(session, course, thumbnail)
    await record_change(session, course, CourseUpdated, now=now)
    return course


async def _take_thumbnail(session: AsyncSession, course: Course, thumbnail: Thumbnail | None) -> None:
    if thumbnail is not None:
        if thumbnail.storage_key is not None:
            await name_file(session, thumbnail.storage_key)
        course.thumbnail_key, course.thumbnail = thumbnail.storage_key, thumbnail.url


async def delete_course(session: AsyncSession, identity: Identity, ref: int | str, *, now: datetime) -> None:
    """Take a course out of every list; its row stays. Raises NotFound, PermissionDenied."""
    course = await open_course(session, identity, ref)
    course.is_deleted, course.is_published = True, False
    await record_change(session, course, CourseDeleted, now=now)


async def publish_course(
    session: AsyncSession, identity: Identity, ref: int | str, *, publish_modules: bool, now: datetime
) -> Course:
    """Let a course be found and enrolled in, with all its modules or with those published already.

    Changes nothing when it is so already. Raises NotFound, PermissionDenied, and Invalid naming all that is missing.
    """
    course = await open_course(session, identity, ref)
    await check_complete(session, course)
    opened = publish_modules and await _publish_modules(session, course.id, now=now)
    if not course.is_published:
        await show(session, course, now=now)
    elif opened:
        await record_change(session, course, CourseUpdated, now=now)
    return course


async def check_complete(session: AsyncSession, course: Course) -> None:
    """Raises Invalid naming all that publication misses."""
    missing = missing_for_publication(substance_of(course, await measure_outline(session, course.id)))
    if missing:
        raise Invalid({field: [sentence] for field, sentence in missing.items()})


async def show(session: AsyncSession, course: Course, *, now: datetime) -> None:
    """Publish a locked course that is complete and not published."""
    course.is_draft, course.is_archived = False, False
    course.is_published, course.published_date = True, now
    await record_change(session, course, CoursePublished, now=now)


async def unpublish_course(session: AsyncSession, identity: Identity, ref: int | str, *, now: datetime) -> Course:
    """Take a course out of the catalog; those enrolled keep it. Changes nothing when it is so already.

    Raises NotFound, PermissionDenied.
    """
    course = await open_course(session, identity, ref)
    if course.is_published:
        course.is_published = False
        await record_change(session, course, CourseUnpublished, now=now)
    return course


async def archive_course(session: AsyncSession, identity: Identity, ref: int | str, *, now: datetime) -> Course:
    """Put a course away, out of the catalog; publishing brings it back. Changes nothing when it is so already.

    Raises NotFound, PermissionDenied.
    """
    course = await open_course(session, identity, ref)
    if not course.is_archived:
        event = CourseUnpublished if course.is_published else CourseUpdated
        course.is_archived, course.is_published = True, False
        await record_change(session, course, event, now=now)
    return course


def _fields(data: CourseUpdate, identity: Identity) -> dict[str, Any]:
    """What the body has and the caller may write."""
    fields = data.sent()
    if not identity.is_administrator:
        fields.pop("is_featured", None)
    return fields


def _check_discount(price: Decimal, discount_price: Decimal | None) -> None:
    try:
        validate_discount(price, discount_price)
    except ValueError as error:
        raise Invalid(discount_price=str(error)) from None


async def _publish_modules(session: AsyncSession, course_id: int, *, now: datetime) -> bool:
    """Whether there were any to publish."""
    hidden = update(Module).where(Module.course_id == course_id, ~Module.is_published)
    changed = await session.execute(hidden.values(is_published=True, updated_date=now).returning(Module.id))
    return bool(changed.all())
