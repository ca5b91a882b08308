"""Pushing: from an event's commit to the socket, under load; and what five thousand open sockets cost.

python -m bench.push
"""

import asyncio
import contextlib
import json
import os
import resource
import statistics
import subprocess
import time
from datetime import datetime
from pathlib import Path

import httpx
import psycopg
from psycopg.conninfo import make_conninfo
from websockets.asyncio.client import ClientConnection, connect

from demo.api import Api
from demo.content import all_courses
from demo.load import make_course
from shared.runtime.stack import Stack

SOCKETS = 5000
EVENTS = 300
A_SECOND = 20
AT_ONCE = 50


def main() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    settings = {"SYLLABUS_RATE_LIMITS": "false", "SYLLABUS_PUSH_CONNECTIONS_USER": str(SOCKETS)}
    stack = Stack(durable=True, settings=settings)
    try:
        stack.start_servers()
        stack.migrate()
        stack.start("gateway", "catalog", "enrollment", "assessment", "certificate")
        subprocess.run(stack.command("gateway", "demo-accounts"), env=stack.environment("gateway"), check=True)
        guest = Api(stack.url)
        lines = asyncio.run(measure(stack, guest))
        guest.close()
    finally:
        stack.close()
    print("\n".join(lines))


async def measure(stack: Stack, guest: Api) -> list[str]:
    """Markdown lines."""
    instructor, admin = guest.log_in("instructor@example.com"), guest.log_in("admin@example.com")
    course = make_course(instructor, admin, all_courses()[0])
    learner, user = guest.register("push@example.com", "Ben", "Ch")
    enrollment = learner.post(f"/courses/{course['slug']}/enroll/")
    rows = learner.get("/progress/", enrollment=enrollment["id"], page_size=100)["results"]
    token = learner.headers["Authorization"].removeprefix("Token ")
    address = stack.url.replace("http", "ws")
    pid = stack.process("gateway").pid
    lines = ["| sockets open | event's commit → socket, p50 ms | p99 ms | most ms |", "|---|---|---|---|"]
    async with contextlib.AsyncExitStack() as opened:
        mine = await _open(f"{address}/ws/course/{course['id']}/user/{user['id']}/", token)
        opened.push_async_callback(mine.close)
        lines.append(await _row(1, mine, stack, learner, rows, 1))
        before, begun = _memory(pid), time.perf_counter()
        others: list[ClientConnection] = []
        while len(others) < SOCKETS:
            path = f"{address}/ws/notifications/{user['id']}/"
            others += await asyncio.gather(*(_open(path, token) for _ in range(AT_ONCE)))
        seconds = time.perf_counter() - begun
        used = (_memory(pid) - before) / SOCKETS / 1024
        print(f"{SOCKETS} sockets in {seconds:.0f} s, {used:.1f} KiB each", flush=True)
        lines.append(await _row(SOCKETS + 1, mine, stack, learner, rows, EVENTS + 1))
        closing = time.perf_counter()
        await asyncio.gather(*(asyncio.wait_for(each.close(), 60) for each in others), return_exceptions=True)
        lines.append("")
        lines.append(
            f"{SOCKETS} sockets on one process, opened in {seconds:.0f} s and closed in"
            f" {time.perf_counter() - closing:.0f} s: **{used:.1f} KiB of resident memory for each**."
        )
    return lines


async def _open(address: str, token: str) -> ClientConnection:
    socket = await connect(address, proxy=None, compression=None, ping_interval=None, open_timeout=60)
    await socket.send(json.dumps({"type": "authenticate", "token": token}))
    assert json.loads(await socket.recv())["type"] == "authenticated"
    return socket


async def _row(
    number: int, mine: ClientConnection, stack: Stack, learner: Api, rows: list[dict[str, int]], first: int
) -> str:
    """Progress written over the API at a steady pace; when each event was recorded, and when the socket told of it."""
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
    recorded = _recorded(stack)
    lags = sorted((when - recorded[spent]) * 1000 for spent, when in told.items())
    p99 = lags[len(lags) * 99 // 100]
    print(f"{number} sockets: p50 {statistics.median(lags):.1f} ms, p99 {p99:.1f} ms", flush=True)
    return f"| {number} | {statistics.median(lags):.1f} | {p99:.1f} | {lags[-1]:.1f} |"


def _recorded(stack: Stack) -> dict[int, float]:
    """When each event's transaction began to record it, by the time spent it tells."""
    url = make_conninfo(stack.database.url, dbname=stack.database_name)
    statement = (
        "SELECT (data->>'time_spent')::int, recorded_at FROM enrollment.outbox"
        " WHERE type = 'enrollment.progress.updated.v1'"
    )
    with psycopg.connect(url) as connection:
        rows: list[tuple[int, datetime]] = connection.execute(statement).fetchall()
    return {spent: when.timestamp() for spent, when in rows}


def _memory(pid: int) -> int:
    """Resident bytes of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
