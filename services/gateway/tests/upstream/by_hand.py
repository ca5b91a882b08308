"""Services by hand: what goes over the wire is what a test says, byte for byte."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, cast

from gateway.upstream.client import ANSWER_LIMIT_S, Upstreams
from gateway.upstream.pool import Pool
from shared.settings import ServiceSettings

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LARGEST = 64 * 1024 * 1024

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Service:
    """Carries out `script` for each connection, and closes it after that."""

    def __init__(self) -> None:
        self.script: Script = answering(OK)
        self.requests: list[list[bytes]] = []
        """Of each connection, as they came."""
        self.ended: list[asyncio.Event] = []
        """Set where `until_closed` saw the other side close."""
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def counts(self) -> list[int]:
        """How many requests each connection had."""
        return [len(requests) for requests in self.requests]

    def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.append(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests, ended = [], asyncio.Event()
        self.requests.append(requests)
        self.ended.append(ended)
        writer.requests, writer.ended = requests, ended  # type: ignore[attr-defined]
        try:
            await self.script(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            ended.set()
        finally:
            writer.close()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """One request, with its body."""
    request = head = await reader.readuntil(b"\r\n\r\n")
    if b"Transfer-Encoding: chunked" in head:
        while not request.endswith(b"\r\n0\r\n\r\n"):
            request += await reader.readuntil(b"\r\n")
    elif b"Content-Length: " in head:
        request += await reader.readexactly(int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0]))
    writer.requests.append(request)  # type: ignore[attr-defined]
    return request


def answering(*answers: bytes, lasting: bool = True) -> Script:
    """Gives the answers to as many requests; then waits for the other side to close, or closes itself."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await take(reader, writer)
            writer.write(answer)
            await writer.drain()
        if lasting:
            await until_closed(reader, writer)

    return script


async def always_ok(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        await take(reader, writer)
        writer.write(OK)


async def until_closed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await reader.read(1 << 20):
            pass
    finally:
        writer.ended.set()  # type: ignore[attr-defined]


async def until(condition: Callable[[], Any]) -> None:
    while not condition():
        await asyncio.sleep(0.001)


async def fetched(
    upstreams: Upstreams,
    method: str = "GET",
    target: str = "/x/",
    headers: Sequence[tuple[str, str]] = (),
    body: AsyncIterator[bytes] | None = None,
    *,
    limit_s: float | None = None,
) -> tuple[int, bytes]:
    """Status and body of an answer."""
    async with upstreams.ask("catalog", method, target, headers, body, limit_s=limit_s) as answer:
        return answer.status, await answer.whole(LARGEST)


async def of(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def pool_of(upstreams: Upstreams) -> Pool:
    return upstreams._pools["catalog"]


def idle_in(upstreams: Upstreams) -> int:
    return len(pool_of(upstreams)._idle)


class At:
    """Settings of which only the services' address is asked."""

    def __init__(self, address: str) -> None:
        self._address = address

    def peer_url(self, service: str) -> str:
        return self._address


def upstreams_at(address: str, answer_limit_s: float = ANSWER_LIMIT_S) -> Upstreams:
    return Upstreams(cast(ServiceSettings, At(address)), answer_limit_s=answer_limit_s)
