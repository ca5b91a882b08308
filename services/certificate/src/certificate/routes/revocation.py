"""`/api/certificates/{id}/revoke/` and `…/reissue/`"""

from datetime import UTC, datetime

from fastapi import APIRouter

from certificate.commands import revocation
from certificate.issuer import issuer
from certificate.queries.certificates import detail
from certificate.routes.access import check_may_manage
from certificate.routes.parameters import PublicUrl
from certificate.schemas import CertificateDetail, Reissue, Revoke
from shared.auth import Instructor
from shared.database import OpenDatabase
from shared.fields import PathId
from shared.peers import AskPeers

router = APIRouter(tags=["certificates"])


@router.post("/api/certificates/{certificate_id}/revoke/")
async def revoke_certificate(
    certificate_id: PathId,
    body: Revoke,
    identity: Instructor,
    database: OpenDatabase,
    peers: AskPeers,
    public_url: PublicUrl,
) -> CertificateDetail:
    """Take a certificate back, for good, with a reason that whoever verifies it is told.

    For the course's staff and administrators. Revoking one twice changes nothing: the first reason stays. One that
    was reissued is 400; revoke the one that took its place.
    """
    await check_may_manage(database, peers, identity, certificate_id)
    now = datetime.now(UTC)
    async with database.transaction() as session:
        certificate = await revocation.revoke(session, certificate_id, body.reason, public_url, now=now)
    return detail(certificate, public_url, now=now)


@router.post("/api/certificates/{certificate_id}/reissue/", status_code=201)
async def reissue_certificate(
    certificate_id: PathId,
    identity: Instructor,
    database: OpenDatabase,
    peers: AskPeers,
    public_url: PublicUrl,
    body: Reissue | None = None,
) -> CertificateDetail:
    """Issue a certificate anew, because its name was corrected or its number should no longer hold.

    For the course's staff and administrators. The name is `student_name`, or else the holder's present one, and it
    looks as the present template; everything else stays as it was on the day of issue. The answer is the new
    certificate; its `supersedes` is the old one's id, which from now on verifies as `superseded`. One that is not in
    force is 400.
    """
    await check_may_manage(database, peers, identity, certificate_id)
    now = datetime.now(UTC)
    name = body.student_name if body is not None else None
    async with database.transaction() as session:
        certificate = await revocation.reissue(session, certificate_id, name, issuer(), now=now)
    return detail(certificate, public_url, now=now)
