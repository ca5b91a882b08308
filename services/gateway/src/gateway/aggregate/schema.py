"""The description of the public API, as document and as page: asked for from every service, and kept while complete."""

import asyncio
import json
import time
from collections.abc import Mapping

from fastapi import FastAPI
from pydantic import RootModel

from gateway.aggregate.docs import render_docs
from gateway.aggregate.health import SERVICES
from gateway.aggregate.openapi import Document, merge
from shared.errors import ServiceUnavailable
from shared.peers import Peers
from shared.settings import ServiceName

LONGEST_KEPT_S = 300.0
"""A complete document is asked for anew after this, so that a service deployed meanwhile shows."""


class ServiceDocument(RootModel[Document]):
    """What a service says of itself at `/internal/openapi.json`."""


class PublicSchema:
    """The merged document and the page made of it, kept while complete."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._lock = asyncio.Lock()
        self._kept: tuple[bytes, str] | None = None
        self._until = 0.0

    async def document(self) -> bytes:
        """The document, as JSON."""
        return (await self._current())[0]

    async def page(self) -> str:
        """The document, as HTML."""
        return (await self._current())[1]

    async def _current(self) -> tuple[bytes, str]:
        async with self._lock:
            if self._kept is not None and time.monotonic() < self._until:
                return self._kept
            peers: Peers = self._app.state.peers
            found = dict(
                zip(SERVICES, await asyncio.gather(*(self._ask(peers, name) for name in SERVICES)), strict=True)
            )
            parts = {name: part for name, part in found.items() if part is not None}
            public_url = self._app.state.settings.public_url
            made = await asyncio.to_thread(_make, parts, sorted(set(found) - set(parts)), public_url)
            if len(parts) == len(found):
                self._kept, self._until = made, time.monotonic() + LONGEST_KEPT_S
            return made

    async def _ask(self, peers: Peers, service: ServiceName) -> Document | None:
        if service == "gateway":
            return self._app.openapi()
        try:
            found = await peers.get(service, "/internal/openapi.json", ServiceDocument)
        except ServiceUnavailable:
            return None
        return found.root if found else None


def _make(parts: Mapping[ServiceName, Document], missing: list[str], public_url: str) -> tuple[bytes, str]:
    document = merge(parts, missing, public_url)
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(), render_docs(document)
