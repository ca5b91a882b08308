"""`python -m bench`: this system and its yardsticks side by side, on one machine, in one go.

    python -m bench                 everything at scale 1; writes bench/README.md and bench/ratios.svg
    python -m bench --scale 10      with ten times the courses and users
    python -m bench --short         less than a minute on little data; exit status 1 when a ratio misses its gate
    python -m bench --growth 1,10   rows that each hot route touches, at several scales

Absolute figures of a shared machine move by half between minutes; ratios within a round hold.
"""

import argparse
import asyncio
import os
import platform
import statistics
import sys
import time
from datetime import UTC, datetime

from bench import events, report
from bench.rig import Rig
from bench.routes import compare, gate_quickly, latency, logins, plans
from bench.stale import measure as measure_stale

SHORT_COURSES, SHORT_USERS = 100, 200


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--growth", help="scales, with commas between")
    parser.add_argument("--dry", action="store_true", help="print the page, do not write it")
    arguments = parser.parse_args()
    if arguments.short:
        return _short()
    if arguments.growth:
        print("\n".join(_growth([float(scale) for scale in arguments.growth.split(",")])))
        return 0
    return _whole(arguments)


def _short() -> int:
    begun = time.monotonic()
    with Rig(courses=SHORT_COURSES, users=SHORT_USERS) as rig:
        ratios = gate_quickly(rig, rounds=2, seconds=1)
        if any(not each.passes for each in ratios):
            print("a ratio misses its gate; once more, in longer rounds", flush=True)
            ratios = gate_quickly(rig, rounds=3, seconds=2)
    print("\n".join(report.table(ratios)))
    print(f"{time.monotonic() - begun:.0f} s")
    return 0 if all(each.passes for each in ratios) else 1


def _whole(arguments: argparse.Namespace) -> int:
    courses, users = _size(arguments.scale)
    with Rig(courses=courses, users=users, whole=True) as rig:
        memory = rig.memory()
        ratios, rows = compare(rig, rounds=arguments.rounds, seconds=arguments.seconds)
        rig.check()
        paced, paced_ratios = asyncio.run(latency(rig, rows, seconds=max(2.0, 2.0 * arguments.seconds)))
        ratios += paced_ratios
        lags, floor = events.measure(rig.stack)
        ratios += _of_events(lags, floor)
        window = measure_stale(rig.ours.url, *rig.teacher_and_course, trials=200)
        ratios += logins(rig, seconds=arguments.seconds)
        touched = plans(rig)
        size = f"{courses:,} courses, {users:,} users, {10 * users:,} enrollments"
    text = _HEAD.format(
        date=datetime.now(UTC).date(), cores=os.cpu_count(), python=platform.python_version(), size=size
    )
    lines = [
        *report.table(ratios),
        *("", "![ratios](ratios.svg)", "", "## Latency at half of its own capacity, open loop", "", *paced),
        *("", "## The stale window", ""),
        f"From the writer's 2xx to the first answer of the gateway with the new bytes, {window.trials} trials: p50"
        f" {window.p50:.1f} ms, p99 {window.p99:.1f} ms (gate 50, goal 10). Old bytes after new: {window.went_back}.",
        *("", "## Rows touched by each route", "", *touched),
        *("", "## Memory and start", "", *memory),
    ]
    page = text + "\n".join(lines) + "\n"
    print(page)
    if not arguments.dry:
        report.PAGE.write_text(page + report.BESIDE)
        report.PLOT.write_text(report.plot(ratios))
    return 0


def _of_events(lags: list[float], floor: list[float]) -> list[report.Ratio]:
    """The way of an event to the broker's floor."""
    p99 = lags[len(lags) * 99 // 100] / floor[len(floor) * 99 // 100]
    beside = f"{statistics.median(lags):.1f} of {statistics.median(floor):.1f} ms"
    return [
        report.Ratio(
            "event commit to consumer, of the broker: p50",
            statistics.median(lags) / statistics.median(floor),
            3,
            2,
            beside,
            True,
        ),
        report.Ratio("… p99", p99, 5, 3, "", True),
    ]


def _growth(scales: list[float]) -> list[str]:
    columns = []
    for scale in scales:
        courses, users = _size(scale)
        with Rig(courses=courses, users=users) as rig:
            columns.append(plans(rig))
    lines = []
    for scale, column in zip(scales, columns, strict=True):
        lines += [f"Scale {scale:g}:", "", *column, ""]
    return lines


def _size(scale: float) -> tuple[int, int]:
    return max(100, int(1000 * scale) // 20 * 20), max(200, int(5000 * scale))


_HEAD = """# Benchmarks

`make bench` starts a private system (durable commits, everything on loopback, the load generator on the same cores) and
its yardsticks beside it, measures them in turns, and writes this page. Each ratio is the median of the ratios within
the rounds; absolute figures are beside them for orders of size only. The yardsticks: the same API in Django REST
Framework with the same data in the same PostgreSQL (`bench/peers/drf`), and a static answer of the same size from
Starlette on one uvicorn worker.

Last run {date}: {cores} cores, Python {python}; {size}.

"""

if __name__ == "__main__":
    sys.exit(main())
