"""What other services ask about people and numbers."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from certificate.models import Certificate, Completion
from certificate.queries.certificates import detail

MOST_EXPORTED = 10_000


async def get_export(session: AsyncSession, user_id: int, public_url: str, *, now: datetime) -> dict[str, Any]:
    """Everything that is kept about a user."""
    certificates = await session.scalars(
        select(Certificate).where(Certificate.user_id == user_id).order_by(Certificate.id).limit(MOST_EXPORTED)
    )
    completions = await session.scalars(
        select(Completion).where(Completion.user_id == user_id).order_by(Completion.enrollment_id).limit(MOST_EXPORTED)
    )
    return {
        "certificates": [detail(each, public_url, now=now).model_dump(mode="json") for each in certificates],
        "completions": [
            {
                "enrollment": each.enrollment_id,
                "course": each.course_id,
                "completed_at": each.completed_at,
                "state": each.state,
            }
            for each in completions
        ],
    }


async def count_certificates(session: AsyncSession, user_id: int | None = None) -> int:
    """Certificates that were earned and not taken back: a user's, or (None) all."""
    statement = select(func.count()).select_from(Certificate).where(Certificate.status == "active")
    if user_id is not None:
        statement = statement.where(Certificate.user_id == user_id)
    return await session.scalar(statement) or 0
