"""What the rights of `domain.rights` are decided by: the row, and whether the caller is staff of its course."""

from certificate import learn
from certificate.domain import rights
from certificate.models import Certificate, Template, TemplateVersion
from certificate.queries.certificates import get_certificate
from certificate.queries.templates import get_template, get_version
from shared.auth import Identity
from shared.database import Database
from shared.errors import NotFound
from shared.peers import Peers


async def find_readable(database: Database, peers: Peers, identity: Identity, certificate_id: int) -> Certificate:
    """For its holder, the course's staff and administrators. Raises NotFound for everyone else."""
    async with database.reading() as session:
        certificate = await get_certificate(session, certificate_id)
    is_holder = certificate.user_id == identity.user_id
    is_known_staff = not is_holder and await is_staff(database, peers, identity, certificate.course_id)
    rights.check_may_read(is_holder=is_holder, is_staff=is_known_staff)
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
    rights.check_may_manage(
        is_holder=certificate.user_id == identity.user_id,
        is_staff=await is_staff(database, peers, identity, certificate.course_id),
    )


async def check_may_edit(database: Database, peers: Peers, identity: Identity, course_id: int | None) -> None:
    """What a course has for its staff, the default for administrators. Raises PermissionDenied, RoleRequired."""
    if course_id is None:
        rights.check_may_change_default(identity)
    else:
        rights.check_may_manage_course(is_staff=await is_staff(database, peers, identity, course_id))


async def find_template(
    database: Database, peers: Peers, identity: Identity, template_id: int
) -> tuple[Template, TemplateVersion]:
    """With its present version. The default for all who teach, a course's for its staff. Raises NotFound."""
    async with database.reading() as session:
        template, present = await get_template(session, template_id)
    rights.check_may_read_template(
        is_default=template.course_id is None,
        is_staff=await is_staff(database, peers, identity, template.course_id),
    )
    return template, present


async def check_may_edit_template(database: Database, peers: Peers, identity: Identity, template_id: int) -> None:
    """Raises NotFound for a template the caller may not read, PermissionDenied or RoleRequired for another."""
    template, _ = await find_template(database, peers, identity, template_id)
    await check_may_edit(database, peers, identity, template.course_id)


async def find_template_version(
    database: Database, peers: Peers, identity: Identity, template_id: int, version: int | None
) -> TemplateVersion:
    """A version of a template, the present one if None. Raises NotFound."""
    _, present = await find_template(database, peers, identity, template_id)
    if version is None:
        return present
    async with database.reading() as session:
        return await get_version(session, template_id, version)


async def is_staff(database: Database, peers: Peers, identity: Identity, course_id: int | None) -> bool:
    """Whether the caller is staff of a course, as administrators are of all; who teaches nothing is not asked about."""
    if identity.is_administrator:
        return True
    return bool(
        course_id
        and rights.may_be_staff(identity)
        and await learn.is_staff(database, peers, course_id, identity.user_id)
    )
