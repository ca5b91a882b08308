"""Drawing beside the event loop: few at a time, and no endless queue."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Annotated, TypeVar

from fastapi import Depends, Request

from certificate.domain.signing import SigningKey
from certificate.rendering.document import Drawing, draw_pdf, draw_png, draw_sealed
from shared.errors import ServiceUnavailable

AT_ONCE = 2
MOST_WAITING = 100

T = TypeVar("T")


class Renderer:
    """Threads that draw. Typst lets go of the interpreter while it works, so the event loop goes on."""

    def __init__(self, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING) -> None:
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="draw")
        self._most = at_once + most_waiting
        self._taken = 0

    async def pdf(self, drawing: Drawing) -> bytes:
        """Raises ServiceUnavailable when too many are being drawn already."""
        return await self.run(draw_pdf, drawing)

    async def sealed(self, drawing: Drawing, key: SigningKey) -> bytes:
        """Raises ServiceUnavailable as well."""
        return await self.run(partial(draw_sealed, key=key), drawing)

    async def png(self, drawing: Drawing) -> bytes:
        """Raises ServiceUnavailable as well."""
        return await self.run(draw_png, drawing)

    async def run(self, work: Callable[[Drawing], T], drawing: Drawing) -> T:
        if self._taken >= self._most:
            raise ServiceUnavailable("Too many certificates are being drawn. Try again in a moment.")
        self._taken += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, drawing)
        finally:
            self._taken -= 1

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


async def _renderer(request: Request) -> Renderer:
    renderer: Renderer = request.app.state.renderer
    return renderer


DrawPdf = Annotated[Renderer, Depends(_renderer)]
"""Route parameter: the process's renderer."""
