"""Asking the services behind the gateway: one function over pools of kept-open connections.

A client of our own, over httptools and the event loop's transports: asking costs a quarter of what it did with aiohttp
(docs/performance.md). It speaks as much HTTP/1.1 as our services do: no TLS, no redirects, cookies or compression.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from math import inf
from typing import get_args

from gateway.upstream.answer import Answer, Arriving, UpstreamDown
from gateway.upstream.breaker import Breaker
from gateway.upstream.connection import Connection, KeptOneClosed
from gateway.upstream.pool import Pool
from gateway.upstream.request import Request
from shared.settings import ServiceName, ServiceSettings

__all__ = ["ANSWER_LIMIT_S", "Answer", "UpstreamDown", "Upstreams"]

ANSWER_LIMIT_S = 30.0
"""How long a service may take to begin its answer, between two pieces of it, and to take in more of a body."""


class Upstreams:
    """Connections to the services, opened when needed."""

    def __init__(self, settings: ServiceSettings, *, answer_limit_s: float = ANSWER_LIMIT_S) -> None:
        self._settings = settings
        self._answer_limit_s = answer_limit_s
        self._pools: dict[ServiceName, Pool] = {}
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

        `limit_s` is for the whole of it, the request's body too, where that is to be shorter than usual. The body goes
        out with the Content-Length that `headers` have, else in chunks; an answer may come before all of it was sent.

        A read is sent again, once, when a kept connection turns out to be closed; a write never is.
        Raises UpstreamDown, at once while the service is left alone after failures; what `body` raises before the
        answer begins; ValueError for a head that would be more than one, and for a body not of its length.
        """
        pool, connection, arriving = await self._begin(service, method, target, headers, body, limit_s)
        try:
            yield Answer(arriving.status, arriving.headers, arriving)
        finally:
            pool.give_back(connection)

    async def close(self) -> None:
        """Close what is kept open; what is in use, when it has been used."""
        for pool in self._pools.values():
            pool.close()

    async def _begin(
        self,
        service: ServiceName,
        method: str,
        target: str,
        headers: Sequence[tuple[str, str]],
        body: AsyncIterator[bytes] | None,
        limit_s: float | None,
    ) -> tuple[Pool, Connection, Arriving]:
        pool = self._pool(service)
        request = Request(pool.host, method, pool.prefix + target, headers, body)
        ends_at = inf if limit_s is None else asyncio.get_running_loop().time() + limit_s
        begun = await (request.begin() if body is None or limit_s is None else _begun_within(request, ends_at))
        # Only now: the one request that is to find out how a service is should not wait for its own client.
        breaker = self._breakers[service]
        if not breaker.admits():
            raise UpstreamDown("left alone after failures")
        verdict = breaker.ended
        try:
            connection, arriving = await pool.ask(begun, request, ends_at)
            verdict = breaker.succeeded
        except UpstreamDown as error:
            if not isinstance(error, KeptOneClosed):
                verdict = breaker.failed
            raise
        finally:
            verdict()
        return pool, connection, arriving

    def _pool(self, service: ServiceName) -> Pool:
        if service not in self._pools:
            self._pools[service] = Pool(self._settings.peer_url(service), service, limit_s=self._answer_limit_s)
        return self._pools[service]


async def _begun_within(request: Request, ends_at: float) -> bytes:
    try:
        async with asyncio.timeout_at(ends_at):
            return await request.begin()
    except TimeoutError as error:
        raise UpstreamDown("the request did not come in time") from error
