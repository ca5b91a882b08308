"""Categories, as the API shows them."""

from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.models import Category, Course
from catalog.queries.pages import contains
from catalog.schemas.categories import CategoryView
from shared.auth import Identity
from shared.errors import NotFound
from shared.pagination import Key, Page, PageRequest, order_of, paginate

_COLUMNS = Category.__table__.c
_COURSE_COUNT = (
    select(func.count())
    .where(Course.category_id == Category.id, Course.is_published, ~Course.is_deleted)
    .scalar_subquery()
)


async def list_categories(
    session: AsyncSession, identity: Identity | None, request: PageRequest, search: str | None
) -> Page[CategoryView]:
    """Active ones; administrators see all."""
    statement = _visible(identity)
    if search:
        pattern = contains(search)
        statement = statement.where(Category.name.ilike(pattern) | Category.description.ilike(pattern))
    allowed = {"name": _COLUMNS.name, "sort_order": _COLUMNS.sort_order}
    default = [Key(_COLUMNS.sort_order), Key(_COLUMNS.name)]
    keys = order_of(request, allowed, default, Key(_COLUMNS.id))
    return await paginate(session, statement, request, keys, _view)


async def get_category(session: AsyncSession, identity: Identity | None, slug: str) -> CategoryView:
    """Raises NotFound."""
    row = (await session.execute(_visible(identity).where(Category.slug == slug))).one_or_none()
    if row is None:
        raise NotFound
    return _view(row)


def _visible(identity: Identity | None) -> Select[Any]:
    statement = select(*_COLUMNS, _COURSE_COUNT.label("course_count"))
    return statement if identity and identity.is_administrator else statement.where(Category.is_active)


def _view(row: Row[Any]) -> CategoryView:
    return CategoryView.model_validate(row._mapping)
