"""Asking another service, once, where a copy would say no (docs/architecture.md, "A copy may say yes")."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Annotated, TypeVar

import httpx
import structlog
from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError

from shared import tracing
from shared.auth import HEADER, Signer
from shared.errors import ServiceUnavailable
from shared.settings import ServiceName, ServiceSettings
from shared.telemetry import request_id

Params = Mapping[str, str | int | Sequence[str]]
TIME_LIMIT = httpx.Timeout(3.0, connect=1.0)
ASKED_AT_ONCE = 8
"""Questions of one batch of a job."""

log = structlog.get_logger()


M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")
A = TypeVar("A")


class Peers:
    """The private HTTP of the other services, called as this service."""

    def __init__(self, settings: ServiceSettings, signer: Signer | None) -> None:
        self._settings = settings
        self._signer = signer
        self._clients: dict[ServiceName, httpx.AsyncClient] = {}

    async def get(self, service: ServiceName, path: str, model: type[M], params: Params | None = None) -> M | None:
        """What `service` knows; None when it answers 404. Raises ServiceUnavailable when it does not answer."""
        headers = {"X-Request-ID": request_id()}
        if self._signer is not None:
            headers[HEADER] = self._signer.for_service()
        try:
            with tracing.span(f"GET {service}", "client", **{"peer.service": service, "url.path": path}):
                if (traceparent := tracing.traceparent()) is not None:
                    headers["traceparent"] = traceparent
                answer = await self._client(service).get(path, params=params, headers=headers)
            if answer.status_code == 404:
                return None
            answer.raise_for_status()
            return model.model_validate_json(answer.content)
        except (httpx.HTTPError, ValidationError) as error:
            log.warning("peer did not answer", peer=service, path=path, error=type(error).__name__)
            raise ServiceUnavailable from error

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()

    def _client(self, service: ServiceName) -> httpx.AsyncClient:
        if service not in self._clients:
            address = self._settings.peer_url(service)
            transport = None
            if address.startswith("unix:"):
                transport, address = (
                    httpx.AsyncHTTPTransport(uds=address.removeprefix("unix:"), verify=False),
                    f"http://{service}",
                )
            self._clients[service] = httpx.AsyncClient(base_url=address, transport=transport, timeout=TIME_LIMIT)
        return self._clients[service]


async def ask_about_all(things: Iterable[T], ask: Callable[[T], Awaitable[A]]) -> list[A]:
    """What `ask` answers about each, in order; a few are asked at the same time.

    When one raises, so does this, after all have ended: nobody goes on asking for who has given up.
    """
    at_once = asyncio.Semaphore(ASKED_AT_ONCE)

    async def ask_in_turn(thing: T) -> A:
        async with at_once:
            return await ask(thing)

    asking = [asyncio.create_task(ask_in_turn(thing)) for thing in things]
    try:
        return await asyncio.gather(*asking)
    finally:
        for each in asking:
            each.cancel()
        await asyncio.gather(*asking, return_exceptions=True)


async def _peers(request: Request) -> Peers:
    peers: Peers = request.app.state.peers
    return peers


AskPeers = Annotated[Peers, Depends(_peers)]
"""Route parameter: the other services."""
