"""One row of bulk work. Entries of the public log are left for later, so that rows never wait with the log held."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from certificate import store
from certificate.commands import revocation
from certificate.commands.completions import settle
from certificate.issuer import Issuer
from certificate.models import Certificate, CompletionState
from certificate.queries.bulk import get_newest
from shared.contracts.assessment.http import CourseStanding
from shared.errors import Invalid, NotFound

Told = dict[str, Any]

_NOT_PASSED = "Not all required assessments are passed."
_WHY_NOT: dict[CompletionState, str] = {
    "pending": _NOT_PASSED,
    "awaiting_assessments": _NOT_PASSED,
    "not_applicable": "The course gives no certificates.",
}


async def issue_one(
    session: AsyncSession,
    course_id: int,
    enrollment_id: int,
    word: CourseStanding | None,
    issuer: Issuer,
    *,
    now: datetime,
) -> Told:
    """Issue what an enrollment has earned; one that was issued already is told, and stays as it is.

    One that completed while the course gave no certificates gets its own, if the course gives them now. Raises
    NotFound, or Invalid where it is not earned.
    """
    completion = await store.lock_completion(session, enrollment_id)
    if completion is None or completion.course_id != course_id:
        raise NotFound("This enrollment has not completed the course.")
    if completion.state == "issued":
        return told(await get_newest(session, course_id, enrollment_id))
    course, learner = await store.get_copies(session, completion)
    if learner is not None and not learner.full_name:
        raise Invalid(enrollment="The learner's data was erased.")
    if completion.state == "not_applicable":
        if course is None or learner is None or not course.has_certificate:
            raise Invalid(enrollment=_WHY_NOT["not_applicable"])
        completion.state, completion.due_at = "pending", now
        await session.flush()
    issued = await settle(session, enrollment_id, word, issuer, now=now, log_later=True)
    if issued is None:
        raise Invalid(enrollment=_WHY_NOT[completion.state])
    return told(issued)


async def reissue_one(
    session: AsyncSession, course_id: int, enrollment_id: int, issuer: Issuer, *, now: datetime
) -> Told:
    """Under the holder's present name. Raises NotFound, Invalid."""
    old = await get_newest(session, course_id, enrollment_id)
    return told(await revocation.reissue(session, old.id, None, issuer, now=now, log_later=True))


async def revoke_one(
    session: AsyncSession, course_id: int, enrollment_id: int, reason: str, public_url: str, *, now: datetime
) -> Told:
    """Raises NotFound, Invalid."""
    newest = await get_newest(session, course_id, enrollment_id)
    return told(await revocation.revoke(session, newest.id, reason, public_url, now=now, log_later=True))


def told(certificate: Certificate) -> Told:
    """What the client sees of a row that was done."""
    return {
        "certificate": certificate.id,
        "certificate_number": certificate.certificate_number,
        "certificate_status": certificate.status,
    }
