"""A request through the gateway, against a static answer of the same size from Starlette on one uvicorn worker."""

import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from demo.api import Api
from demo.content import all_courses
from demo.load import make_course
from shared.runtime.process import Process, wait_until
from shared.runtime.stack import Stack
from shared.runtime.state import checkout, free_port, is_free

SECONDS = 2.0
CLIENTS = (1, 16)


@dataclass(frozen=True)
class Round:
    """Requests a second, and milliseconds at the median and the 99th percentile."""

    rate: float
    p50: float
    p99: float


async def measure(stack: Stack, guest: Api, rounds: int) -> list[str]:
    """Markdown lines: course detail and lesson, with one client and with sixteen."""
    instructor, admin = guest.log_in("instructor@example.com"), guest.log_in("admin@example.com")
    course = make_course(instructor, admin, all_courses()[0])
    learner, _ = guest.register("bench@example.com", "Ben", "Ch")
    learner.post(f"/courses/{course['slug']}/enroll/")
    lesson = course["modules"][0]["lessons"][1]["id"]
    paths = {
        "course detail, a guest": (f"/api/courses/{course['slug']}/", {}),
        "lesson, enrolled": (f"/api/lessons/{lesson}/", learner.headers),
    }
    lines = [
        "## A request through the gateway to the row and back",
        "",
        "Uncached: gateway, service and PostgreSQL do all of their work for each request.",
        "",
        "| request | clients | of a static answer | req/s | p50 ms | p99 ms |",
        "|---|---|---|---|---|---|",
    ]
    for name, (path, headers) in paths.items():
        async with aiohttp.ClientSession(headers=headers) as session:
            async with session.get(stack.url + path) as answer:
                size = len(await answer.read())
            async with static_server(size) as static:
                for clients in CLIENTS:
                    ours, base = [], []
                    for _ in range(rounds):
                        ours.append(await load(session, stack.url + path, clients))
                        base.append(await load(session, static, clients))
                    ratio = statistics.median(o.rate / b.rate for o, b in zip(ours, base, strict=True))
                    figures = [statistics.median(getattr(o, part) for o in ours) for part in ("rate", "p50", "p99")]
                    lines.append(
                        f"| {name} ({size / 1000:.1f} kB) | {clients} | {ratio:.3f} |"
                        f" {figures[0]:.0f} | {figures[1]:.2f} | {figures[2]:.2f} |"
                    )
    return lines


async def load(session: aiohttp.ClientSession, url: str, clients: int) -> Round:
    """Closed loop: each client asks again as soon as it is answered."""
    times: list[float] = []
    end = time.perf_counter() + SECONDS

    async def client() -> None:
        while (begun := time.perf_counter()) < end:
            async with session.get(url) as answer:
                await answer.read()
                assert answer.status == 200, answer.status
            times.append((time.perf_counter() - begun) * 1000)

    begun = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    spent = time.perf_counter() - begun
    times.sort()
    return Round(len(times) / spent, times[len(times) // 2], times[len(times) * 99 // 100])


@asynccontextmanager
async def static_server(size: int) -> AsyncIterator[str]:
    """The yardstick: Starlette answering `size` bytes."""
    port = free_port()
    scratch = Path(f"/tmp/syllabus-bench-{port}")
    process = Process(
        [sys.executable, "-m", "bench.static", str(port), str(size)],
        log=scratch.with_suffix(".log"),
        record=scratch.with_suffix(".pid"),
        directory=checkout(),
        environment={"PATH": "/usr/bin:/bin"},
    )
    try:
        assert await asyncio.to_thread(wait_until, lambda: not is_free(port), 20.0)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.stop()
