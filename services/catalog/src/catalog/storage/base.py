"""What every storage can do."""

import secrets
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Protocol

from shared.errors import ServiceUnavailable

PIECE = 256 * 1024
"""So much of a file is in memory at a time, when it is read."""

Pieces = AsyncIterator[bytes]
ReadAt = Callable[[int, int], bytes]
"""(offset, size) → at most so many bytes from there; blocking, for a thread."""


class NotStored(Exception):
    """There is no file with this key."""


class StorageUnavailable(ServiceUnavailable):
    message = "The storage of files does not answer at the moment. Try again soon."


def new_key() -> str:
    """A key that nothing has and nobody guesses."""
    return secrets.token_hex(20)


class Storage(Protocol):
    """Files by key. All methods but `link` may raise StorageUnavailable."""

    async def write(self, key: str, pieces: Pieces) -> int:
        """Keep what comes, as it comes; its size. Whole or not at all, also when `pieces` raises."""

    async def read(self, key: str, start: int, size: int) -> Pieces:
        """`size` bytes from `start`, which are there. Raises NotStored, before the first piece."""

    async def delete(self, key: str) -> None:
        """Nothing where there is none."""

    def reader(self, key: str) -> ReadAt:
        """For reading here and there in a file, in a thread."""

    def link(self, key: str, *, now: datetime, file_name: str, mime_type: str) -> str | None:
        """An address from where anyone can download the file for some minutes; None where we serve it ourselves."""

    async def close(self) -> None:
        """Let go of connections."""
