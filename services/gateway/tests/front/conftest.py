"""Services behind the gateway, as small real servers on Unix sockets."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from gateway.consumers import HANDLERS
from gateway.front import Front
from gateway.main import create
from gateway.settings import Settings
from shared.settings import ServiceName
from shared.testing import Environment, ServiceUnderTest, serve_for_tests

SERVICES: tuple[ServiceName, ...] = ("catalog", "enrollment", "assessment", "certificate")


@dataclass
class Upstream:
    """A service that remembers what it was asked, and answers what a test says."""

    name: str
    asked: list[dict[str, Any]] = field(default_factory=list)
    answer: Callable[[Scope, Receive, Send], Awaitable[None]] | None = None
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a client of a waiting request has gone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        request: dict[str, Any] = {
            "service": self.name,
            "method": scope["method"],
            "path": scope["path"],
            "raw_path": scope["raw_path"].decode(),
            "query": scope["query_string"].decode(),
            "headers": headers,
        }
        self.asked.append(request)
        if self.answer is not None:
            await self.answer(scope, receive, send)
            return
        request["body"] = (await read(receive)).decode()
        await reply(send, 200, json.dumps(request).encode(), [(b"content-type", b"application/json")])


async def read(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message: Message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def reply(send: Send, status: int, body: bytes, headers: Any = ()) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def served(app: ASGIApp, path: Path) -> AsyncIterator[None]:
    """`app` on a Unix socket, by the protocol that serves in production."""
    config = uvicorn.Config(app, http="httptools", lifespan="off", log_config=None, access_log=False)
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_unix_server(
        lambda: HttpToolsProtocol(config=config, server_state=state, app_state={}), path
    )
    try:
        yield
    finally:
        server.close()
        for task in state.tasks:
            task.cancel()
        for connection in state.connections:
            connection.transport.close()
        await asyncio.gather(*state.tasks, return_exceptions=True)


@pytest.fixture
async def upstreams(tmp_path: Path) -> AsyncIterator[dict[str, Upstream]]:
    """The four services, each on its own socket in `tmp_path`."""
    found: dict[str, Upstream] = {name: Upstream(name) for name in SERVICES}
    async with AsyncExitStack() as stack:
        for name, upstream in found.items():
            await stack.enter_async_context(served(upstream, tmp_path / name))
        yield found


@pytest.fixture
async def gateway(environment: Environment, tmp_path: Path) -> AsyncIterator[ServiceUnderTest]:
    """The gateway, which looks for the services on sockets in `tmp_path`: nobody is there without `upstreams`."""
    addresses = {f"{name}_url": f"unix:{tmp_path / name}" for name in SERVICES}
    async with serve_for_tests(Settings, create, HANDLERS, environment, cache_bytes=0, **addresses) as service:
        yield service


@pytest.fixture
async def public(gateway: ServiceUnderTest, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the public address, over a real socket."""
    async with served(Front(gateway.app), tmp_path / "public"):
        transport = httpx.AsyncHTTPTransport(uds=str(tmp_path / "public"))
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway", timeout=10) as client:
            yield client
