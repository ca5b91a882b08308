"""How many certificates somebody has earned."""

from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from certificate.models import Certificate
from shared.contracts.certificate.http import EarnedCertificates


async def count_earned(session: AsyncSession, user_id: int, *, now: datetime) -> EarnedCertificates:
    """Those that hold now."""
    holds = or_(Certificate.expires_at.is_(None), Certificate.expires_at > now)
    statement = select(func.count()).where(Certificate.user_id == user_id, Certificate.status == "active", holds)
    return EarnedCertificates(certificates_earned=await session.scalar(statement) or 0)
