"""How a service is run."""

import asyncio
import gc
from pathlib import Path

import httpx
from fastapi import FastAPI

from shared.entry import Draining, server_config


async def test_a_server_that_serves_looks_for_no_garbage_in_what_is_loaded(tmp_path: Path) -> None:
    before = gc.get_freeze_count()
    app = FastAPI()
    server = Draining(server_config(app, f"unix:{tmp_path / 's.sock'}"), app, drain_s=0)
    serving = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(20):
            while not server.started:
                await asyncio.sleep(0.01)
        assert gc.get_freeze_count() > before + 10_000
        transport = httpx.AsyncHTTPTransport(uds=str(tmp_path / "s.sock"))
        async with httpx.AsyncClient(transport=transport, base_url="http://s") as client:
            assert (await client.get("/")).status_code == 404
    finally:
        server.should_exit = True
        await serving
        gc.unfreeze()
