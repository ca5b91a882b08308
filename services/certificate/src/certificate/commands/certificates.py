"""Issuing a certificate, and signing any new one."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from certificate import store
from certificate.commands import log
from certificate.domain.attestation import Attestation, certificate_number, issue_time
from certificate.issuer import Issuer
from certificate.models import Certificate, Completion, Course, KnownKey, User
from certificate.queries.templates import get_version_for
from shared import outbox


async def issue(
    session: AsyncSession,
    completion: Completion,
    course: Course,
    learner: User,
    issuer: Issuer,
    *,
    now: datetime,
    log_later: bool = False,
) -> Certificate:
    """Write, sign and announce the certificate of a completed enrollment, whose row the caller has locked.

    A second active one for the same enrollment is refused by the table itself. `log_later` leaves its entry in the
    public log to `log.enter_missing`.
    """
    issued_at = issue_time(now)
    certificate = Certificate(
        revision=1,
        certificate_number=certificate_number(course.course_id, learner.user_id, issued_at),
        enrollment_id=completion.enrollment_id,
        user_id=learner.user_id,
        course_id=course.course_id,
        student_name=learner.full_name,
        course_title=course.title,
        course_slug=course.slug,
        course_level=course.level,
        course_duration_minutes=course.duration_minutes,
        instructor_name=course.instructor_name(),
        completion_date=completion.completed_at,
        issued_at=issued_at,
        status="active",
        template_version=await get_version_for(session, course.course_id),
    )
    certificate.is_logged = not log_later
    await add_signed(session, certificate, issuer)
    if not log_later:
        await log.enter(session, [certificate], now=now)
    await outbox.record(session, store.issued_event(certificate, issuer.public_url))
    return certificate


async def add_signed(session: AsyncSession, certificate: Certificate, issuer: Issuer) -> None:
    """Sign a new certificate's facts and write it. The caller enters it into the log."""
    attestation = Attestation.of(certificate)
    certificate.key_id = issuer.key.kid
    certificate.verification_hash = attestation.verification_hash()
    certificate.signature = issuer.key.sign(attestation.canonical())
    await _keep_key(session, issuer)
    session.add(certificate)
    await session.flush()


async def _keep_key(session: AsyncSession, issuer: Issuer) -> None:
    """Keep the public key from its first signature on."""
    await session.execute(insert(KnownKey).values(kid=issuer.key.kid, x=issuer.key.public.x).on_conflict_do_nothing())
