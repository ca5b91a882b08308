"""`/internal/`: what other services ask. For users these routes do not exist."""

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter

from certificate.queries import people
from certificate.routes.parameters import PublicUrl
from shared.auth import FromService
from shared.contracts.certificate.http import CertificatesCount, SystemCertificates
from shared.database import Reading
from shared.fields import PathId

router = APIRouter(prefix="/internal", include_in_schema=False)


@router.get("/users/{user_id}/export/")
async def export_user(user_id: PathId, _: FromService, session: Reading, public_url: PublicUrl) -> dict[str, Any]:
    """Everything that this service keeps about a user."""
    return await people.get_export(session, user_id, public_url, now=datetime.now(UTC))


@router.get("/users/{user_id}/certificates/count/")
async def count_certificates(user_id: PathId, _: FromService, session: Reading) -> CertificatesCount:
    """For the learner's progress."""
    return CertificatesCount(certificates_earned=await people.count_certificates(session, user_id))


@router.get("/analytics/system/")
async def get_system_analytics(_: FromService, session: Reading) -> SystemCertificates:
    """For the administrators' figures."""
    return SystemCertificates(certificates=await people.count_certificates(session))
