"""The stale window: from a writer's 2xx to the first answer with the new bytes; and whether it ever goes back."""

import statistics
import time

import httpx

from bench.report import Figure

CHECKS = 5
"""Reads after the first new answer, none of which may be an old one."""


def measure(url: str, token: str, slug: str, trials: int) -> list[Figure]:
    """Staff change a course's subtitle; a guest reads the course until it is there."""
    times, went_back = [], 0
    path = f"{url}/api/courses/{slug}/"
    with httpx.Client(headers={"Authorization": f"Token {token}"}) as writer, httpx.Client() as guest:
        for number in range(trials):
            guest.get(path).raise_for_status()  # so that there is something to be stale
            wanted = f"Edition {number} at {time.time_ns()}"
            writer.patch(path, json={"subtitle": wanted}).raise_for_status()
            begun = time.perf_counter()
            while guest.get(path).raise_for_status().json()["subtitle"] != wanted:
                if time.perf_counter() - begun > 10:
                    raise RuntimeError("the gateway still serves the old course after 10 s")
            times.append((time.perf_counter() - begun) * 1000)
            went_back += sum(guest.get(path).json()["subtitle"] != wanted for _ in range(CHECKS))
    times.sort()
    beside = f"p50 {statistics.median(times):.1f} ms, {trials:,} trials"
    return [
        Figure("stale window p99", times[len(times) * 99 // 100], 50, 10, beside, "ms", smaller_is_better=True),
        Figure("old bytes after new", went_back, 0, 0, f"{CHECKS * trials:,} reads", smaller_is_better=True),
    ]
