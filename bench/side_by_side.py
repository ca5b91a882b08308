"""Servers side by side: alternating rounds, ratios within each round, rounds that the host disturbed dropped."""

import os
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bench import wrk

STEAL = 0.15
"""Cores lost to the host above which a round is dropped, unless all are."""
FEWEST = 10
"""Answers of each server, without which a round says nothing."""
_HZ = os.sysconf("SC_CLK_TCK")

Found = TypeVar("Found")


@dataclass(frozen=True)
class Server:
    """`settings` are for the load scripts; `pids` are the roots of the trees whose processor time is its own."""

    name: str
    url: str
    settings: Mapping[str, str]
    pids: Sequence[int] = ()


@dataclass(frozen=True)
class Row:
    """What one server came to with one script: medians over the rounds that count, and the rate in each of them."""

    script: str
    server: str
    rates: list[float]
    rate: float
    p50: float
    p99: float
    cpu_ms: float
    """User and system time of a request in the processes of `pids`."""
    failed: int


def ratio(of: Row, to: Row) -> float:
    """The median of the ratios within the rounds of two servers that were measured together."""
    return statistics.median(a / max(b, 0.001) for a, b in zip(of.rates, to.rates, strict=True))


class Starts:
    """Where each run of a script that may do a thing only once begins."""

    def __init__(self) -> None:
        self._next = 0

    def take(self) -> str:
        self._next += 7
        return str(self._next)


def measure(
    script: str, servers: Sequence[Server], *, rounds: int, seconds: int, starts: Starts, clients: int = 16
) -> list[Row]:
    """A first round warms up and does not count."""
    kept: list[tuple[float, dict[str, tuple[wrk.Load, float]]]] = []
    failed = dict.fromkeys((server.name for server in servers), 0)
    for number in range(-1, rounds):
        results = {}
        stolen = seconds_stolen()
        for server in servers:
            before = cpu_seconds(server.pids)
            load = wrk.run(
                server.url,
                script,
                clients=clients,
                seconds=seconds if number >= 0 else 1,
                settings={**server.settings, "START": starts.take()},
            )
            results[server.name] = load, 1000 * (cpu_seconds(server.pids) - before) / max(load.requests, 1)
            failed[server.name] += load.failed
        if number >= 0:
            lost = (seconds_stolen() - stolen) / (seconds * len(servers))
            empty = any(load.requests < FEWEST for load, _ in results.values())
            kept.append((1.0 if empty else lost, results))
    counted = undisturbed(kept)
    rows = []
    for server in servers:
        own = [results[server.name][0] for results in counted]
        row = Row(
            script,
            server.name,
            [load.rate for load in own],
            statistics.median(load.rate for load in own),
            statistics.median(load.p50 for load in own),
            statistics.median(load.p99 for load in own),
            statistics.median(results[server.name][1] for results in counted),
            failed[server.name],
        )
        rows.append(row)
        print(
            f"{script:12s} {server.name:10s} {row.rate:9.1f} req/s  p50 {row.p50:.2f} ms  cpu {row.cpu_ms:.3f} ms"
            f"  failed {row.failed}  rounds {len(counted)}/{len(kept)}",
            flush=True,
        )
    return rows


def cpu_seconds(roots: Sequence[int]) -> float:
    """User and system time of the process trees, with children that ended."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir() if roots else ():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    ticks, todo = 0, list(roots)
    while todo:
        pid = todo.pop()
        todo += children.get(pid, [])
        ticks += sum(int(field) for field in _stat(pid)[11:15])
    return ticks / _HZ


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def undisturbed(rounds: Sequence[tuple[float, Found]]) -> list[Found]:
    """What was found in those rounds of which the host took no more than STEAL cores; in all, if it took more of each.

    `rounds` has the cores that each lost.
    """
    return [found for lost, found in rounds if lost <= STEAL] or [found for _, found in rounds]


def seconds_stolen() -> float:
    """Of the machine's cores, since it was started: when they had work, and the host did something else."""
    return int(Path("/proc/stat").read_text().split("\n", 1)[0].split()[8]) / _HZ
