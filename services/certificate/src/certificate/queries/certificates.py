"""Certificates as their holders, the course's staff and administrators see them."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from certificate.domain.attestation import Attestation
from certificate.domain.verification import status_at
from certificate.models import Certificate
from certificate.schemas import Attested, CertificateDetail, CertificateView, CourseRef
from shared.errors import NotFound
from shared.pagination import Key, Page, PageRequest, order_of, paginate

ORDERINGS = {"issued_at": Certificate.issued_at, "completion_date": Certificate.completion_date}
NEWEST_FIRST = (Key(Certificate.issued_at, descending=True),)
UNIQUE = Key(Certificate.id, descending=True)


async def list_certificates(
    session: AsyncSession,
    request: PageRequest,
    *,
    user_id: int | None,
    course_id: int | None,
    public_url: str,
    now: datetime,
) -> Page[CertificateView]:
    """Certificates of a user, of a course, of both or (None) of all; the newest first."""
    statement = select(Certificate)
    if user_id is not None:
        statement = statement.where(Certificate.user_id == user_id)
    if course_id is not None:
        statement = statement.where(Certificate.course_id == course_id)
    keys = order_of(request, ORDERINGS, NEWEST_FIRST, UNIQUE)
    return await paginate(session, statement, request, keys, lambda row: view(row.Certificate, public_url, now=now))


async def get_certificate(session: AsyncSession, certificate_id: int) -> Certificate:
    """Raises NotFound."""
    certificate = await session.get(Certificate, certificate_id)
    if certificate is None:
        raise NotFound
    return certificate


def view(certificate: Certificate, public_url: str, *, now: datetime) -> CertificateView:
    status = status_at(certificate.status, certificate.expires_at, now=now)
    return CertificateView(
        id=certificate.id,
        certificate_number=certificate.certificate_number,
        enrollment=certificate.enrollment_id,
        user=certificate.user_id,
        student_name=certificate.student_name,
        course=CourseRef(id=certificate.course_id, title=certificate.course_title, slug=certificate.course_slug),
        instructor_name=certificate.instructor_name,
        completion_date=certificate.completion_date,
        issued_at=certificate.issued_at,
        is_valid=status == "active",
        status=status,
        revocation_date=certificate.revocation_date,
        revocation_reason=certificate.revocation_reason,
        verification_hash=certificate.verification_hash,
        signature=certificate.signature,
        template_version=certificate.template_version,
        supersedes=certificate.supersedes_id,
        expires_at=certificate.expires_at,
        verification_url=certificate.verification_url(public_url),
        pdf_url=f"{public_url}/api/certificates/{certificate.id}/pdf/",
        credential_url=certificate.credential_url(public_url),
    )


def detail(certificate: Certificate, public_url: str, *, now: datetime) -> CertificateDetail:
    return CertificateDetail(
        **view(certificate, public_url, now=now).model_dump(),
        key_id=certificate.key_id,
        attested=Attested.model_validate(Attestation.of(certificate).facts()),
    )
