"""`/api/certificate-templates/`"""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, UploadFile
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from certificate import learn
from certificate.commands import templates as commands
from certificate.commands.templates import Place
from certificate.domain.design import Design, changed
from certificate.domain.rights import check_may_read_template
from certificate.models import Template, TemplateVersion
from certificate.queries import templates
from certificate.rendering.document import Drawing, Look
from certificate.rendering.images import LARGEST_FILE, read_image
from certificate.rendering.renderer import DrawPdf, Renderer
from certificate.rendering.sample import Format, sample
from certificate.routes.access import check_may_edit, is_staff
from certificate.routes.parameters import OnPaper, PublicUrl
from certificate.schemas import TemplateCreate, TemplateUpdate, TemplateVersionView, TemplateView
from shared.auth import Identity, Instructor
from shared.database import Database, OpenDatabase
from shared.errors import Invalid
from shared.fields import PathId, QueryRef
from shared.pagination import Page, Paging
from shared.peers import AskPeers, Peers

router = APIRouter(tags=["certificate templates"], prefix="/api/certificate-templates")

AsFormat = Annotated[Format, Query(alias="format", description="`png`, or `pdf`.")]
Version = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="An earlier version; the present if left out.")]
ImagePlace = Annotated[Place, Path(description="`logo`, or `signature`.")]
PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/png": {}, "application/pdf": {}}, "description": "The page."}
}


@router.get("/")
async def list_certificate_templates(
    identity: Instructor,
    database: OpenDatabase,
    peers: AskPeers,
    paging: Paging,
    public_url: PublicUrl,
    course: QueryRef = None,
) -> Page[TemplateView]:
    """Templates of the courses you are staff of, and the default; all for administrators.

    For instructors and administrators. Order by `created_date` (the newest first if left out) or `updated_date`.
    """
    course_id = None if course is None else await learn.find_course_id(database, peers, course)
    sees_all = await is_staff(database, peers, identity, course_id)
    async with database.reading() as session:
        return await templates.list_templates(
            session,
            paging,
            staff_id=None if sees_all else identity.user_id,
            course_id=course_id,
            public_url=public_url,
        )


@router.post("/", status_code=201)
async def create_certificate_template(
    body: TemplateCreate, identity: Instructor, database: OpenDatabase, peers: AskPeers, public_url: PublicUrl
) -> TemplateView:
    """Make the template of a course (for its staff and administrators), or the default (for administrators).

    A course has one at most, 400 if there is one. Certificates issued from now on look so; those issued before stay as
    they are. Text must have a contrast of 4.5 with the paper, lines of 3 (400 naming the colour).
    """
    course_id = None
    if body.course is not None:
        course_id = await learn.find_course_id(database, peers, body.course)
        if not (course_id and await learn.is_course(database, peers, course_id)):
            raise Invalid(course="There is no such course.")
    await check_may_edit(database, peers, identity, course_id)
    values = body.model_dump(exclude_unset=True, exclude={"course"})
    async with database.transaction() as session:
        made = await commands.create(session, course_id, values, identity.user_id)
    return templates.view(*made, public_url)


@router.post("/preview/", response_class=Response, responses=PICTURE)
async def preview_new_certificate_template(
    body: TemplateUpdate,
    identity: Instructor,
    public_url: PublicUrl,
    renderer: DrawPdf,
    file_format: AsFormat = "png",
    paper: OnPaper = "a4",
) -> Response:
    """How a certificate would look with these values, which are not saved. It is marked as a preview."""
    look = Look(changed(Design(), body.model_dump(exclude_unset=True)))
    return await _drawn(renderer, sample(look, public_url, paper), file_format)


@router.get("/{template_id}/")
async def get_certificate_template(
    template_id: PathId, identity: Instructor, database: OpenDatabase, peers: AskPeers, public_url: PublicUrl
) -> TemplateView:
    """A template as it is now. The default for all who teach; a course's for its staff and administrators, else 404."""
    return templates.view(*await _find_readable(database, peers, identity, template_id), public_url)


@router.put("/{template_id}/")
async def replace_certificate_template(
    template_id: PathId,
    body: TemplateUpdate,
    identity: Instructor,
    database: OpenDatabase,
    peers: AskPeers,
    public_url: PublicUrl,
) -> TemplateView:
    """Change a template, as a new version. What is left out keeps its value: as PATCH."""
    return await change_certificate_template(template_id, body, identity, database, peers, public_url)


@router.patch("/{template_id}/")
async def change_certificate_template(
    template_id: PathId,
    body: TemplateUpdate,
    identity: Instructor,
    database: OpenDatabase,
    peers: AskPeers,
    public_url: PublicUrl,
) -> TemplateView:
    """Change a template, as a new version. What is left out, of `wording` and `colours` too, stays as it is.

    Certificates that were issued keep the version they were issued with. For the course's staff and administrators; the
    default for administrators.
    """
    await _check_editable(database, peers, identity, template_id)
    values = body.model_dump(exclude_unset=True)
    async with database.transaction() as session:
        made = await commands.change(session, template_id, values, identity.user_id, now=datetime.now(UTC))
    return templates.view(*made, public_url)


@router.delete("/{template_id}/", status_code=204)
async def delete_certificate_template(
    template_id: PathId, identity: Instructor, database: OpenDatabase, peers: AskPeers
) -> None:
    """Delete a template: the course's certificates look as the default from now on. Those issued stay as they are."""
    await _check_editable(database, peers, identity, template_id)
    async with database.transaction() as session:
        await commands.delete(session, template_id)


