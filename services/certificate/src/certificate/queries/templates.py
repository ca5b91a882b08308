"""Templates as staff see them, and the looks that certificates are drawn with."""

from collections.abc import Collection

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from certificate.domain.design import BUILT_IN, Design
from certificate.models import Course, Template, TemplateImage, TemplateVersion
from certificate.rendering.document import Look
from certificate.rendering.images import Image
from certificate.schemas import TemplateVersionView, TemplateView
from shared.errors import NotFound
from shared.pagination import Key, Page, PageRequest, order_of, paginate

ORDERINGS = {"created_date": Template.created_date, "updated_date": Template.updated_date}
NEWEST_FIRST = (Key(Template.created_date, descending=True),)
UNIQUE = Key(Template.id, descending=True)

_Logo, _Signature = aliased(TemplateImage), aliased(TemplateImage)


async def list_templates(
    session: AsyncSession, request: PageRequest, *, staff_id: int | None, course_id: int | None, public_url: str
) -> Page[TemplateView]:
    """The default and those of the courses that a user is staff of, or (None) all; of one course where given."""
    statement = _present()
    if course_id is not None:
        statement = statement.where(Template.course_id == course_id)
    if staff_id is not None:
        taught = select(Course.course_id).where(Course.staff.contains([{"user_id": staff_id}]))
        statement = statement.where(or_(Template.course_id.is_(None), Template.course_id.in_(taught)))
    keys = order_of(request, ORDERINGS, NEWEST_FIRST, UNIQUE)
    return await paginate(
        session, statement, request, keys, lambda row: view(row.Template, row.TemplateVersion, public_url)
    )


async def list_versions(
    session: AsyncSession, request: PageRequest, template_id: int, public_url: str
) -> Page[TemplateVersionView]:
    """All versions of a template, the newest first."""
    statement = select(TemplateVersion).where(TemplateVersion.template_id == template_id)
    newest = Key(TemplateVersion.version, descending=True)
    keys = order_of(request, {"version": TemplateVersion.version}, (), newest)
    return await paginate(session, statement, request, keys, lambda row: version_view(row.TemplateVersion, public_url))


async def get_template(session: AsyncSession, template_id: int) -> tuple[Template, TemplateVersion]:
    """A template and its present version. Raises NotFound, for a deleted one too."""
    row = (await session.execute(_present().where(Template.id == template_id))).one_or_none()
    if row is None:
        raise NotFound
    return row.Template, row.TemplateVersion


async def get_version(session: AsyncSession, template_id: int, version: int) -> TemplateVersion:
    """Raises NotFound."""
    found = await session.scalar(
        select(TemplateVersion).where(TemplateVersion.template_id == template_id, TemplateVersion.version == version)
    )
    if found is None:
        raise NotFound("The template has no such version.")
    return found


async def get_version_for(session: AsyncSession, course_id: int) -> str:
    """The `template_version` of a certificate issued now: of the course's template, else the default, else built in."""
    found = await session.scalar(
        select(TemplateVersion.id)
        .join(Template, Template.id == TemplateVersion.template_id)
        .where(
            TemplateVersion.version == Template.version,
            ~Template.is_deleted,
            or_(Template.course_id == course_id, Template.course_id.is_(None)),
        )
        .order_by(Template.course_id.nulls_last())
        .limit(1)
    )
    return BUILT_IN if found is None else str(found)


async def get_look(session: AsyncSession, template_version: str) -> Look:
    """How certificates of this `template_version` look, whatever became of the template."""
    return (await get_looks(session, {template_version}))[template_version]


async def get_looks(session: AsyncSession, template_versions: Collection[str]) -> dict[str, Look]:
    """The same for several. One that is not known, since somebody changed it in the database, looks as built in."""
    looks = {version: Look() for version in template_versions}
    ids = [int(version) for version in template_versions if version.isascii() and version.isdecimal()]
    if ids and set(template_versions) != {BUILT_IN}:
        rows = await session.execute(
            select(TemplateVersion.id, TemplateVersion.design, _Logo.png, _Signature.png)
            .outerjoin(_Logo, _Logo.digest == TemplateVersion.logo_digest)
            .outerjoin(_Signature, _Signature.digest == TemplateVersion.signature_digest)
            .where(TemplateVersion.id.in_(ids))
        )
        for version_id, design, logo, signature in rows:
            looks[str(version_id)] = Look(
                Design.model_validate(design), Image(logo) if logo else None, Image(signature) if signature else None
            )
    return looks


async def get_image(session: AsyncSession, digest: str | None) -> Image:
    """Raises NotFound."""
    found = await session.get(TemplateImage, digest) if digest is not None else None
    if found is None:
        raise NotFound
    return Image(found.png)


def view(template: Template, present: TemplateVersion, public_url: str) -> TemplateView:
    return TemplateView(
        id=template.id,
        course=template.course_id,
        updated_date=template.updated_date,
        **version_view(present, public_url).model_dump() | {"created_date": template.created_date},
    )


def version_view(version: TemplateVersion, public_url: str) -> TemplateVersionView:
    url = f"{public_url}/api/certificate-templates/{version.template_id}"
    return TemplateVersionView(
        **Design.model_validate(version.design).model_dump(),
        version=version.version,
        template_version=str(version.id),
        logo_url=f"{url}/logo/?version={version.version}" if version.logo_digest else None,
        signature_url=f"{url}/signature/?version={version.version}" if version.signature_digest else None,
        preview_url=f"{url}/preview/?version={version.version}",
        created_date=version.created_date,
    )


def _present() -> Select[Template, TemplateVersion]:
    return (
        select(Template, TemplateVersion)
        .join(TemplateVersion, TemplateVersion.template_id == Template.id)
        .where(TemplateVersion.version == Template.version, ~Template.is_deleted)
    )
