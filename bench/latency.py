"""Latency at a fixed rate, and beside logins."""

import random
import statistics
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from bench import paced, wrk
from bench.report import Figure
from bench.rig import Rig
from bench.routes import Rounds
from bench.seed import token_of
from bench.side_by_side import Server, seconds_stolen, undisturbed

WARM_UP_S = 2.0


def at_half_load(rig: Rig, rounds: Rounds) -> tuple[list[str], list[Figure]]:
    """p99 at half of the own capacity of that moment, against the peer's p50 with one client. Also as Markdown lines.

    In rounds, as everything that is compared: what the machine could do minutes before may be more than it can do now.
    """
    kinds: dict[str, tuple[str, Server, Callable[[int], paced.Request]]] = {
        "list": ("list, uncached", rig.uncached, _Draw(rig).list),
        "detail_auth": ("detail, signed in", rig.ours, _Draw(rig).detail),
        "lesson": ("lesson, signed in", rig.ours, _Draw(rig).lesson),
        "progress": ("PUT progress", rig.ours, _Draw(rig).progress),
    }
    measured: dict[str, list[tuple[float, _Round]]] = {script: [] for script in kinds}
    for _ in range(rounds.number):
        rig.meet_everyone(rig.ours)
        for script, (_, server, make) in kinds.items():
            measured[script].append(_round(rig, script, server, make, rounds.seconds))
    lines = ["| route | req/s | p50 ms | p99 ms | DRF's p50 with one client |", "|---|---|---|---|---|"]
    figures = []
    for script, (what, _, _) in kinds.items():
        counted = undisturbed(measured[script])
        rate, p50, p99, alone = (statistics.median(values) for values in zip(*counted, strict=True))
        lines.append(f"| {what} | {rate:.0f} | {p50:.1f} | {p99:.1f} | {alone:.1f} |")
        ratios = [one.p99 / one.alone for one in counted]
        spread = " ".join(f"{ratio:.2f}" for ratio in ratios)
        print(f"{script:12s} p99 of the peer's p50 alone: {spread}  rounds {len(counted)}/{rounds.number}")
        name = f"p99 at half load, of DRF's p50 alone: {what}"
        beside = f"{p99:.1f} of {alone:.1f} ms"
        figures.append(Figure(name, statistics.median(ratios), 1.0, 0.5, beside, smaller_is_better=True))
    return lines, figures


class _Round(NamedTuple):
    """Requests a second, and milliseconds; `alone` is the peer's p50."""

    rate: float
    p50: float
    p99: float
    alone: float


def _round(
    rig: Rig, script: str, server: Server, make: Callable[[int], paced.Request], seconds: int
) -> tuple[float, _Round]:
    """Also the cores lost to the host."""
    stolen, begun = seconds_stolen(), time.monotonic()
    alone = _load(rig.drf, script, clients=1, seconds=seconds)
    rate = _load(server, script, clients=16, seconds=seconds).rate / 2
    got = paced.send(server.url, make, rate=rate, seconds=3 * seconds, warm_up=WARM_UP_S)
    if got.failed:
        raise RuntimeError(f"{script}: answers that were not 2xx: {dict(got.failed)}")
    lost = (seconds_stolen() - stolen) / (time.monotonic() - begun)
    return lost, _Round(rate, got.p50, got.p99, alone.p50)


def beside_logins(rig: Rig, *, seconds: int) -> Figure:
    """p99 of cached reads while logins take all that they are given, against the same without."""
    alone = _load(rig.ours, "list", clients=4, seconds=seconds)
    failures: list[Exception] = []

    def log_in() -> None:
        try:
            _load(rig.ours, "login", clients=4, seconds=seconds + 2)
        except Exception as error:
            failures.append(error)

    beside = threading.Thread(target=log_in)
    beside.start()
    busy = _load(rig.ours, "list", clients=4, seconds=seconds)
    beside.join()
    if failures:
        raise failures[0]
    what = "cached reads' p99 beside logins, of without"
    return Figure(what, busy.p99 / alone.p99, 5, 2, f"{busy.p99:.1f} of {alone.p99:.1f} ms", smaller_is_better=True)


def _load(server: Server, script: str, *, clients: int, seconds: int) -> wrk.Load:
    load = wrk.run(server.url, script, clients=clients, seconds=seconds, settings=server.settings)
    if load.failed:
        raise RuntimeError(f"{script} on {server.name}: {load.failed} answers that were not 2xx")
    return load


class _Draw:
    """Requests as the load scripts make them."""

    def __init__(self, rig: Rig) -> None:
        self._draw = random.Random(7)
        self._courses, self._users = rig.courses, rig.drawn_users
        self._rows = (rig.stack.directory / "lists" / "progress_ours.txt").read_text().split("\n")[:-1]

    def list(self, number: int) -> paced.Request:
        return "GET", f"/api/courses/?page={self._draw.randint(1, min(50, self._courses // 20))}", {}, None

    def detail(self, number: int) -> paced.Request:
        user, course = self._user_and_course()
        return "GET", f"/api/courses/course-{course + 1}/", _signed(user), None

    def lesson(self, number: int) -> paced.Request:
        user, course = self._user_and_course()
        return "GET", f"/api/lessons/{course * 48 + self._draw.randint(1, 48)}/", _signed(user), None

    def progress(self, number: int) -> paced.Request:
        row, token = self._draw.choice(self._rows).split()
        body = {
            "is_completed": False,
            "progress_percentage": self._draw.randint(0, 99),
            "time_spent": self._draw.randint(1, 900),
        }
        return "PUT", f"/api/progress/{row}/", {"Authorization": f"Token {token}"}, body

    def _user_and_course(self) -> tuple[int, int]:
        user = self._draw.randint(1, self._users)
        return user, (user * 13 + self._draw.randint(1, 10) * (self._courses // 10)) % self._courses


def _signed(user: int) -> dict[str, str]:
    return {"Authorization": f"Token {token_of(user)}"}