@router.get("/{template_id}/versions/")
async def list_certificate_template_versions(
    template_id: PathId,
    identity: Instructor,
    database: OpenDatabase,
    peers: AskPeers,
    paging: Paging,
    public_url: PublicUrl,
) -> Page[TemplateVersionView]:
    """All versions of a template, the newest first."""
    await _find_readable(database, peers, identity, template_id)
    async with database.reading() as session:
        return await templates.list_versions(session, paging, template_id, public_url)


@router.get("/{template_id}/preview/", response_class=Response, responses=PICTURE)
async def preview_certificate_template(
    template_id: PathId,
    identity: Instructor,
    database: OpenDatabase,
    peers: AskPeers,
    public_url: PublicUrl,
    renderer: DrawPdf,
    file_format: AsFormat = "png",
    paper: OnPaper = "a4",
    version: Version = None,
) -> Response:
    """How certificates of a template look, as PNG or PDF. It is marked as a preview and attests nothing."""
    look = await _find_look(database, peers, identity, template_id, version)
    return await _drawn(renderer, sample(look, public_url, paper), file_format)


@router.post("/{template_id}/preview/", response_class=Response, responses=PICTURE)
async def preview_certificate_template_change(
    template_id: PathId,
    body: TemplateUpdate,
    identity: Instructor,
    database: OpenDatabase,
    peers: AskPeers,
    public_url: PublicUrl,
    renderer: DrawPdf,
    file_format: AsFormat = "png",
    paper: OnPaper = "a4",
) -> Response:
    """How certificates of a template would look with these changes, which are not saved."""
    saved = await _find_look(database, peers, identity, template_id, None)
    look = Look(changed(saved.design, body.model_dump(exclude_unset=True)), saved.logo, saved.signature)
    return await _drawn(renderer, sample(look, public_url, paper), file_format)


@router.get("/{template_id}/{place}/", response_class=Response, responses=PICTURE)
async def get_certificate_template_image(
    template_id: PathId,
    place: ImagePlace,
    identity: Instructor,
    database: OpenDatabase,
    peers: AskPeers,
    version: Version = None,
) -> Response:
    """The logo or signature, as PNG. 404 where there is none."""
    chosen = await _find_version(database, peers, identity, template_id, version)
    async with database.reading() as session:
        image = await templates.get_image(session, getattr(chosen, f"{place}_digest"))
    return Response(image.png, media_type="image/png", headers={"Cache-Control": "private, max-age=300"})


@router.put("/{template_id}/{place}/")
async def set_certificate_template_image(
    template_id: PathId,
    place: ImagePlace,
    file: UploadFile,
    identity: Instructor,
    database: OpenDatabase,
    peers: AskPeers,
    public_url: PublicUrl,
) -> TemplateView:
    """Set the logo or signature, as a new version: `multipart/form-data` with `file`, 2 MB at most.

    A PNG, JPEG or WebP. It is drawn anew, 1200 × 600 pixels at most; a transparent ground stays so.
    """
    await _check_editable(database, peers, identity, template_id)
    data = await file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise Invalid(file=f"The file is larger than {LARGEST_FILE} bytes.")
    image = await run_in_threadpool(read_image, data)
    async with database.transaction() as session:
        made = await commands.change_image(session, template_id, place, image, identity.user_id, now=datetime.now(UTC))
    return templates.view(*made, public_url)


@router.delete("/{template_id}/{place}/", status_code=204)
async def remove_certificate_template_image(
    template_id: PathId, place: ImagePlace, identity: Instructor, database: OpenDatabase, peers: AskPeers
) -> None:
    """Take the logo or signature away, as a new version."""
    await _check_editable(database, peers, identity, template_id)
    async with database.transaction() as session:
        await commands.change_image(session, template_id, place, None, identity.user_id, now=datetime.now(UTC))


async def _find_readable(
    database: Database, peers: Peers, identity: Identity, template_id: int
) -> tuple[Template, TemplateVersion]:
    async with database.reading() as session:
        template, present = await templates.get_template(session, template_id)
    check_may_read_template(
        is_default=template.course_id is None,
        is_staff=await is_staff(database, peers, identity, template.course_id),
    )
    return template, present


async def _check_editable(database: Database, peers: Peers, identity: Identity, template_id: int) -> None:
    template, _ = await _find_readable(database, peers, identity, template_id)
    await check_may_edit(database, peers, identity, template.course_id)


async def _find_version(
    database: Database, peers: Peers, identity: Identity, template_id: int, version: int | None
) -> TemplateVersion:
    _, present = await _find_readable(database, peers, identity, template_id)
    if version is None:
        return present
    async with database.reading() as session:
        return await templates.get_version(session, template_id, version)


async def _find_look(
    database: Database, peers: Peers, identity: Identity, template_id: int, version: int | None
) -> Look:
    chosen = await _find_version(database, peers, identity, template_id, version)
    async with database.reading() as session:
        return await templates.get_look(session, str(chosen.id))


async def _drawn(renderer: Renderer, drawing: Drawing, file_format: Format) -> Response:
    headers = {"Cache-Control": "private, no-store"}
    if file_format == "png":
        return Response(await renderer.png(drawing), media_type="image/png", headers=headers)
    headers["Content-Disposition"] = 'inline; filename="preview.pdf"'
    return Response(await renderer.pdf(drawing), media_type="application/pdf", headers=headers)
