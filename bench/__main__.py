"""`python -m bench`: this system and its yardsticks side by side, on one machine, in one go.

    python -m bench                 everything at scale 1; writes bench/README.md and its plots
    python -m bench --scale 10      with ten times the courses and users
    python -m bench --short         less than a minute on little data; a ratio that misses its gate gets a second chance
    python -m bench --growth 1,10   rates and rows touched at several scales; writes bench/growth.md

`--dry` prints and writes nothing. An answer that is not 2xx ends a run with an error. The exit status is 1 when a
figure misses its gate.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime

from bench import bursts, depth, drain, events, latency, peer, plans, push, report, routes, search, stale, wrk
from bench.report import Figure
from bench.rig import Rig
from bench.routes import GATES, Rounds
from shared.runtime.process import StartFailed

SHORT_COURSES, SHORT_USERS = 100, 250
SOCKETS, DEPTH, BURSTS, TRIALS = 5000, 900_000, 1000, 500
"""At scale 1 and above; less of each below it."""


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--growth", help="scales, with commas between; times --scale")
    parser.add_argument("--dry", action="store_true")
    arguments = parser.parse_args()
    rounds = Rounds(arguments.rounds, arguments.seconds)
    if arguments.short:
        return _short()
    if arguments.growth:
        scales = [float(scale) * arguments.scale for scale in arguments.growth.split(",")]
        return _growth(scales, rounds, write=not arguments.dry)
    return _whole(arguments.scale, rounds, write=not arguments.dry)


def _short() -> int:
    begun = time.monotonic()
    try:
        wrk.program()
        peer.environment()
    except StartFailed as error:  # says nothing about the system
        print(f"not measured: {error}")
        return 0
    with Rig(courses=SHORT_COURSES, users=SHORT_USERS) as rig:
        print(f"ready after {time.monotonic() - begun:.0f} s", flush=True)
        figures = routes.gate_quickly(rig, GATES, Rounds(1, 1))
        if missed := [gate for gate, figure in zip(GATES, figures, strict=True) if not figure.passes]:
            print("a ratio misses its gate; once more, in longer rounds", flush=True)
            again = iter(routes.gate_quickly(rig, missed, Rounds(3, 2)))
            figures = [figure if figure.passes else next(again) for figure in figures]
    print("\n".join(report.table(figures)))
    print(f"{time.monotonic() - begun:.0f} s")
    return 0 if all(figure.passes for figure in figures) else 1


def _whole(scale: float, rounds: Rounds, *, write: bool) -> int:
    begun = time.monotonic()
    push.allow_many_files()
    courses, users = _size(scale)
    part = min(1.0, scale)
    figures: list[Figure] = []

    def note(*new: Figure) -> None:
        figures.extend(new)
        print("\n".join(report.table(new)[2:]), flush=True)

    with Rig(courses=courses, users=users, whole=True) as rig:
        memory, processes = rig.memory()
        compared, rows = routes.compare(rig, rounds)
        note(*compared)
        note(bursts.measure(rig.stack, int(BURSTS * part)))
        paced, of_paced = latency.at_half_load(rig, rounds)
        note(*of_paced)
        note(*events.measure(rig.stack))
        note(drain.measure(rig.stack))
        note(*push.measure(rig.stack, int(SOCKETS * part)))
        note(*stale.measure(rig.ours.url, *rig.teacher_and_course, trials=int(TRIALS * part)))
        note(latency.beside_logins(rig, seconds=2 * rounds.seconds))
        note(depth.measure(rig.stack, int(DEPTH * part)))
        touched = plans.of_routes(rig)
    of_search, searches = search.run()
    note(*of_search, memory)
    size = f"{courses:,} courses, {users:,} users, {10 * users:,} enrollments"
    lines = [
        _HEAD.format(
            date=datetime.now(UTC).date(), cores=os.cpu_count(), python=platform.python_version(), size=size,
            minutes=(time.monotonic() - begun) / 60,
        ),
        *report.table(figures),
        "\n![how near each is to its goal](figures.svg)\n\n## Requests a second, 16 clients\n\n![rates](rates.svg)",
        *("\n## Latency at half of its own capacity, open loop\n", *paced),
        *("\n## Rows touched by each route\n", *touched),
        *("\n## Memory and start\n", *processes),
        *("\n## Search among 100,000 courses\n", search.COLUMNS, *searches),
    ]  # fmt: skip
    print("\n".join(lines))
    if write:
        (report.HERE / "README.md").write_text("\n".join(lines) + "\n")
        (report.HERE / "figures.svg").write_text(report.plot_figures(figures))
        rates = {script: {name: row.rate for name, row in servers.items()} for script, servers in rows.items()}
        (report.HERE / "rates.svg").write_text(report.plot_rates(rates))
    return 0 if all(figure.passes for figure in figures) else 1


def _growth(scales: Sequence[float], rounds: Rounds, *, write: bool) -> int:
    with ExitStack() as running:
        rigs = [running.enter_context(_rig(scale)) for scale in scales]
        figures = routes.grow(rigs, [f"{scale:g}x" for scale in scales], rounds)
        touched = [plans.of_routes(rig) for rig in rigs]
    asked = ",".join(f"{scale:g}" for scale in scales)
    lines = [_GROWTH.format(scales=asked, date=datetime.now(UTC).date(), cores=os.cpu_count()), *report.table(figures)]
    for rig, rows in zip(rigs, touched, strict=True):
        lines += [f"\n## Rows touched: {rig.courses:,} courses, {10 * rig.users:,} enrollments\n", *rows]
    print("\n".join(lines))
    if write:
        (report.HERE / "growth.md").write_text("\n".join(lines) + "\n")
    return 0 if all(figure.passes for figure in figures) else 1


def _rig(scale: float) -> Rig:
    courses, users = _size(scale)
    return Rig(courses=courses, users=users)


def _size(scale: float) -> tuple[int, int]:
    return max(100, int(1000 * scale) // 20 * 20), max(250, int(5000 * scale))


_HEAD = """# Benchmarks

