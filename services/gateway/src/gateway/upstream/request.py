"""A request as it goes over the wire: its head in bytes, its body framed."""

from collections.abc import AsyncIterator, Sequence

_READS = frozenset(("GET", "HEAD", "OPTIONS"))
_HARMLESS = bytes({*range(256)} - {*range(32), 127} | {ord("\t")})
"""What a head may hold beside the ends of its lines."""


class Request:
    """Made for one exchange: the body can be read once.

    It goes out with the Content-Length of `headers`, and in chunks when there is none. Without a body that header is
    left out. Raises ValueError for a head with control characters, or a target with spaces: it would be another one.
    """

    def __init__(
        self, host: str, method: str, target: str, headers: Sequence[tuple[str, str]], body: AsyncIterator[bytes] | None
    ) -> None:
        self.method = method
        self.is_whole = body is None
        """Whether nothing follows what `begin` gave."""
        self.is_repeatable = self.is_whole and method in _READS
        self._body = body
        self._left: int | None = None
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host}"]
        for name, value in headers:
            if len(name) == 14 and name.lower() == "content-length":
                self._left = int(value)
            else:
                lines.append(f"{name}: {value}")
        if body is not None:
            lines.append("Transfer-Encoding: chunked" if self._left is None else f"Content-Length: {self._left}")
        elif method not in _READS:
            lines.append("Content-Length: 0")
        lines.append("\r\n")
        self._head = "\r\n".join(lines).encode()
        if " " in target or self._head.translate(None, _HARMLESS) != b"\r\n" * len(lines):
            raise ValueError("control characters in the head of a request")

    async def begin(self) -> bytes:
        """The head, and with it the first piece of the body. Raises what the body does, and as `rest`."""
        if self._body is None:
            return self._head
        begun = self._head + self._framed(await anext(self._body, b""))
        if self._left == 0:
            async for _ in self.rest():
                pass
            self.is_whole = True
        return begun

    async def rest(self) -> AsyncIterator[bytes]:
        """What follows `begin`. Raises what the body does, and ValueError when it has not the length it is said to."""
        assert self._body is not None
        async for piece in self._body:
            yield self._framed(piece)
        if self._left is None:
            yield b"0\r\n\r\n"
        elif self._left:
            raise ValueError("a body shorter than its Content-Length")

    def _framed(self, piece: bytes) -> bytes:
        if self._left is None:
            return b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b""
        self._left -= len(piece)
        if self._left < 0:
            raise ValueError("a body longer than its Content-Length")
        return piece
