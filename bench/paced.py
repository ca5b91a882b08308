"""Latency at a fixed rate (open loop): requests are sent on a schedule, whether or not earlier ones were answered.

What is counted begins when a request was due, so that waiting behind a slow one counts.
"""

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

Request = tuple[str, str, dict[str, str], dict[str, Any] | None]
"""Method, path, headers, JSON body."""


@dataclass(frozen=True)
class Latency:
    """Milliseconds from when a request was due to the last byte of its answer."""

    p50: float
    p99: float
    failed: Mapping[str, int]
    """How many answers there were of each status that is not 2xx, and of each error."""


async def send(url: str, make: Callable[[int], Request], *, rate: float, seconds: float) -> Latency:
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
        times.append((time.perf_counter() - due) * 1000)

    connector = aiohttp.TCPConnector(limit=256)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(30)) as session:
        begun = time.perf_counter()
        tasks = []
        for number in range(max(20, int(rate * seconds))):
            due = begun + number / rate
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            tasks.append(asyncio.create_task(one(session, number, due)))
        await asyncio.gather(*tasks)
    times.sort()
    return Latency(statistics.median(times), times[len(times) * 99 // 100], failed)
