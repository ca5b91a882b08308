"""`…/preview/` of certificate templates: how certificates would look."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from certificate.domain.design import Design, changed
from certificate.queries.templates import get_look
from certificate.rendering.document import Drawing, Look
from certificate.rendering.renderer import DrawPdf, Renderer
from certificate.rendering.sample import Format, sample
from certificate.routes.access import find_template_version
from certificate.routes.parameters import OnPaper, PublicUrl, Version
from certificate.schemas import TemplateUpdate
from shared.auth import Identity, Instructor
from shared.database import Database, OpenDatabase
from shared.fields import PathId
from shared.peers import AskPeers, Peers

router = APIRouter(tags=["certificate templates"], prefix="/api/certificate-templates")

AsFormat = Annotated[Format, Query(alias="format", description="`png`, or `pdf`.")]
PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/png": {}, "application/pdf": {}}, "description": "The page."}
}


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


async def _find_look(
    database: Database, peers: Peers, identity: Identity, template_id: int, version: int | None
) -> Look:
    chosen = await find_template_version(database, peers, identity, template_id, version)
    async with database.reading() as session:
        return await get_look(session, str(chosen.id))


async def _drawn(renderer: Renderer, drawing: Drawing, file_format: Format) -> Response:
    headers = {"Cache-Control": "private, no-store"}
    if file_format == "png":
        return Response(await renderer.png(drawing), media_type="image/png", headers=headers)
    headers["Content-Disposition"] = 'inline; filename="preview.pdf"'
    return Response(await renderer.pdf(drawing), media_type="application/pdf", headers=headers)
