"""The HTTP entrance of the verification pages."""

import re
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from starlette.responses import RedirectResponse, Response

from gateway.verify.pages import (
    LONGEST_NUMBER,
    Verification,
    known_page,
    start_page,
    unavailable_page,
    unknown_page,
)
from shared.errors import ServiceUnavailable
from shared.peers import AskPeers

router = APIRouter(include_in_schema=False)

_NUMBER = re.compile(rf"[A-Za-z0-9_-]{{1,{LONGEST_NUMBER}}}")


@router.get("/verify")
@router.get("/verify/")
async def form(certificate_number: Annotated[str, Query()] = "") -> Response:
    """The form, and where its answer stands: every certificate has an address of its own."""
    if number := certificate_number.strip()[:LONGEST_NUMBER]:
        return RedirectResponse(f"/verify/{quote(number, safe='')}", 303)
    return start_page()


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
    return known_page(found) if found else unknown_page(number)
