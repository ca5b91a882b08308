"""Courses, as the API shows them: cards in lists, and one with its outline."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, Select, SQLColumnExpression, String, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from catalog.domain.pricing import current_price
from catalog.models import Category, Course, CourseInstructor, SearchedText, User
from catalog.queries.filters import CourseFilter, tests_of
from catalog.queries.fulltext import relevance
from catalog.queries.nested import json_list, json_object
from catalog.queries.outline import outline_of
from catalog.schemas.courses import CourseCard, CourseView
from catalog.store.visibility import teaches
from shared import pagination
from shared.auth import Identity
from shared.errors import AuthenticationRequired, NotFound, RoleRequired
from shared.pagination import Key, Page, PageRequest, paginate

Condition = SQLColumnExpression[bool]
C = TypeVar("C", bound=CourseCard)


_INSTRUCTOR = json_object(
    id=CourseInstructor.user_id,
    name=User.full_name,
    is_lead=CourseInstructor.is_lead,
    title=CourseInstructor.title,
    bio=CourseInstructor.bio,
    is_active=CourseInstructor.is_active,
)
_SENIORITY = (CourseInstructor.is_lead.desc(), CourseInstructor.created_date, CourseInstructor.user_id)
_INSTRUCTORS = (
    select(json_list(_INSTRUCTOR, *_SENIORITY))
    .join(User, User.user_id == CourseInstructor.user_id)
    .where(CourseInstructor.course_id == Course.id, CourseInstructor.is_active)
    .scalar_subquery()
)
_CATEGORY = json_object(id=Category.id, name=Category.name, slug=Category.slug)
_JOINED = (_CATEGORY.label("category"), _INSTRUCTORS.label("instructors"))
_HAS_TEXT = Course.id.in_(
    select(SearchedText.id).where(SearchedText.text.like(func.lower(bindparam("search", type_=String))))
)
"""Says no more than the test that it stands beside. But this one has an index, so rare texts are found by it."""
_COLUMNS = Course.__table__.c
_CARD = tuple(_COLUMNS[name] for name in CourseCard.model_fields if name in _COLUMNS)


async def list_ids(
    session: AsyncSession, identity: Identity | None, request: PageRequest, wanted: CourseFilter, *, now: datetime
) -> Page[int]:
    """Ids of published courses; or with `is_draft` an instructor's own drafts, an administrator's all.

    Raises AuthenticationRequired and RoleRequired for drafts, Invalid, NotFound past the last page.
    """
    ids = select(Course.id).where(*_shown(identity, wanted), *tests_of(wanted.given).values())
    if wanted.search and not wanted.is_draft:
        ids = ids.where(_HAS_TEXT)
    keys = keys_of(request.ordering, is_draft=bool(wanted.is_draft), is_searched=bool(wanted.search))
    return await paginate(session, ids.params(wanted.values(now)), request, keys, lambda row: int(row[0]))


def keys_of(ordering: Sequence[str], *, is_draft: bool, is_searched: bool) -> list[Key]:
    """What the list is ordered by; names of values as in `filters`. Raises Invalid."""
    allowed: dict[str, ColumnElement[Any]] = {
        "created_date": _COLUMNS.created_date,
        # A draft was never published.
        "published_date": _COLUMNS.created_date if is_draft else _COLUMNS.published_date,
        "title": func.lower(_COLUMNS.title),
        "price": _COLUMNS.price,
        "avg_rating": _COLUMNS.avg_rating,
        "enrolled_students_count": _COLUMNS.enrolled_students_count,
    }
    if is_searched:  # best first when descending, as the others
        allowed["relevance"] = relevance(_COLUMNS.document, bindparam("searched"))
    newest = Key(_COLUMNS.created_date, descending=True)
    return pagination.keys_of(ordering, allowed, [newest], Key(_COLUMNS.id, descending=True))


async def cards_by_id(session: AsyncSession, ids: Sequence[int], card: type[C], *, now: datetime) -> dict[int, C]:
    """Courses as cards of this kind."""
    columns = (*_CARD, _COLUMNS.parent_version_id.label("parent_version"), *_JOINED)
    rows = await session.execute(_with_category(*columns).where(Course.id.in_(ids)))
    return {row.id: card.model_validate(_priced(row, now)) for row in rows}


def _shown(identity: Identity | None, wanted: CourseFilter) -> list[Condition]:
    if not wanted.is_draft:
        return [Course.is_published, ~Course.is_deleted]
    if identity is None:
        raise AuthenticationRequired
    if not identity.has_role("instructor"):
        raise RoleRequired("Drafts are listed for instructors only.", role="instructor")
    drafts: list[Condition] = [Course.is_draft, ~Course.is_deleted]
    return drafts if identity.is_administrator else [*drafts, teaches(identity)]


async def get_course(session: AsyncSession, course_id: int, *, as_staff: bool, now: datetime) -> CourseView:
    """A course with its outline: all modules for staff, the published ones for others. Raises NotFound."""
    family = aliased(Course)
    versions = (
        select(func.count()).where(family.family_id == Course.family_id, ~family.is_deleted).scalar_subquery()
    )  # fmt: skip
    statement = _with_category(*_COLUMNS, *_JOINED, versions.label("versions_count"))
    row = (await session.execute(statement.where(Course.id == course_id))).one_or_none()
    if row is None:
        raise NotFound
    return CourseView.model_validate(
        {
            **_priced(row, now),
            "parent_version": row.parent_version_id,
            "thumbnails": _sizes(row.thumbnail),
            "versions": {
                "family_id": row.family_id,
                "version": row.version,
                "parent_version": row.parent_version_id,
                "count": row.versions_count,
            },
            "modules": [dict(module) for module in await outline_of(session, course_id, unpublished=as_staff)],
        }
    )


def _sizes(thumbnail: str | None) -> dict[str, str] | None:
    """Addresses of all sizes, which differ from the largest's in their last part only."""
    if thumbnail is None:
        return None
    folder = thumbnail.rpartition("/")[0]
    return {size: f"{folder}/{size}.webp" for size in ("small", "medium", "large")}


def _with_category(*columns: Any) -> Select[Any]:
    return select(*columns).join(Category, Category.id == Course.category_id)


def _priced(row: Row[Any], now: datetime) -> dict[str, Any]:
    price = current_price(row.price, row.discount_price, row.discount_ends, now=now)
    return {**row._mapping, "current_price": price, "is_free": price == 0}
