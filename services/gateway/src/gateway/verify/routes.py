"""The HTTP entrance of the verification pages."""

import re
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from gateway.upstream.client import UpstreamDown
from gateway.upstream.proxy import Body, BodyTooLarge, BodyTooSlow
from gateway.verify.files import sentence_in, verify_file
from gateway.verify.pages import (
    LARGEST_PDF_MB,
    LONGEST_NUMBER,
    Verification,
    known_page,
    start_page,
    unavailable_page,
    unknown_file_page,
    unknown_page,
    unreadable_page,
)
from shared.errors import ServiceUnavailable
from shared.peers import AskPeers

router = APIRouter(include_in_schema=False)

LARGEST_FORM = 10 * 1024 * 1024
"""Of the whole form; the certificate service holds the file in it to its own limit."""
_NUMBER = re.compile(rf"[A-Za-z0-9_-]{{1,{LONGEST_NUMBER}}}")


@router.get("/verify")
@router.get("/verify/")
async def form(certificate_number: Annotated[str, Query()] = "") -> Response:
    """The form, and where its answer stands: every certificate has an address of its own."""
    if number := certificate_number.strip()[:LONGEST_NUMBER]:
        return RedirectResponse(f"/verify/{quote(number, safe='')}", 303)
    return start_page()


@router.post("/verify")
@router.post("/verify/")
async def file_result(request: Request) -> Response:
    """Whether the certificate in an uploaded PDF is valid. Anyone's page may send it: nothing is changed or kept."""
    kind = request.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/form-data"):
        return unreadable_page("Choose the PDF of a certificate.", status=415, closing=True)
    try:
        body = Body(request.receive, request.headers.raw, largest=LARGEST_FORM)
        status, answer = await verify_file(request.app.state.inside, kind, body)
    except BodyTooLarge:
        return unreadable_page(f"The file is larger than {LARGEST_PDF_MB} MB.", status=413, closing=True)
    except BodyTooSlow:
        return unreadable_page("The file stopped arriving. Try again.", status=400, closing=True)
    except UpstreamDown:
        return unavailable_page("")
    if status == 200:
        return _verdict(answer)
    if status == 404:
        return unknown_file_page()
    return unreadable_page(sentence_in(answer), status=400)


def _verdict(answer: bytes) -> Response:
    try:
        return known_page(Verification.model_validate_json(answer), now=datetime.now(UTC))
    except ValidationError:
        return unavailable_page("")


@router.get("/verify/{number}")
@router.get("/verify/{number}/")
async def result(number: str, peers: AskPeers) -> Response:
    """Whether the certificate with this number is valid."""
    if not _NUMBER.fullmatch(number):
        return unknown_page(number)
    try:
        found = await peers.get(
            "certificate", "/api/certificates/verify/", Verification, {"certificate_number": number}
        )
    except ServiceUnavailable:
        return unavailable_page(number)
    return known_page(found, now=datetime.now(UTC)) if found else unknown_page(number)
