"""`…/logo/` and `…/signature/` of certificate templates"""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, UploadFile
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from certificate.commands import templates as commands
from certificate.commands.templates import Place
from certificate.queries import templates
from certificate.rendering.images import LARGEST_FILE, read_image
from certificate.routes.access import check_may_edit_template, find_template_version
from certificate.routes.parameters import PublicUrl, Version
from certificate.schemas import TemplateView
from shared.auth import Instructor
from shared.database import OpenDatabase
from shared.errors import Invalid
from shared.fields import PathId
from shared.peers import AskPeers

router = APIRouter(tags=["certificate templates"], prefix="/api/certificate-templates")

ImagePlace = Annotated[Place, Path(description="`logo`, or `signature`.")]
IMAGE: dict[int | str, dict[str, Any]] = {200: {"content": {"image/png": {}}, "description": "The image."}}


@router.get("/{template_id}/{place}/", response_class=Response, responses=IMAGE)
async def get_certificate_template_image(
    template_id: PathId,
    place: ImagePlace,
    identity: Instructor,
    database: OpenDatabase,
    peers: AskPeers,
    version: Version = None,
) -> Response:
    """The logo or signature, as PNG. 404 where there is none."""
    chosen = await find_template_version(database, peers, identity, template_id, version)
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
    await check_may_edit_template(database, peers, identity, template_id)
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
    await check_may_edit_template(database, peers, identity, template_id)
    async with database.transaction() as session:
        await commands.change_image(session, template_id, place, None, identity.user_id, now=datetime.now(UTC))
