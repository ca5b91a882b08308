"""Verification by number or by file, for anyone."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from certificate.domain.attestation import Attestation
from certificate.domain.records import Record
from certificate.domain.seals import Seal
from certificate.domain.signing import VerifyingKey
from certificate.domain.verification import CHANGED_FILE, Checks, check, check_record, reason_against, status_at
from certificate.models import Certificate, CertificateStatus, KnownKey
from certificate.queries.log import is_in_log
from certificate.schemas import ChecksView, Verification
from shared.errors import NotFound


async def get_verification(session: AsyncSession, certificate_number: str, *, now: datetime) -> Verification:
    """Checks hash and signature of what is stored, whatever the status. Raises NotFound for an unknown number."""
    certificate, key = await _find(session, certificate_number)
    status = status_at(certificate.status, certificate.expires_at, now=now)
    return _answer(certificate, status, await _check(session, certificate, key, status))


async def get_verification_of_file(
    session: AsyncSession, record: Record, seal: Seal | None, current: VerifyingKey, *, now: datetime
) -> Verification:
    """Checks what a file says beside what is stored, and that no byte of the file was changed.

    `current` is the key that seals now. Raises NotFound for an unknown number.
    """
    certificate, key = await _find(session, record.attested.certificate_number)
    status = status_at(certificate.status, certificate.expires_at, now=now)
    checks = await _check(session, certificate, key, status)
    says_the_same, is_signed = check_record(record, certificate.verification_hash, key)
    checks = replace(
        checks,
        hash=says_the_same and checks.hash is not False,
        signature=is_signed and checks.signature is not False,
    )
    if checks.hash and checks.signature and not await _is_sealed(session, seal, current):
        return _answer(certificate, status, replace(checks, hash=False), CHANGED_FILE)
    return _answer(certificate, status, checks)


async def _is_sealed(session: AsyncSession, seal: Seal | None, current: VerifyingKey) -> bool:
    if seal is None:
        return False
    x = await session.scalar(select(KnownKey.x).where(KnownKey.kid == seal.kid))
    key = VerifyingKey(x) if x else current
    return key.kid == seal.kid and key.verify(seal.data, seal.signature)


async def _find(session: AsyncSession, certificate_number: str) -> tuple[Certificate, VerifyingKey]:
    found = await session.execute(
        select(Certificate, KnownKey.x)
        .join(KnownKey, KnownKey.kid == Certificate.key_id)
        .where(Certificate.certificate_number == certificate_number)
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound("There is no certificate with this number.")
    certificate, x = row
    return certificate, VerifyingKey(x)


async def _check(
    session: AsyncSession, certificate: Certificate, key: VerifyingKey, status: CertificateStatus
) -> Checks:
    is_told = await is_in_log(session, certificate, certificate.verification_hash, status)
    if certificate.erased_at is not None:  # nothing is left to compute them from
        return Checks(hash=None, signature=None, revocation=status != "revoked", log=is_told)
    return check(
        Attestation.of(certificate),
        verification_hash=certificate.verification_hash,
        signature=certificate.signature,
        key=key,
        status=status,
        is_in_log=is_told,
    )


def _answer(
    certificate: Certificate, status: CertificateStatus, checks: Checks, reason: str | None = None
) -> Verification:
    reason = reason or reason_against(checks, status, certificate.revocation_reason)
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
