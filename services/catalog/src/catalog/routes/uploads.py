"""Files on their way into storage: held to their limits while they arrive, then looked into."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import get_args

from catalog.commands.courses import Thumbnail
from catalog.commands.resources import StoredFile
from catalog.domain.choices import ResourceType
from catalog.domain.durations import duration_minutes
from catalog.domain.media import (
    HEAD,
    LARGEST_THUMBNAIL,
    LARGEST_VIDEO,
    MB,
    check_kind,
    check_thumbnail,
    largest_of,
    mime_type_of,
    safe_name,
)
from catalog.images import pixels, thumbnails
from catalog.routes.forms import Pieces, SentFile
from catalog.storage import Storage
from catalog.storage.base import ReadAt
from catalog.store.files import announce_file, discard_file, keep, variant_of
from shared.database import Database
from shared.errors import Invalid, PayloadTooLarge


async def take_resource_file(
    database: Database, storage: Storage, sent: SentFile, kind: ResourceType | None, *, now: datetime
) -> StoredFile:
    """Put a file into storage. `kind` is that of the resource there is; the field `type` that came before goes first.

    Raises Invalid when its bytes are not of the type, PayloadTooLarge, StorageUnavailable.
    """
    said = sent.fields.get("type")
    kind = next((each for each in get_args(ResourceType) if each == said), kind)
    head, pieces = await _peeked(sent.pieces)
    if not head:
        raise Invalid(file="The file is empty.")
    mime_type = mime_type_of(head, sent.name)
    if kind == "link":
        raise Invalid(file="A link has a url, not a file.")
    if kind is not None:
        try:
            check_kind(kind, mime_type)
        except ValueError as error:
            raise Invalid(file=str(error)) from None
    largest = LARGEST_VIDEO if kind is None else largest_of(kind)
    key, size = await keep(database, storage, limited(pieces, largest, f"A file of type '{kind}'"), now=now)
    try:
        minutes, shape = await asyncio.to_thread(_look_into, mime_type, size, storage.reader(key))
    except BaseException:
        await discard_file(database, storage, key)
        raise
    width, height = shape or (None, None)
    return StoredFile(key, safe_name(sent.name), size, mime_type, minutes, width, height)


async def take_thumbnail(
    database: Database, storage: Storage, sent: SentFile, public_url: str, *, now: datetime
) -> Thumbnail:
    """Make a picture's sizes and put them into storage. Raises Invalid, PayloadTooLarge, StorageUnavailable."""
    head, pieces = await _peeked(sent.pieces)
    try:
        check_thumbnail(mime_type_of(head, ""))
        with SpooledTemporaryFile(max_size=MB) as file:
            async for piece in limited(pieces, LARGEST_THUMBNAIL, "A thumbnail"):
                file.write(piece)
            sizes = await thumbnails(file)
    except ValueError as error:
        raise Invalid(thumbnail=str(error)) from None
    key = await announce_file(database, now=now, variants=list(sizes))
    try:
        for name, image in sizes.items():
            await storage.write(variant_of(key, name), _once(image))
    except BaseException:
        await discard_file(database, storage, key)
        raise
    return Thumbnail(key, f"{public_url}/api/media/{key}/large.webp")


async def _once(piece: bytes) -> AsyncIterator[bytes]:
    yield piece


async def limited(pieces: Pieces, largest: int, what: str) -> AsyncIterator[bytes]:
    """`pieces`, up to `largest` bytes. Raises PayloadTooLarge."""
    size = 0
    async for piece in pieces:
        size += len(piece)
        if size > largest:
            raise PayloadTooLarge(f"{what} can have at most {largest // MB} MB.", limit=largest)
        yield piece


async def _peeked(pieces: Pieces) -> tuple[bytes, Pieces]:
    """The first bytes, and all of them again."""
    head = bytearray()
    async for piece in pieces:
        head += piece
        if len(head) >= HEAD:
            break
    begun = bytes(head)

    async def again() -> AsyncIterator[bytes]:
        yield begun
        async for piece in pieces:
            yield piece

    return begun[:HEAD], again()


def _look_into(mime_type: str, size: int, read: ReadAt) -> tuple[int | None, tuple[int, int] | None]:
    if mime_type.startswith("image/"):
        return None, pixels(read)
    return duration_minutes(mime_type, size, read), None
