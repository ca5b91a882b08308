"""What the gateway asks for a learner's figures."""

from datetime import UTC, datetime

from fastapi import APIRouter

from certificate.queries.earned import count_earned
from shared.auth import FromService
from shared.contracts.certificate.http import EarnedCertificates
from shared.database import Reading
from shared.fields import PathId

router = APIRouter(include_in_schema=False)


@router.get("/internal/users/{user_id}/certificates/")
async def get_earned(user_id: PathId, caller: FromService, session: Reading) -> EarnedCertificates:
    """How many certificates of a user hold."""
    return await count_earned(session, user_id, now=datetime.now(UTC))
