"""What each process takes: memory (its share of what is shared, PSS), and seconds from start to ready."""

import time
from pathlib import Path

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


def measure(stack: Stack, took: dict[str, float], peer_pid: int) -> list[str]:
    """Markdown lines."""
    lines = ["| process | PSS MB, idle | start s |", "|---|---|---|"]
    total = 0.0
    for service, seconds in took.items():
        used = megabytes(stack.process(service).pid)
        total += used
        lines.append(f"| {service} | {used:.0f} | {seconds:.1f} |")
    lines.append(f"| **all five** | **{total:.0f}** (gate 600, goal 450) | |")
    lines.append(f"| DRF, 2 workers | {megabytes(peer_pid):.0f} | |")
    return lines