`make bench` starts a private system (durable commits, everything on loopback, the load generator on the same cores) and
its yardsticks beside it, measures them in turns, and writes this page. Each ratio is the median of the ratios within
the rounds; absolute figures are beside them for orders of size only: they move by half between minutes. The
yardsticks: the same API in Django REST Framework with the same data in the same PostgreSQL (`bench/peers/drf`), a
static answer of the same size from Starlette on one uvicorn worker, and the bare broker.

What is measured is a system in use. Whoever asks has asked before (`Rig.meet_everyone`), PostgreSQL's buffers (1 GB)
hold the data, and the rows of a course or an enrollment lie together, as authors and enrolling write them; at the peer
too. A user's first request in a minute costs more (docs/performance.md).

## How to run

| command | what | time |
|---|---|---|
| `make bench` | everything; writes this page | {minutes:.0f} min |
| `./dev bench --scale 0.2 --dry` | everything on a fifth of the data; writes nothing | |
| `./dev bench --short` | part of `make check`: processor time on little data, with gates | 1 min |
| `./dev bench --growth 1,10` | rates and rows touched with ten times the data; writes `growth.md` | |
| `python -m bench.search` | search in SQL alone; also writes docs/performance.md | 3 min |
| `python -m bench.crowd` | a thousand learners at once, and every counter after it | |
| `python -m bench.learners growth` | enrollment alone; also `recalculate` | |

The exit status is 1 when a gate is missed. An answer that is not 2xx ends a run with an error, and so does data whose
counters are not what their rows come to (`python -m enrollment recount --check`). It needs no wrk: where there is none,
Debian's is fetched and unpacked.
`--growth 0.05,0.5,5` goes from 2,500 enrollments to 250,000; a full `1,10` fills 24 million rows first.

## Last run

{date}, {cores} cores, Python {python}; {size}.
"""
_GROWTH = """# Growth

`./dev bench --growth {scales}` runs a system for each scale, measures them in the same rounds, and writes this
page. All share the machine. Last run {date}, {cores} cores.
"""

if __name__ == "__main__":
    sys.exit(main())
