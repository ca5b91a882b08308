"""The versions of a course, as the API shows them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.models import Course
from catalog.queries.courses import cards_by_id
from catalog.queries.pages import page_of
from catalog.schemas.versions import VersionCard
from catalog.store.visibility import course_visible
from shared.auth import Identity
from shared.pagination import Key, Page, PageRequest, order_of

_COLUMNS = Course.__table__.c


async def list_versions(
    session: AsyncSession, identity: Identity | None, request: PageRequest, course_id: int, *, now: datetime
) -> Page[VersionCard]:
    """The versions in a course's family that the caller may see, the oldest first."""
    family = select(Course.family_id).where(Course.id == course_id).scalar_subquery()
    ids = select(Course.id).where(Course.family_id == family, course_visible(identity))
    allowed = {"version": _COLUMNS.version, "created_date": _COLUMNS.created_date}
    keys = order_of(request, allowed, [Key(_COLUMNS.version)], Key(_COLUMNS.id))

    async def load(session: AsyncSession, page: Sequence[int]) -> dict[int, VersionCard]:
        return await cards_by_id(session, page, VersionCard, now=now)

    return await page_of(session, ids, request, keys, load)
