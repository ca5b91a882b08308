"""Categories: made, changed and deleted by administrators."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.domain.slugs import parse_ref, slug_base
from catalog.models import Category, Course
from catalog.schemas.categories import CategoryCreate, CategoryUpdate
from catalog.store.slugs import lock_names, take_slug
from shared import outbox
from shared.contracts.catalog.events import (
    CategoryCreated,
    CategoryDeleted,
    CategoryEvent,
    CategoryState,
    CategoryUpdated,
)
from shared.errors import Invalid, NotFound, Refusal

DEFAULT_SLUG = "general"
"""Slug of the category of courses that are given none; the first migration makes it."""


class CategoryInUse(Refusal):
    code: ClassVar[str] = "CATEGORY_IN_USE"
    message = "Courses belong to this category. Move them to another one first."


async def create_category(session: AsyncSession, data: CategoryCreate, *, now: datetime) -> Category:
    """Raises Invalid when the name is taken."""
    slug = await take_slug(session, Category.slug, slug_base(data.name, "category"))
    await _check_name(session, data.name)
    category = Category(**data.sent(), slug=slug, created_date=now, updated_date=now)
    session.add(category)
    await _record(session, category, CategoryCreated)
    return category


async def update_category(session: AsyncSession, slug: str, data: CategoryUpdate, *, now: datetime) -> Category:
    """Change what `data` has; the slug stays. Raises NotFound, or Invalid when the name is taken."""
    category = await _locked(session, slug, to_delete=False)
    fields = data.sent()
    if "name" in fields:
        await lock_names(session)
        await _check_name(session, fields["name"], of=category)
    for name, value in fields.items():
        setattr(category, name, value)
    category.updated_date = now
    await _record(session, category, CategoryUpdated)
    return category


async def delete_category(session: AsyncSession, slug: str) -> None:
    """Raises NotFound, or CategoryInUse while a course, a draft included, belongs to it."""
    category = await _locked(session, slug, to_delete=True)
    if category.slug == DEFAULT_SLUG:
        raise CategoryInUse("This is the category of courses that are given none. It cannot be deleted.")
    if await session.scalar(select(Course.id).where(Course.category_id == category.id, ~Course.is_deleted).limit(1)):
        raise CategoryInUse
    # Deleted courses keep their rows; nobody sees which category they are in.
    default = select(Category.id).where(Category.slug == DEFAULT_SLUG).scalar_subquery()
    await session.execute(update(Course).where(Course.category_id == category.id).values(category_id=default))
    await _record(session, category, CategoryDeleted)
    await session.delete(category)
    await session.flush()


async def _record(session: AsyncSession, category: Category, event: type[CategoryEvent]) -> None:
    """Raise the revision and record what happened, with the state after it."""
    category.revision = (category.revision or 0) + 1
    await session.flush()
    fields = {name: getattr(category, name) for name in CategoryState.model_fields if hasattr(category, name)}
    await outbox.record(session, event(**fields, category_id=category.id, version=category.revision))


async def choose_category(session: AsyncSession, choice: str | None, *, current: int | None = None) -> int:
    """Id of the category that a course is put in, by id or slug; the default one for None.

    Raises Invalid when there is none, or it is not active and the course is not in it already.
    """
    condition = Category.slug == DEFAULT_SLUG
    if choice is not None:
        try:
            ref = parse_ref(choice)
        except NotFound:
            raise _no_category(choice) from None
        condition = Category.id == ref if isinstance(ref, int) else Category.slug == ref
    # FOR KEY SHARE: it is not deleted before this transaction ends.
    category = await session.scalar(select(Category).where(condition).with_for_update(key_share=True, read=True))
    if category is None or (choice is not None and not category.is_active and category.id != current):
        raise _no_category(choice)
    return category.id


def _no_category(choice: str | None) -> Invalid:
    return Invalid(category=f"There is no active category '{choice}'.")


async def _locked(session: AsyncSession, slug: str, *, to_delete: bool) -> Category:
    """Locked against changes; and only to delete it, against courses that would be put in it."""
    category = await session.scalar(
        select(Category).where(Category.slug == slug).with_for_update(key_share=not to_delete)
    )
    if category is None:
        raise NotFound
    return category


async def _check_name(session: AsyncSession, name: str, *, of: Category | None = None) -> None:
    taken = await session.scalar(select(Category.id).where(func.lower(Category.name) == func.lower(name)))
    if taken is not None and (of is None or taken != of.id):
        raise Invalid(name=f"There is a category named '{name}' already.")
