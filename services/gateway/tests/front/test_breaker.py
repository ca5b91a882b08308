import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from gateway.upstream.breaker import FAILURES, REST_S, Breaker
from gateway.upstream.client import Upstreams
from shared.testing import ServiceUnderTest


class TestRules:
    def test_opens_after_failures_in_a_row(self) -> None:
        found = Breaker("catalog")
        for _ in range(3):
            for _ in range(FAILURES - 1):
                assert found.admits(now=0)
                found.failed(now=0)
            assert found.admits(now=0)
            found.succeeded()
        for _ in range(FAILURES):
            found.failed(now=0)
        assert not found.admits(now=REST_S - 0.001)

    def test_one_request_tries_after_a_rest(self) -> None:
        found = Breaker("catalog")
        for _ in range(FAILURES):
            found.failed(now=0)
        assert [found.admits(now=REST_S) for _ in range(3)] == [True, False, False]
        found.failed(now=REST_S)
        assert not found.admits(now=2 * REST_S - 0.001)
        assert [found.admits(now=2 * REST_S) for _ in range(2)] == [True, False]
        found.succeeded()
        assert [found.admits(now=2 * REST_S) for _ in range(2)] == [True, True]

    def test_a_try_that_taught_nothing_is_made_again(self) -> None:
        found = Breaker("catalog")
        for _ in range(FAILURES):
            found.failed(now=0)
        assert found.admits(now=REST_S)
        found.ended()
        assert found.admits(now=REST_S)


SERVICE = """
import sys, uvicorn

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})

uvicorn.run(app, uds=sys.argv[1], lifespan="off", log_level="error")
"""
Start = Callable[[], Awaitable[asyncio.subprocess.Process]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """`await start()` is the catalog as a process of its own, which answers."""
    started: list[asyncio.subprocess.Process] = []

    async def begin() -> asyncio.subprocess.Process:
        path = tmp_path / "catalog"
        path.unlink(missing_ok=True)
        started.append(await asyncio.create_subprocess_exec(sys.executable, "-c", SERVICE, path))
        while True:
            try:
                _, writer = await asyncio.open_unix_connection(path)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return started[-1]

    yield begin
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.wait()


class TestServicesThatDie:
    async def test_are_left_alone_and_found_again(
        self, public: httpx.AsyncClient, start: Start, gateway: ServiceUnderTest
    ) -> None:
        process = await start()
        assert (await public.get("/api/courses/")).status_code == 200
        process.send_signal(signal.SIGKILL)
        await process.wait()
        answers = [await public.get("/api/courses/") for _ in range(FAILURES + 1)]
        assert {answer.status_code for answer in answers} == {503}
        assert int(answers[-1].headers["Retry-After"]) >= REST_S
        assert not gateway.app.state.upstreams._breakers["catalog"].admits()

        await start()  # it is back, and is not asked before the rest is over
        assert (await public.get("/api/courses/")).status_code == 503
        given_up = time.monotonic() + 5 * REST_S
        while (await public.get("/api/courses/")).status_code != 200:
            assert time.monotonic() < given_up
            await asyncio.sleep(0.05)
        found = await asyncio.gather(*(public.get("/api/courses/") for _ in range(10)))
        assert {answer.status_code for answer in found} == {200}


class TestServicesThatHang:
    async def test_keep_few_waiting(self, public: httpx.AsyncClient, upstreams: Any, gateway: ServiceUnderTest) -> None:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            while (await receive())["type"] != "http.disconnect":
                pass

        upstreams["catalog"].answer = answer
        gateway.app.state.upstreams = Upstreams(gateway.settings, answer_limit_s=0.1)
        for _ in range(FAILURES):
            assert (await public.get("/api/courses/")).status_code == 503
        started = time.perf_counter()
        assert (await public.get("/api/courses/")).status_code == 503
        assert time.perf_counter() - started < 0.1
        assert len(upstreams["catalog"].asked) == FAILURES
        assert (await public.get("/api/enrollments/")).status_code == 200
        await gateway.app.state.upstreams.close()


class TestWhatIsNotTheServicesFault:
    async def test_bodies_that_are_refused(self, public: httpx.AsyncClient, upstreams: Any) -> None:
        for _ in range(FAILURES + 1):
            headers = {"Content-Type": "application/json"}
            assert (await public.post("/api/courses/", content=b"[" * 65, headers=headers)).status_code == 400
        assert (await public.get("/api/courses/")).status_code == 200

    async def test_clients_that_go_away(self, public: httpx.AsyncClient, upstreams: Any, tmp_path: Path) -> None:
        for _ in range(FAILURES + 1):
            _, writer = await asyncio.open_unix_connection(tmp_path / "public")
            head = "POST /api/courses/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            writer.write(f"{head}Content-Length: 9\r\n\r\n[".encode())
            await writer.drain()
            writer.close()
        assert (await public.get("/api/courses/")).status_code == 200

    @pytest.mark.parametrize("status", [404, 500, 503])
    async def test_answers_of_whatever_kind(self, public: httpx.AsyncClient, upstreams: Any, status: int) -> None:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": status, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        upstreams["catalog"].answer = answer
        for _ in range(FAILURES + 1):
            assert (await public.get("/api/courses/")).status_code == status
        assert len(upstreams["catalog"].asked) == FAILURES + 1
