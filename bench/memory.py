"""What each process takes: memory (its share of what is shared, PSS), and seconds from start to ready."""

import time
from pathlib import Path

from bench.report import Figure
from shared.runtime.stack import Stack


def start_one_by_one(stack: Stack, services: tuple[str, ...]) -> dict[str, float]:
    """Start them one after the other; the seconds each took until it was ready."""
    took = {}
    for service in services:
        begun = time.monotonic()
        stack.start(service)
        took[service] = time.monotonic() - begun
    return took


def megabytes(pid: int) -> float:
    """PSS of a process and its children."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    own = sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) / 1024
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(megabytes(int(child)) for child in children)


def measure(stack: Stack, took: dict[str, float], peer_pid: int) -> tuple[Figure, list[str]]:
    """All five together, and Markdown lines of each."""
    lines = ["| process | PSS MB, idle | start s |", "|---|---|---|"]
    used = {service: megabytes(stack.process(service).pid) for service in took}
    lines += [f"| {service} | {used[service]:.0f} | {seconds:.1f} |" for service, seconds in took.items()]
    total, peer = sum(used.values()), megabytes(peer_pid)
    lines += [f"| **all five** | **{total:.0f}** | |", f"| DRF, 2 workers | {peer:.0f} | |"]
    what = "memory of the gateway and the services, idle"
    return Figure(what, total, 600, 450, f"DRF {peer:.0f} MB", "MB", smaller_is_better=True), lines
