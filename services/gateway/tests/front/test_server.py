import asyncio
import socket
from pathlib import Path

import httpx
import pytest

from gateway.main import create
from gateway.server import CannotListen, run
from gateway.settings import Settings
from shared.testing import Environment


def _client(path: Path) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(path)), base_url="http://gateway")


async def _until_served(path: Path) -> None:
    while True:
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(str(path))
            return
        except OSError:
            await asyncio.sleep(0.01)


class TestTwoAddresses:
    async def test_private_paths_are_on_the_private_one_only(self, environment: Environment, tmp_path: Path) -> None:
        public, private = tmp_path / "public", tmp_path / "private"
        settings = Settings(
            database_url=environment.database("gateway").url,
            listen=f"unix:{public}",
            internal_listen=f"unix:{private}",
            run_worker=False,
            log_format="console",
            log_level="warning",
        )
        stop = asyncio.Event()
        serving = asyncio.create_task(run(create(settings), settings, stop))
        async with asyncio.timeout(10):
            await _until_served(public)
            await _until_served(private)
        async with _client(public) as outside, _client(private) as inside:
            for path, status in (("/livez", 204), ("/readyz", 200), ("/metrics", 200), ("/internal/openapi.json", 200)):
                assert (await inside.get(path)).status_code == status
                assert (await outside.get(path)).status_code == 404
            home = await outside.get("/")
            assert home.status_code == 200
            assert "date" in home.headers
        stop.set()
        async with asyncio.timeout(10):
            await serving
        assert not _answers(public)

    async def test_an_address_that_is_taken_ends_both(self, environment: Environment, tmp_path: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            settings = Settings(
                database_url=environment.database("gateway").url,
                listen=f"127.0.0.1:{taken.getsockname()[1]}",
                internal_listen=f"unix:{tmp_path / 'private'}",
                run_worker=False,
                log_format="console",
                log_level="warning",
            )
            with pytest.raises(CannotListen):
                await asyncio.wait_for(run(create(settings), settings, asyncio.Event()), 10)
            assert not _answers(tmp_path / "private")

    async def test_the_word_of_loopback_about_who_asks_is_not_taken(
        self, environment: Environment, tmp_path: Path
    ) -> None:
        """As uvicorn would by itself."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        settings = Settings(
            database_url=environment.database("gateway").url,
            listen=f"127.0.0.1:{port}",
            internal_listen=f"unix:{tmp_path / 'private'}",
            run_worker=False,
            log_format="console",
            log_level="warning",
        )
        stop = asyncio.Event()
        serving = asyncio.create_task(run(create(settings), settings, stop))
        async with asyncio.timeout(10):
            await _until_served(tmp_path / "private")
        left = []
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            for forwarded in ("198.51.100.1", "198.51.100.2"):
                answer = await client.get("/", headers={"X-Forwarded-For": forwarded})
                left.append(int(answer.headers["RateLimit-Remaining"]))
        stop.set()
        async with asyncio.timeout(10):
            await serving
        assert left[1] == left[0] - 1


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0
