"""Attached files on disk: random names in one folder, written whole or not at all."""

import asyncio
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

PIECE = 256 * 1024
KEPT_S = 24 * 3600.0
"""How long a file that no answer names is kept: longer than a request that just stored it can take."""


class Files:
    """The folder. Its files are named by keys."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "attachments"

    async def store(self, source: BinaryIO) -> str:
        """Keep a copy; returns its key."""
        key = secrets.token_hex(24)
        await asyncio.to_thread(self._write, source, self.path(key))
        return key

    def path(self, key: str) -> Path:
        return self._folder / key[:2] / key

    async def delete(self, key: str) -> None:
        await asyncio.to_thread(self.path(key).unlink, missing_ok=True)

    def list_old(self, *, now: float | None = None) -> Iterator[str]:
        """Keys of the files that have been there for a while."""
        before = (time.time() if now is None else now) - KEPT_S
        for path in self._folder.glob("??/*"):
            with suppress(FileNotFoundError):  # another worker sweeps too
                if path.stat().st_mtime < before:
                    yield path.name

    def delete_all(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.path(key).unlink(missing_ok=True)

    def _write(self, source: BinaryIO, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        try:
            with part.open("xb") as target:
                while piece := source.read(PIECE):
                    target.write(piece)
                target.flush()
                os.fsync(target.fileno())
            part.chmod(0o600)
            part.rename(path)
        finally:
            part.unlink(missing_ok=True)
