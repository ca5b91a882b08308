"""The live page of the demonstration: one file, served by this gateway so that page and sockets have one origin."""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from gateway.settings import Settings
from shared.errors import NotFound

FILE = Path(__file__).parents[5] / "deploy" / "demo" / "live.html"
"""In a checkout; an image has no demonstration."""

router = APIRouter(include_in_schema=False)


@router.get("/demo/live/")
async def live_page(request: Request) -> HTMLResponse:
    """The page, where this system is a demonstration."""
    settings: Settings = request.app.state.settings
    page = _page() if settings.demo else None
    if page is None:
        raise NotFound
    html, policy = page
    return HTMLResponse(html, headers={"Content-Security-Policy": policy, "Cache-Control": "no-cache"})


@cache
def _page() -> tuple[str, str] | None:
    """The file, and a policy by which nothing but what is written in it is run, or asked for elsewhere."""
    if not FILE.exists():
        return None
    html = FILE.read_text(encoding="utf-8")
    hashes = {kind: _hash(html, kind) for kind in ("script", "style")}
    policy = (
        f"default-src 'none'; script-src '{hashes['script']}'; style-src '{hashes['style']}'; connect-src 'self';"
        " form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
    return html, policy


def _hash(html: str, element: str) -> str:
    found = re.search(f"<{element}>(.*?)</{element}>", html, re.DOTALL)
    content = found.group(1) if found else ""
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
