"""Latency at a fixed rate, and beside logins."""

import random
import threading
from collections.abc import Callable

from bench import paced, wrk
from bench.report import Figure
from bench.rig import Rig
from bench.routes import SIGNED_IN
from bench.seed import token_of
from bench.side_by_side import Server

WARM_UP_S = 3.0


def at_half_load(rig: Rig, *, seconds: float) -> tuple[list[str], list[Figure]]:
    """p99 at half of the own capacity of that moment, against the peer's p50 with one client. Also as Markdown lines.

    What the machine could do minutes before may be more than it can do now.
    """
    kinds: list[tuple[str, str, Server, Callable[[int], paced.Request]]] = [
        ("list", "list, uncached", rig.uncached, _Draw(rig).list),
        ("detail_auth", "detail, signed in", rig.ours, _Draw(rig).detail),
        ("lesson", "lesson, signed in", rig.ours, _Draw(rig).lesson),
        ("progress", "PUT progress", rig.ours, _Draw(rig).progress),
    ]
    lines = ["| route | req/s | p50 ms | p99 ms | DRF's p50 with one client |", "|---|---|---|---|---|"]
    figures = []
    for script, what, server, make in kinds:
        if script in SIGNED_IN:
            rig.meet_everyone(server)
        alone = _load(rig.drf, script, clients=1, seconds=2)
        rate = _load(server, script, clients=16, seconds=3).rate / 2
        got = paced.send(server.url, make, rate=rate, seconds=seconds, warm_up=WARM_UP_S)
        if got.failed:
            raise RuntimeError(f"{what}: answers that were not 2xx: {dict(got.failed)}")
        lines.append(f"| {what} | {rate:.0f} | {got.p50:.1f} | {got.p99:.1f} | {alone.p50:.1f} |")
        beside = f"{got.p99:.1f} of {alone.p50:.1f} ms"
        name = f"p99 at half load, of DRF's p50 alone: {what}"
        figures.append(Figure(name, got.p99 / alone.p50, 1.0, 0.5, beside, smaller_is_better=True))
    return lines, figures


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
