"""What single learners are granted, read."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from assessment.domain.describing import describe_override
from assessment.domain.rights import check_may_edit
from assessment.models import Override
from assessment.queries.access import get_access
from assessment.schemas.overrides import OverrideView
from shared.auth import Identity
from shared.pagination import Key, Page, PageRequest, order_of, paginate

COLUMNS = Override.__table__.c


async def get_override(session: AsyncSession, assessment_id: int, user_id: int) -> Override | None:
    """None where the learner is granted nothing."""
    return await session.get(Override, (assessment_id, user_id))


async def list_overrides(
    session: AsyncSession, user: Identity, request: PageRequest, assessment_id: int
) -> Page[OverrideView]:
    """All of an assessment, for the course's staff, by user. Raises NotFound or PermissionDenied."""
    check_may_edit(await get_access(session, user, assessment_id))
    statement = select(Override).where(Override.assessment_id == assessment_id)
    keys = order_of(request, {"updated_date": COLUMNS.updated_date}, (), Key(COLUMNS.user_id))
    return await paginate(session, statement, request, keys, lambda row: describe_override(row[0]))
