"""Which certificates no longer hold, for status lists; and the keys, for the DID document."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from certificate.domain.credentials import LIST_LENGTH
from certificate.models import Certificate
from shared.errors import NotFound


async def get_revoked(session: AsyncSession, number: int) -> tuple[Sequence[int], datetime]:
    """Ids on this status list that were revoked or superseded, and when one last was (or the first was issued).

    Raises NotFound for a list that no certificate is on.
    """
    ids = Certificate.id.between(number * LIST_LENGTH, (number + 1) * LIST_LENGTH - 1)
    is_revoked = Certificate.status.in_(("revoked", "superseded"))
    found = await session.execute(
        select(
            func.min(Certificate.issued_at),
            func.max(Certificate.updated_date).filter(is_revoked),
            func.array_agg(Certificate.id).filter(is_revoked),
        ).where(ids)
    )
    issued_at, changed_at, revoked = found.one()
    if issued_at is None:
        raise NotFound("There is no such status list.")
    return revoked or [], changed_at or issued_at
