"""What a service answers: while it arrives, and as it is handed out."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

MOST_AHEAD = 128 * 1024
"""Bytes of a body that may wait to be taken; the one read of the socket that goes beyond is the last."""

_LENGTHS = frozenset((b"content-length", b"transfer-encoding"))


class UpstreamDown(Exception):
    """A service refused the connection, broke it off, or took too long."""


class Answer(NamedTuple):
    """An answer that has begun."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    pieces: AsyncIterator[bytes]
    """The body, as it arrives. Raises UpstreamDown when it breaks off."""

    async def whole(self, largest: int) -> bytes:
        """All of the body. Raises UpstreamDown when it breaks off, or has more than `largest` bytes."""
        pieces, size = [], 0
        async for piece in self.pieces:
            size += len(piece)
            if size > largest:
                raise UpstreamDown(f"answered more than {largest} bytes")
            pieces.append(piece)
        return b"".join(pieces)


class Arriving(AsyncIterator[bytes]):
    """An answer on its way. A connection writes it; one task waits for it to begin, and then takes its pieces."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self.status = 0
        """0 until all headers are there."""
        self.headers: list[tuple[bytes, bytes]] = []
        self.is_complete = False
        self.waiter: asyncio.Future[None] | None = None
        self.awaited_since = 0.0
        self._transport = transport
        self._loop = loop
        self._error: Exception | None = None
        self._pieces: list[bytes] = []
        self._size = 0

    async def begin(self) -> None:
        """Wait for the headers. Raises what it failed with."""
        while not self.status:
            if self._error is not None:
                raise self._error
            await self._more()

    async def __anext__(self) -> bytes:
        while not self._pieces:
            if self.is_complete:
                raise StopAsyncIteration
            if self._error is not None:
                raise UpstreamDown(str(self._error)) from self._error
            await self._more()
        piece = b"".join(self._pieces)
        self._pieces.clear()
        if self._size > MOST_AHEAD:
            self._transport.resume_reading()
        self._size = 0
        return piece

    def begun(self, status: int) -> None:
        self.status = status
        self._wake()

    def add(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > MOST_AHEAD:
            self._transport.pause_reading()
        self._wake()

    def complete(self) -> None:
        self.is_complete = True
        self._wake()

    def fail(self, error: Exception) -> None:
        """No more of it comes. What has come can be taken; a complete one cannot fail."""
        if not self.is_complete and self._error is None:
            self._error = error
            self._wake()

    @property
    def ends_with_connection(self) -> bool:
        """Whether it has begun, and only the connection's end can tell its own."""
        return self.status > 0 and all(name.lower() not in _LENGTHS for name, _ in self.headers)

    async def _more(self) -> None:
        self.awaited_since = self._loop.time()
        self.waiter = self._loop.create_future()
        try:
            await self.waiter
        finally:
            self.waiter = None

    def _wake(self) -> None:
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)
