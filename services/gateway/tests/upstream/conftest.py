import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import uvloop
from services.gateway.tests.upstream.by_hand import Service, upstreams_at

from gateway.upstream.client import Upstreams


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that serves in production, and the one that does as the documentation says."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    found = Service()
    server = await asyncio.start_unix_server(found.connected, tmp_path / "catalog")
    yield found
    server.close()
    await found.stop()


@pytest.fixture
async def upstreams(service: Service, tmp_path: Path) -> AsyncIterator[Upstreams]:
    found = upstreams_at(f"unix:{tmp_path / 'catalog'}")
    yield found
    await found.close()


@pytest.fixture
async def hasty(service: Service, tmp_path: Path) -> AsyncIterator[Upstreams]:
    """`upstreams` that give a service a twentieth of a second."""
    found = upstreams_at(f"unix:{tmp_path / 'catalog'}", answer_limit_s=0.05)
    yield found
    await found.close()
