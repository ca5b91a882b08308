"""Rubrics, read by who made them."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from assessment.domain.describing import describe_rubric
from assessment.models import Rubric
from assessment.schemas.rubrics import RubricView
from assessment.store import owns
from shared.auth import Identity
from shared.errors import NotFound
from shared.pagination import Key, Page, PageRequest, order_of, paginate

COLUMNS = Rubric.__table__.c
ORDERING = {"title": COLUMNS.title, "created_date": COLUMNS.created_date}


async def get_rubric(session: AsyncSession, user: Identity, rubric_id: int) -> RubricView:
    """One's own; any for administrators. Raises NotFound."""
    rubric = await session.scalar(select(Rubric).where(Rubric.id == rubric_id, ~Rubric.is_deleted, owns(user)))
    if rubric is None:
        raise NotFound
    return describe_rubric(rubric)


async def list_rubrics(session: AsyncSession, user: Identity, request: PageRequest) -> Page[RubricView]:
    """One's own; all for administrators. Newest first."""
    statement = select(Rubric).where(~Rubric.is_deleted, owns(user))
    keys = order_of(request, ORDERING, (), Key(COLUMNS.id, descending=True))
    return await paginate(session, statement, request, keys, lambda row: describe_rubric(row[0]))
