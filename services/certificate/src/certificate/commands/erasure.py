"""Forgetting a user.

A certificate attests a name in public; without the name it attests nothing. So it is revoked, its name and reason are
blanked, and who verifies it is told that much. Hash and signature stay, as does the log: they name nobody, and only who
has the certificate can tell that they are its own.
"""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from certificate import store
from certificate.commands import log
from certificate.models import Certificate, Completion, User
from shared import outbox
from shared.contracts.certificate.events import CertificateRevoked, CertificateUserDataErased

REASON = "The holder's data was erased."


async def erase_user(session: AsyncSession, user_id: int, version: int, public_url: str, *, now: datetime) -> None:
    """Blank what is kept about a user, and say so. Safe to repeat. What waits for a certificate gets none any more."""
    closed = await session.execute(
        update(Completion)
        .where(Completion.user_id == user_id, Completion.due_at.is_not(None))
        .values(state="not_applicable", due_at=None)
        .execution_options(synchronize_session=False)
    )
    named = await session.execute(
        update(User)
        .where(User.user_id == user_id, User.full_name != "")
        .values(full_name="")
        .execution_options(synchronize_session=False)
    )
    found = await session.scalars(
        select(Certificate)
        .where(Certificate.user_id == user_id, Certificate.erased_at.is_(None))
        .order_by(Certificate.id)
        .with_for_update()
    )
    certificates = found.all()
    revoked = [each for each in certificates if each.status == "active"]
    for each in certificates:
        _blank(each, now=now)
    await session.flush()
    if certificates:
        await log.enter(session, certificates, now=now)
    erased = {"certificates": len(certificates), "completions": _count(closed), "users": _count(named)}
    facts = [CertificateRevoked.model_validate(store.issued_event(each, public_url).model_dump()) for each in revoked]
    await outbox.record(session, *facts, CertificateUserDataErased(user_id=user_id, version=version, erased=erased))


def _blank(certificate: Certificate, *, now: datetime) -> None:
    certificate.student_name = ""
    certificate.erased_at = now
    certificate.revision += 1
    if certificate.status == "active":
        certificate.status, certificate.revocation_date = "revoked", now
    if certificate.status == "revoked":
        certificate.revocation_reason = REASON


def _count(result: object) -> int:
    return int(getattr(result, "rowcount", 0))
