"""Latency at a fixed rate (open loop): requests are sent on a schedule, whether or not earlier ones were answered.

What is counted begins when a request was due, so that waiting behind a slow one counts.
"""

import asyncio
import gc
import statistics
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import uvloop

Request = tuple[str, str, dict[str, str], dict[str, Any] | None]
"""Method, path, headers, JSON body."""


@dataclass(frozen=True)
class Latency:
    """Milliseconds from when a request was due to the last byte of its answer."""

    p50: float
    p99: float
    failed: Mapping[str, int]
    """How many answers there were of each status that is not 2xx, and of each error."""


def send(url: str, make: Callable[[int], Request], *, rate: float, seconds: float, warm_up: float) -> Latency:
    """Requests of the first `warm_up` seconds do not count, as in `side_by_side`: they open connections, and fill what
    is kept and remembered."""
    gc.collect()
    gc.disable()  # looking for garbage stops this process, which would count as waiting
    try:
        return uvloop.run(_send(url, make, rate, seconds, warm_up))
    finally:
        gc.enable()


async def _send(url: str, make: Callable[[int], Request], rate: float, seconds: float, warm_up: float) -> Latency:
    times: list[float] = []
    failed: Counter[str] = Counter()

    async def one(session: aiohttp.ClientSession, number: int, due: float) -> None:
        method, path, headers, body = make(number)
        try:
            async with session.request(method, url + path, headers=headers, json=body) as answer:
                await answer.read()
                if not 200 <= answer.status < 300:
                    failed[str(answer.status)] += 1
        except (aiohttp.ClientError, TimeoutError) as error:
            failed[type(error).__name__] += 1
        if due >= counting:
            times.append((time.perf_counter() - due) * 1000)

    connector = aiohttp.TCPConnector(limit=256)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(30)) as session:
        begun = time.perf_counter()
        counting = begun + warm_up
        tasks: set[asyncio.Task[None]] = set()
        for number in range(int(rate * warm_up) + max(20, int(rate * seconds))):
            due = begun + number / rate
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            tasks.add(task := asyncio.create_task(one(session, number, due)))
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)
    times.sort()
    return Latency(statistics.median(times), times[len(times) * 99 // 100], failed)
