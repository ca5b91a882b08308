"""Asking the services behind the gateway: one function over pools of kept-open connections.

aiohttp, over TCP or Unix sockets: a tenth of what httpx costs on this path. Nothing else of the gateway knows of it.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import get_args

import aiohttp
from aiohttp.client_middlewares import ClientHandlerType
from multidict import CIMultiDict
from yarl import URL

from gateway.upstream.breaker import Breaker
from shared.settings import ServiceName, ServiceSettings

ANSWER_LIMIT_S = 30.0
"""How long a service may take to begin its answer, and between two pieces of it."""
CONNECT_LIMIT_S = 1.0
WAIT_LIMIT_S = 5.0
"""For a free connection, when all are in use."""
MOST_CONNECTIONS = 200
KEPT_OPEN_S = 30.0
"""Below the services' own limit (75 s), so that this side closes first."""
LONGEST_HEADER = 32 * 1024

_REPEATABLE = frozenset(("GET", "HEAD", "OPTIONS"))
_AS_SENT = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class UpstreamDown(Exception):
    """A service refused the connection, broke it off, or took too long."""


@dataclass(frozen=True)
class Answer:
    """An answer that has begun."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    pieces: AsyncIterator[bytes]
    """The body, as it arrives. Raises UpstreamDown when it breaks off."""


class _Lost(aiohttp.ClientError):
    """Like a lost connection, but one that aiohttp does not try again on."""


async def _repeat_reads_only(request: aiohttp.ClientRequest, handler: ClientHandlerType) -> aiohttp.ClientResponse:
    """aiohttp repeats a PUT or DELETE too when a kept connection turns out closed; it may have been carried out."""
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        if request.method in _REPEATABLE:
            raise
        raise _Lost(str(error)) from error


class _Sending:
    """A body on its way, and whether it was its sender who broke it off."""

    def __init__(self, body: AsyncIterator[bytes]) -> None:
        self._body = body
        self.is_broken = False

    async def pieces(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._body:
                yield piece
        except Exception:
            self.is_broken = True
            raise


class Upstreams:
    """Connections to the services, opened when needed."""

    def __init__(self, settings: ServiceSettings, *, answer_limit_s: float = ANSWER_LIMIT_S) -> None:
        self._settings = settings
        self._limits = aiohttp.ClientTimeout(
            total=None, connect=WAIT_LIMIT_S, sock_connect=CONNECT_LIMIT_S, sock_read=answer_limit_s
        )
        self._sessions: dict[ServiceName, tuple[aiohttp.ClientSession, str]] = {}
        self._breakers = {service: Breaker(service) for service in get_args(ServiceName)}

    @asynccontextmanager
    async def ask(
        self,
        service: ServiceName,
        method: str,
        target: str,
        headers: Sequence[tuple[str, str]],
        body: AsyncIterator[bytes] | None = None,
        *,
        limit_s: float | None = None,
    ) -> AsyncIterator[Answer]:
        """Send a request and hand out the answer as it comes. `target` is an encoded path with its query.

        `limit_s` is for the whole of it, where that is to be shorter than usual.

        A read is sent again, once, when a kept connection turns out to be closed; a write never is.
        Raises UpstreamDown, at once while the service is left alone after failures.
        """
        breaker = self._breakers[service]
        if not breaker.admits():
            raise UpstreamDown("left alone after failures")
        session, address = self._session(service)
        sending = _Sending(body) if body is not None else None
        verdict: Callable[[], None] | None = breaker.ended
        try:
            async with session.request(
                method,
                URL(address + target, encoded=True),
                headers=CIMultiDict(headers),
                data=sending.pieces() if sending else None,
                allow_redirects=False,
                timeout=self._limits if limit_s is None else _within(limit_s),
            ) as response:
                breaker.succeeded()
                verdict = None
                yield Answer(response.status, response.raw_headers, _pieces(response))
        except (aiohttp.ClientError, TimeoutError) as error:
            if verdict and not isinstance(error, _Lost) and not (sending and sending.is_broken):
                verdict = breaker.failed
            raise UpstreamDown(f"{type(error).__name__}: {error}") from error
        finally:
            if verdict:
                verdict()

    async def close(self) -> None:
        for session, _ in self._sessions.values():
            await session.close()

    def _session(self, service: ServiceName) -> tuple[aiohttp.ClientSession, str]:
        if service not in self._sessions:
            self._sessions[service] = self._open(service)
        return self._sessions[service]

    def _open(self, service: ServiceName) -> tuple[aiohttp.ClientSession, str]:
        address = self._settings.peer_url(service)
        connector: aiohttp.BaseConnector
        if address.startswith("unix:"):
            connector = aiohttp.UnixConnector(
                address.removeprefix("unix:"), limit=MOST_CONNECTIONS, keepalive_timeout=KEPT_OPEN_S
            )
            address = f"http://{service}"
        else:
            connector = aiohttp.TCPConnector(limit=MOST_CONNECTIONS, keepalive_timeout=KEPT_OPEN_S)
        session = aiohttp.ClientSession(
            connector=connector,
            # Cookies are a client's own: kept here, they would go to everyone.
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=_AS_SENT,
            timeout=self._limits,
            middlewares=(_repeat_reads_only,),
            max_line_size=LONGEST_HEADER,
            max_field_size=LONGEST_HEADER,
        )
        return session, address.rstrip("/")


async def _pieces(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    try:
        async for piece in response.content.iter_any():
            yield piece
    except (aiohttp.ClientError, TimeoutError) as error:
        raise UpstreamDown(f"{type(error).__name__}: {error}") from error


def _within(limit_s: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=limit_s, sock_connect=CONNECT_LIMIT_S)
