"""`/api/certificates/{id}/pdf/`"""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Header
from starlette.responses import Response

from certificate.domain.verification import status_at
from certificate.issuer import issuer
from certificate.queries.templates import get_look
from certificate.rendering.document import Drawing
from certificate.rendering.renderer import DrawPdf
from certificate.routes.access import find_document
from certificate.routes.parameters import OnPaper, PublicUrl
from shared.auth import SignedIn
from shared.database import OpenDatabase
from shared.fields import PathId
from shared.peers import AskPeers

router = APIRouter(tags=["certificates"])


@router.get(
    "/api/certificates/{certificate_id}/pdf/",
    response_class=Response,
    responses={
        200: {"content": {"application/pdf": {}}, "description": "The PDF."},
        304: {"description": "Unchanged since the one with this `ETag`."},
        503: {"description": "Too many are being drawn at the moment."},
    },
)
async def get_certificate_pdf(
    certificate_id: PathId,
    identity: SignedIn,
    database: OpenDatabase,
    peers: AskPeers,
    public_url: PublicUrl,
    renderer: DrawPdf,
    paper: OnPaper = "a4",
    if_none_match: Annotated[str | None, Header(max_length=500)] = None,
) -> Response:
    """A certificate to print or send: one page with a QR code that leads to its verification page.

    PDF/A-2b (archival) and PDF/UA-1 (accessible). It carries the facts that were signed, and all its bytes are signed:
    a file in which one was changed does not verify. One that is no longer in force says so across the page. For whom
    the certificate is readable.
    """
    certificate = await find_document(database, peers, identity, certificate_id)
    status = status_at(certificate.status, certificate.expires_at, now=datetime.now(UTC))
    async with database.reading() as session:
        look = await get_look(session, certificate.template_version)
    drawing = Drawing.of(certificate, look, status=status, public_url=public_url, paper=paper)
    key = issuer().key
    headers = {"ETag": drawing.etag(key.kid), "Cache-Control": "private, no-cache"}
    if if_none_match is not None and headers["ETag"] in if_none_match:
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = f'inline; filename="{drawing.filename}"'
    return Response(await renderer.sealed(drawing, key), media_type="application/pdf", headers=headers)
