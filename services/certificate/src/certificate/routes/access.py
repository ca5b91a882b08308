"""Which certificate a caller may reach by its id: their own, their course's, or any for administrators."""

from certificate import learn
from certificate.domain.rights import may_be_staff
from certificate.models import Certificate
from certificate.queries.certificates import get_certificate
from shared.auth import Identity
from shared.database import Database
from shared.errors import NotFound, PermissionDenied, RoleRequired
from shared.peers import Peers


async def find_readable(database: Database, peers: Peers, identity: Identity, certificate_id: int) -> Certificate:
    """For its holder, the course's staff and administrators. Raises NotFound for everyone else."""
    async with database.reading() as session:
        certificate = await get_certificate(session, certificate_id)
    may_read = identity.is_administrator or certificate.user_id == identity.user_id
    if not may_read and not await is_staff(database, peers, identity, certificate.course_id):
        raise NotFound
    return certificate


async def find_document(database: Database, peers: Peers, identity: Identity, certificate_id: int) -> Certificate:
    """One that can be drawn. Raises NotFound for one whose holder was erased, too."""
    certificate = await find_readable(database, peers, identity, certificate_id)
    if certificate.erased_at is not None:
        raise NotFound("The holder's data was erased: the certificate cannot be drawn any more.")
    return certificate


async def check_may_manage(database: Database, peers: Peers, identity: Identity, certificate_id: int) -> None:
    """For the course's staff and administrators. Raises PermissionDenied for its holder, NotFound for others."""
    async with database.reading() as session:
        certificate = await get_certificate(session, certificate_id)
    if identity.is_administrator or await is_staff(database, peers, identity, certificate.course_id):
        return
    if certificate.user_id == identity.user_id:
        raise PermissionDenied("Only the course's staff and administrators may do this.")
    raise NotFound


async def check_may_edit(database: Database, peers: Peers, identity: Identity, course_id: int | None) -> None:
    """Templates of a course for its staff, the default for administrators. Raises PermissionDenied, RoleRequired."""
    if identity.is_administrator:
        return
    if course_id is None:
        raise RoleRequired("Only administrators change the default template.", role="administrator")
    if not await is_staff(database, peers, identity, course_id):
        raise PermissionDenied("Only the course's staff and administrators may do this.")


async def is_staff(database: Database, peers: Peers, identity: Identity, course_id: int) -> bool:
    """Whether the caller is staff of a course; who teaches nothing is not asked about."""
    return may_be_staff(identity) and await learn.is_staff(database, peers, course_id, identity.user_id)
