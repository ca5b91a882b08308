"""`/api/certificates/verify/`"""

from datetime import UTC, datetime

from fastapi import APIRouter

from certificate.queries.verification import get_verification
from certificate.routes.parameters import CertificateNumber
from certificate.schemas import Verification
from shared.database import Reading

router = APIRouter(tags=["certificates"])


@router.get("/api/certificates/verify/")
async def verify_certificate(session: Reading, certificate_number: CertificateNumber) -> Verification:
    """Check a certificate by its number. Open to all.

    Hash and signature are computed anew from the stored certificate. `valid` is true when all checks pass and the
    certificate is active; otherwise `reason` says why not. 404 when no certificate has this number.
    """
    return await get_verification(session, certificate_number, now=datetime.now(UTC))
