"""Pushing: from the recording of an event to the socket; and what thousands of open sockets cost."""

import asyncio
import contextlib
import json
import os
import resource
import subprocess
import time
from datetime import datetime
from pathlib import Path

import httpx
import psycopg
import uvloop
from psycopg.conninfo import make_conninfo
from websockets.asyncio.client import ClientConnection, connect

from bench.report import Figure
from demo.api import Api
from demo.content import all_courses
from demo.load import make_course
from shared.runtime.stack import Stack

EVENTS = 300
A_SECOND = 20
AT_ONCE = 50


def allow_many_files() -> None:
    """This process and those that it starts may open as many as the system lets them."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def measure(stack: Stack, sockets: int) -> list[Figure]:
    """With one socket open, and with so many."""
    subprocess.run(stack.command("gateway", "demo-accounts"), env=stack.environment("gateway"), check=True)
    guest = Api(stack.url)
    try:
        return uvloop.run(_measure(stack, guest, sockets))
    finally:
        guest.close()


async def _measure(stack: Stack, guest: Api, sockets: int) -> list[Figure]:
    instructor, admin = guest.log_in("instructor@example.com"), guest.log_in("admin@example.com")
    course = make_course(instructor, admin, all_courses()[0])
    learner, user = guest.register("push@example.com", "Ben", "Ch")
    enrollment = learner.post(f"/courses/{course['slug']}/enroll/")
    rows = learner.get("/progress/", enrollment=enrollment["id"], page_size=100)["results"]
    token = learner.headers["Authorization"].removeprefix("Token ")
    address = stack.url.replace("http", "ws")
    pid = stack.process("gateway").pid
    async with contextlib.AsyncExitStack() as opened:
        mine = await _open(f"{address}/ws/course/{course['id']}/user/{user['id']}/", token)
        opened.push_async_callback(mine.close)
        alone = await _lags(mine, stack, learner, user["id"], rows, 1)
        before, begun = _memory(pid), time.perf_counter()
        others: list[ClientConnection] = []
        while len(others) < sockets:
            path = f"{address}/ws/notifications/{user['id']}/"
            others += await asyncio.gather(*(_open(path, token) for _ in range(AT_ONCE)))
        seconds = time.perf_counter() - begun
        used = (_memory(pid) - before) / len(others) / 1024
        busy = await _lags(mine, stack, learner, user["id"], rows, EVENTS + 1)
        await asyncio.gather(*(asyncio.wait_for(each.close(), 60) for each in others), return_exceptions=True)
    (p50, p99), (alone50, alone99) = ((lags[len(lags) // 2], lags[len(lags) * 99 // 100]) for lags in (busy, alone))
    what = f"event to socket, p50 with {len(others):,} sockets open, of one"
    opening = f"{len(others):,} opened in {seconds:.0f} s"
    return [
        Figure(
            "event recorded to socket, p50", alone50, 100, 50, f"p99 {alone99:.1f} ms", "ms", smaller_is_better=True
        ),
        Figure(what, p50 / alone50, 3, 1.5, f"p50 {p50:.1f}, p99 {p99:.1f} ms", smaller_is_better=True),
        Figure("memory of a socket", used, 64, 32, opening, "KiB", smaller_is_better=True),
    ]


async def _open(address: str, token: str) -> ClientConnection:
    socket = await connect(address, proxy=None, compression=None, ping_interval=None, open_timeout=60)
    await socket.send(json.dumps({"type": "authenticate", "token": token}))
    assert json.loads(await socket.recv())["type"] == "authenticated"
    return socket


async def _lags(
    mine: ClientConnection, stack: Stack, learner: Api, user: int, rows: list[dict[str, int]], first: int
) -> list[float]:
    """Sorted milliseconds, while progress is written over the API at a steady pace."""
    told: dict[int, float] = {}

    async def listen() -> None:
        while len(told) < EVENTS:
            message = json.loads(await mine.recv())
            if message["type"] == "progress_update":
                told[message["data"]["time_spent"]] = time.time()

    listening = asyncio.create_task(listen())
    begun = time.perf_counter()
    async with httpx.AsyncClient(headers=learner.headers, timeout=30) as client:
        for count in range(EVENTS):  # one after the other: progress that another one overtook is not told
            await asyncio.sleep(max(0.0, begun + count / A_SECOND - time.perf_counter()))
            row = rows[count % len(rows)]["id"]
            answer = await client.patch(f"{learner.address}/api/progress/{row}/", json={"time_spent": first + count})
            answer.raise_for_status()
    await asyncio.wait_for(listening, 60)
    recorded = _recorded(stack, user)
    return sorted((when - recorded[spent]) * 1000 for spent, when in told.items())


def _recorded(stack: Stack, user: int) -> dict[int, float]:
    """When each event's transaction began to record it, by the time spent it tells."""
    url = make_conninfo(stack.database.url, dbname=stack.database_name)
    statement = (
        "SELECT (data->>'time_spent')::int, recorded_at FROM enrollment.outbox"
        " WHERE type = 'enrollment.progress.updated.v1' AND (data->>'user_id')::bigint = %s"
    )
    with psycopg.connect(url) as connection:
        rows: list[tuple[int, datetime]] = connection.execute(statement, [user]).fetchall()
    return {spent: when.timestamp() for spent, when in rows}


def _memory(pid: int) -> int:
    """Resident bytes of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
