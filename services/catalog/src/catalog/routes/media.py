"""`/api/media/`: pictures that anyone may see who has their address."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path
from starlette.responses import Response

from catalog.images import MIME_TYPE
from catalog.routes.downloads import send_file
from catalog.storage import NotStored, UseStorage
from catalog.store.files import variant_of
from shared.errors import NotFound

router = APIRouter(prefix="/api/media", tags=["media"])

LARGEST = 8 * 1024 * 1024
"""More than any thumbnail has."""
Key = Annotated[str, Path(pattern="^[0-9a-f]{40}$")]
Sent = Annotated[str | None, Header(include_in_schema=False)]
_RESPONSES: dict[int | str, dict[str, Any]] = {200: {"description": "The image.", "content": {MIME_TYPE: {}}}}


@router.get("/{key}/{size}.webp/", response_class=Response, responses=_RESPONSES)
async def read_thumbnail(
    key: Key,
    size: Literal["small", "medium", "large"],
    storage: UseStorage,
    range: Sent = None,
    if_range: Sent = None,
    if_none_match: Sent = None,
) -> Response:
    """A thumbnail in one of its sizes: within 320 × 180, 640 × 360, 1280 × 720 pixels. It never changes."""
    name = variant_of(key, size)
    try:
        image = b"".join([piece async for piece in await storage.read(name, 0, LARGEST)])
    except NotStored:
        raise NotFound from None

    async def read(start: int, length: int) -> AsyncIterator[bytes]:
        async def piece() -> AsyncIterator[bytes]:
            yield image[start : start + length]

        return piece()

    return await send_file(
        read,
        name=name,
        size=len(image),
        mime_type=MIME_TYPE,
        range_header=range,
        if_range=if_range,
        if_none_match=if_none_match,
        caching="public, max-age=31536000, immutable",
    )
