"""Calling a receiver: to public addresses only, judged at the moment of connecting.

The name is looked up once for each connection, and the connection goes to an address that was looked at: a name that
leads elsewhere the next moment gains nothing. Redirects are not followed, nor more read than a little.
"""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from gateway.webhooks.domain.addresses import NOT_PUBLIC, Network, host_of, is_allowed, is_literal
from shared.errors import Invalid

CONNECT_LIMIT_S = 5.0
WHOLE_LIMIT_S = 15.0
LOOKUP_LIMIT_S = 3.0
READ_BYTES = 4096
"""Of the answer's body; the rest is not wanted."""


@dataclass(frozen=True)
class Outcome:
    """What became of one attempt."""

    status: int | None
    """Null when there was no answer."""
    error: str | None
    milliseconds: int

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """The receiver wants no more, ever."""
        return self.status == 410


class _NotPublic(OSError):
    """The name leads to an address that is none of ours to call."""


class CheckedResolver(AbstractResolver):
    """Looks names up, and gives away only what may be called."""

    def __init__(self, allowed: Sequence[Network]) -> None:
        self._allowed = allowed
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if not all(is_allowed(one["host"], self._allowed) for one in found):
            raise _NotPublic(NOT_PUBLIC)
        return found

    async def close(self) -> None:
        await self._resolver.close()


class Caller:
    """Calls receivers over connections that are opened for each call."""

    def __init__(self, session: aiohttp.ClientSession, allowed: Sequence[Network]) -> None:
        self._session = session
        self._allowed = allowed

    async def call(self, url: str, headers: dict[str, str], body: bytes) -> Outcome:
        """Never raises for what the receiver does."""
        started = time.monotonic()
        status, error = None, None
        try:
            host = host_of(url)
            if is_literal(host) and not is_allowed(host, self._allowed):
                raise _NotPublic(NOT_PUBLIC)
            status, error = await self._post(url, headers, body)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as failure:
            error = _said(failure)
        return Outcome(status, error, round((time.monotonic() - started) * 1000))

    async def _post(self, url: str, headers: dict[str, str], body: bytes) -> tuple[int, str | None]:
        async with self._session.post(URL(url), data=body, headers=headers, allow_redirects=False) as answer:
            await answer.content.read(READ_BYTES)
            if 300 <= answer.status < 400:
                return answer.status, "Redirects are not followed."
            return answer.status, None if answer.status < 400 else f"It answered {answer.status}."


@asynccontextmanager
async def open_caller(allowed: Sequence[Network]) -> AsyncIterator[Caller]:
    connector = aiohttp.TCPConnector(resolver=CheckedResolver(allowed), use_dns_cache=False, force_close=True)
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        timeout=aiohttp.ClientTimeout(total=WHOLE_LIMIT_S, sock_connect=CONNECT_LIMIT_S),
        headers={"User-Agent": "Syllabus-Webhooks/1", "Content-Type": "application/json"},
    ) as session:
        yield Caller(session, allowed)


async def check_url(url: str, allowed: Sequence[Network]) -> None:
    """Refuse a URL that no webhook can have. A name that cannot be looked up now is judged when it is called.

    Raises Invalid.
    """
    try:
        host = host_of(url)
    except ValueError as error:
        raise Invalid(url=str(error)) from error
    try:
        async with asyncio.timeout(LOOKUP_LIMIT_S):
            found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError, UnicodeError):
        return
    if not all(is_allowed(str(one[4][0]), allowed) for one in found):
        raise Invalid(url=NOT_PUBLIC)


def _said(failure: Exception) -> str:
    """For the delivery log: what went wrong, and nothing of what the network looks like from here."""
    cause = getattr(failure, "os_error", failure)
    if isinstance(cause, _NotPublic) or isinstance(failure.__cause__, _NotPublic):
        return NOT_PUBLIC
    if isinstance(failure, TimeoutError):
        return f"It did not answer within {WHOLE_LIMIT_S:g} s."
    if isinstance(failure, aiohttp.ClientConnectorDNSError):
        return "The name of the host could not be looked up."
    if isinstance(failure, aiohttp.ClientSSLError):
        return "No safe connection: its certificate is not valid for this host."
    if isinstance(failure, aiohttp.ClientConnectorError):
        return "No connection could be made."
    return f"The exchange broke off ({type(failure).__name__})."
