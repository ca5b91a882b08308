"""`/api/certificates/`"""

from datetime import UTC, datetime

from fastapi import APIRouter

from certificate import learn
from certificate.domain.rights import check_may_list
from certificate.queries import certificates
from certificate.routes.access import find_readable, is_staff
from certificate.routes.parameters import PublicUrl
from certificate.schemas import CertificateDetail, CertificateView
from shared.auth import SignedIn
from shared.database import OpenDatabase
from shared.fields import PathId, QueryRef
from shared.pagination import Page, Paging
from shared.peers import AskPeers

router = APIRouter(tags=["certificates"])


@router.get("/api/certificates/")
async def list_certificates(
    identity: SignedIn,
    database: OpenDatabase,
    peers: AskPeers,
    paging: Paging,
    public_url: PublicUrl,
    course: QueryRef = None,
) -> Page[CertificateView]:
    """Your certificates, the newest first; order by `issued_at` or `completion_date`.

    Learners need a premium subscription (403 `SUBSCRIPTION_REQUIRED`). With `course`, its staff see the certificates
    of all its learners. Administrators see all.
    """
    check_may_list(identity)
    course_id = None if course is None else await learn.find_course_id(database, peers, course)
    sees_all = await is_staff(database, peers, identity, course_id)
    async with database.reading() as session:
        return await certificates.list_certificates(
            session,
            paging,
            user_id=None if sees_all else identity.user_id,
            course_id=course_id,
            public_url=public_url,
            now=datetime.now(UTC),
        )


@router.get("/api/certificates/{certificate_id}/")
async def get_certificate(
    certificate_id: PathId, identity: SignedIn, database: OpenDatabase, peers: AskPeers, public_url: PublicUrl
) -> CertificateDetail:
    """A certificate, with the facts that its hash and signature cover.

    For its holder, the course's staff and administrators; 404 for everyone else.
    """
    certificate = await find_readable(database, peers, identity, certificate_id)
    return certificates.detail(certificate, public_url, now=datetime.now(UTC))
