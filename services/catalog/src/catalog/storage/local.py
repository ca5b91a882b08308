"""Files in a folder of this machine (or one that several mount)."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from catalog.storage.base import PIECE, NotStored, Pieces, ReadAt

_KEY = re.compile(r"[0-9a-f]{40}(\.[a-z]{1,20})?")
_WRITTEN_AT_ONCE = 1024 * 1024


class Folder:
    """A file is `<two characters>/<key>`; while it is written, `….part`. Disks are waited for in threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def write(self, key: str, pieces: Pieces) -> int:
        path = self._path(key)
        part = path.with_name(f"{path.name}.part")
        size, held = 0, bytearray()
        await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
        file = await asyncio.to_thread(part.open, "wb", 0)
        try:
            async for piece in pieces:
                held += piece
                size += len(piece)
                if len(held) >= _WRITTEN_AT_ONCE:
                    await asyncio.to_thread(_write_all, file.fileno(), bytes(held))
                    held.clear()
            await asyncio.to_thread(_finish, file.fileno(), bytes(held), part, path)
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise
        finally:
            file.close()
        return size

    async def read(self, key: str, start: int, size: int) -> Pieces:
        try:
            descriptor = await asyncio.to_thread(os.open, self._path(key), os.O_RDONLY)
        except FileNotFoundError:
            raise NotStored from None
        return _pieces(descriptor, start, size)

    async def delete(self, key: str) -> None:
        path = self._path(key)
        for each in (path, path.with_name(f"{path.name}.part")):
            await asyncio.to_thread(each.unlink, missing_ok=True)

    def reader(self, key: str) -> ReadAt:
        path = self._path(key)

        def read_at(offset: int, size: int) -> bytes:
            with path.open("rb", 0) as file:
                file.seek(offset)
                return file.read(size)

        return read_at

    def link(self, key: str, *, now: datetime, file_name: str, mime_type: str) -> str | None:
        return None

    async def close(self) -> None:
        """Nothing is open."""

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):  # only what `new_key` makes is ever part of a path
            raise NotStored
        return self._folder / key[:2] / key


async def _pieces(descriptor: int, start: int, size: int) -> AsyncIterator[bytes]:
    try:
        while size:
            piece = await asyncio.to_thread(os.pread, descriptor, min(PIECE, size), start)
            if not piece:
                return
            start, size = start + len(piece), size - len(piece)
            yield piece
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, held: bytes) -> None:
    rest = memoryview(held)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _finish(descriptor: int, held: bytes, part: Path, path: Path) -> None:
    """On the disk before it has its name: a row will say that it is whole."""
    _write_all(descriptor, held)
    os.fsync(descriptor)
    part.replace(path)
