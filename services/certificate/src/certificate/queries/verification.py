"""Verification by number, for anyone."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from certificate.domain.attestation import Attestation
from certificate.domain.signing import VerifyingKey
from certificate.domain.verification import check, reason_against, status_at
from certificate.models import Certificate, KnownKey
from certificate.queries.log import is_in_log
from certificate.schemas import ChecksView, Verification
from shared.errors import NotFound


async def get_verification(session: AsyncSession, certificate_number: str, *, now: datetime) -> Verification:
    """Checks hash and signature of what is stored, whatever the status. Raises NotFound for an unknown number."""
    found = await session.execute(
        select(Certificate, KnownKey.x)
        .join(KnownKey, KnownKey.kid == Certificate.key_id)
        .where(Certificate.certificate_number == certificate_number)
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound("There is no certificate with this number.")
    certificate, x = row
    status = status_at(certificate.status, certificate.expires_at, now=now)
    checks = check(
        Attestation.of(certificate),
        verification_hash=certificate.verification_hash,
        signature=certificate.signature,
        key=VerifyingKey(x),
        status=status,
        is_in_log=await is_in_log(session, certificate, certificate.verification_hash, status),
    )
    reason = reason_against(checks, status, certificate.revocation_reason)
    return Verification(
        valid=reason is None,
        status=status,
        reason=reason,
        certificate_number=certificate.certificate_number,
        student_name=certificate.student_name,
        course_title=certificate.course_title,
        completion_date=certificate.completion_date,
        issued_at=certificate.issued_at,
        checks=ChecksView(hash=checks.hash, signature=checks.signature, revocation=checks.revocation, log=checks.log),
    )
