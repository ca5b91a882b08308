"""Taking a certificate back, and putting a corrected one in its place."""

from datetime import datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from certificate import store
from certificate.commands import log
from certificate.commands.certificates import add_signed
from certificate.domain.attestation import certificate_number, issue_time
from certificate.domain.standing import check_may_reissue, check_may_revoke, reissue_time
from certificate.domain.verification import status_at
from certificate.issuer import Issuer
from certificate.models import Certificate, User
from certificate.queries.templates import get_version_for
from shared import outbox
from shared.contracts.certificate.events import CertificateRevoked, CertificateSuperseded
from shared.errors import NotFound

Fact = TypeVar("Fact", CertificateRevoked, CertificateSuperseded)

_KEPT = (
    "enrollment_id",
    "user_id",
    "course_id",
    "course_title",
    "course_slug",
    "course_level",
    "course_duration_minutes",
    "instructor_name",
    "completion_date",
    "expires_at",
)
"""What a reissue keeps as it was on the day of the first issue."""


async def revoke(
    session: AsyncSession, certificate_id: int, reason: str, public_url: str, *, now: datetime, log_later: bool = False
) -> Certificate:
    """Revoke it, for good. Revoking twice changes nothing: the first reason stays.

    `log_later` leaves its entry in the log to `log.enter_missing`, in a later transaction: for work on many rows.

    Raises NotFound, or Invalid for one that was superseded.
    """
    certificate = await _lock(session, certificate_id)
    if certificate.status == "revoked":
        return certificate
    check_may_revoke(certificate.status)
    certificate.status = "revoked"
    certificate.revocation_date = now
    certificate.revocation_reason = reason
    certificate.revision += 1
    certificate.is_logged = not log_later
    await session.flush()
    if not log_later:
        await log.enter(session, [certificate], now=now)
    await outbox.record(session, _told(CertificateRevoked, certificate, public_url))
    return certificate


async def reissue(
    session: AsyncSession,
    certificate_id: int,
    student_name: str | None,
    issuer: Issuer,
    *,
    now: datetime,
    log_later: bool = False,
) -> Certificate:
    """Issue it anew, with the present template, under the name given or else the holder's present one. The old one is
    superseded. `log_later` as in `revoke`.

    Raises NotFound, or Invalid for one that is not in force.
    """
    old = await _lock(session, certificate_id)
    check_may_reissue(status_at(old.status, old.expires_at, now=now))
    old.status = "superseded"
    old.revision += 1
    old.is_logged = not log_later
    await session.flush()  # before the new one, since only one may be active
    issued_at = issue_time(reissue_time(old.issued_at, now=now))
    certificate = Certificate(
        **{name: getattr(old, name) for name in _KEPT},
        revision=1,
        certificate_number=certificate_number(old.course_id, old.user_id, issued_at),
        student_name=student_name or await _present_name(session, old),
        issued_at=issued_at,
        status="active",
        template_version=await get_version_for(session, old.course_id),
        supersedes_id=old.id,
    )
    certificate.is_logged = not log_later
    await add_signed(session, certificate, issuer)
    if not log_later:
        await log.enter(session, [old, certificate], now=now)
    superseded = _told(CertificateSuperseded, old, issuer.public_url)
    await outbox.record(session, superseded, store.issued_event(certificate, issuer.public_url))
    return certificate


async def _lock(session: AsyncSession, certificate_id: int) -> Certificate:
    certificate = await session.scalar(select(Certificate).where(Certificate.id == certificate_id).with_for_update())
    if certificate is None:
        raise NotFound
    return certificate


async def _present_name(session: AsyncSession, certificate: Certificate) -> str:
    known = await session.get(User, certificate.user_id)
    return known.full_name if known is not None else certificate.student_name


def _told(fact: type[Fact], certificate: Certificate, public_url: str) -> Fact:
    """The certificate's state, under another fact."""
    return fact.model_validate(store.issued_event(certificate, public_url).model_dump())
