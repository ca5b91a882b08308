"""What is measured of the hot routes, and the gates and goals of each."""

import random
import threading
from collections.abc import Callable

import httpx

from bench import paced, wrk
from bench import plans as explained
from bench.report import Ratio
from bench.rig import Rig
from bench.seed import token_of
from bench.side_by_side import Row, Server, measure, ratio

_LIST, _DETAIL = "/api/courses/?page=1", "/api/courses/course-7/"


def gate_quickly(rig: Rig, *, rounds: int, seconds: int) -> list[Ratio]:
    """Reads only, with gates at half of the goals: what a busy machine still shows."""
    return [
        Ratio(each.what, each.measured, each.goal / 2, each.goal, each.beside)
        for each in _reads(rig, rounds=rounds, seconds=seconds, rows={})
    ]


def compare(rig: Rig, *, rounds: int, seconds: int) -> tuple[list[Ratio], dict[str, dict[str, Row]]]:
    """All of the hot routes: ratios, and the rows behind them by script and server."""
    rows: dict[str, dict[str, Row]] = {}
    ratios = _reads(rig, rounds=rounds, seconds=seconds, rows=rows)
    for script, what, gate, goal in (
        ("lesson", "lesson, signed in", 4, 7),
        ("progress", "PUT progress", 4, 7),
        ("enroll", "POST enroll", 4, 6),
        ("search", "search", 5, 10),
        ("list_filter", "list with filters, uncached", 8, 12),
    ):
        ours = rig.uncached if script in ("search", "list_filter") else rig.ours
        own = _measure(rig, script, [rig.drf, ours], rounds, seconds, rows)
        ratios.append(_of(f"{what}, of DRF", own[ours.name], own["drf"], gate, goal))
    return ratios, rows


def _reads(rig: Rig, *, rounds: int, seconds: int, rows: dict[str, dict[str, Row]]) -> list[Ratio]:
    ratios = []
    for script, what, path, goal in (("list", "list", _LIST, 220), ("detail", "detail", _DETAIL, 160)):
        servers = [rig.drf, rig.static(rig.size_of(path)), rig.ours, rig.uncached]
        own = _measure(rig, script, servers, rounds, seconds, rows)
        ratios.append(_of(f"{what}, cached, of static", own["ours"], own["static"], 0.7, 1.0))
        ratios.append(_of(f"{what}, cached, of DRF", own["ours"], own["drf"], {220: 120, 160: 100}[goal], goal))
        ratios.append(_of(f"{what}, uncached, of DRF", own["uncached"], own["drf"], 8, 12))
    own = _measure(rig, "detail_auth", [rig.drf, rig.ours], rounds, seconds, rows)
    ratios.append(_of("detail, signed in, of DRF", own["ours"], own["drf"], 14, 20))
    return ratios


def _measure(
    rig: Rig, script: str, servers: list[Server], rounds: int, seconds: int, rows: dict[str, dict[str, Row]]
) -> dict[str, Row]:
    """Raises RuntimeError when an answer was not 2xx: such a round measures nothing."""
    own = {row.server: row for row in measure(script, servers, rounds=rounds, seconds=seconds, starts=rig.starts)}
    if failed := {name: row.failed for name, row in own.items() if row.failed}:
        raise RuntimeError(f"{script}: answers that were not 2xx: {failed}")
    rows[script] = own
    return own


def _of(what: str, own: Row, base: Row, gate: float, goal: float) -> Ratio:
    beside = f"{own.rate:,.0f} of {base.rate:,.0f} req/s; CPU {own.cpu_ms:.2f} of {base.cpu_ms:.2f} ms"
    return Ratio(what, ratio(own, base), gate, goal, beside)


async def latency(rig: Rig, rows: dict[str, dict[str, Row]], *, seconds: float) -> tuple[list[str], list[Ratio]]:
    """p99 at half of the own capacity, against the peer's p50 with one client."""
    draw = random.Random(7)
    step = rig.courses // 10

    def user_and_course() -> tuple[int, int]:
        user = draw.randint(1, min(rig.users, 5000))
        return user, (user * 13 + draw.randint(1, 10) * step) % rig.courses

    def signed(user: int) -> dict[str, str]:
        return {"Authorization": f"Token {token_of(user)}"}

    def read_list(number: int) -> paced.Request:
        return "GET", f"/api/courses/?page={draw.randint(1, min(50, rig.courses // 20))}", {}, None

    def detail(number: int) -> paced.Request:
        user, course = user_and_course()
        return "GET", f"/api/courses/course-{course + 1}/", signed(user), None

    def lesson(number: int) -> paced.Request:
        user, course = user_and_course()
        return "GET", f"/api/lessons/{course * 48 + draw.randint(1, 48)}/", signed(user), None

    progress = (rig.stack.directory / "lists" / "progress_ours.txt").read_text().split("\n")[:-1]

    def write(number: int) -> paced.Request:
        row, token = draw.choice(progress).split()
        body = {"is_completed": False, "progress_percentage": draw.randint(0, 99), "time_spent": draw.randint(1, 900)}
        return "PUT", f"/api/progress/{row}/", {"Authorization": f"Token {token}"}, body

    lines = ["| route | req/s | p50 ms | p99 ms | DRF's p50 with one client |", "|---|---|---|---|---|"]
    ratios = []
    kinds: list[tuple[str, str, Server, Callable[[int], paced.Request]]] = [
        ("list", "list, uncached", rig.uncached, read_list),
        ("detail_auth", "detail, signed in", rig.ours, detail),
        ("lesson", "lesson, signed in", rig.ours, lesson),
        ("progress", "PUT progress", rig.ours, write),
    ]
    for script, what, server, make in kinds:
        alone = wrk.run(rig.drf.url, script, clients=1, seconds=2, settings=rig.drf.settings)
        rate = rows[script][server.name].rate / 2
        got = await paced.send(server.url, make, rate=rate, seconds=seconds)
        if got.failed:
            raise RuntimeError(f"{what}: {got.failed} answers that were not 2xx")
        lines.append(f"| {what} | {rate:.0f} | {got.p50:.1f} | {got.p99:.1f} | {alone.p50:.1f} |")
        ratios.append(Ratio(f"p99 at half load: {what}", got.p99 / alone.p50, 1.0, 0.5, "", smaller_is_better=True))
    return lines, ratios


def logins(rig: Rig, *, seconds: int) -> list[Ratio]:
    """p99 of cached reads while logins take all that they are given, against the same without."""
    alone = wrk.run(rig.ours.url, "list", clients=4, seconds=seconds, settings=rig.ours.settings)

    def log_in() -> None:
        wrk.run(rig.ours.url, "login", clients=4, seconds=seconds + 2, settings=rig.ours.settings)

    beside = threading.Thread(target=log_in)
    beside.start()
    busy = wrk.run(rig.ours.url, "list", clients=4, seconds=seconds, settings=rig.ours.settings)
    beside.join()
    what = "cached reads' p99 beside logins, of without"
    return [Ratio(what, busy.p99 / alone.p99, 5, 2, f"{busy.p99:.1f} of {alone.p99:.1f} ms", smaller_is_better=True)]


def plans(rig: Rig) -> list[str]:
    """Markdown lines: what PostgreSQL reads for one request of each hot route."""
    user, course = 4, (4 * 13 + rig.courses // 10) % rig.courses
    headers = {"Authorization": f"Token {token_of(user)}"}
    row, owner = (rig.stack.directory / "lists" / "progress_ours.txt").read_text().split("\n")[0].split()
    last = min(50, rig.courses // 20)
    tables = r"courses|lessons|modules|progress|enrollments|reviews|users"
    routes: dict[str, Callable[[], httpx.Response]] = {
        "list, first page": lambda: httpx.get(f"{rig.uncached.url}/api/courses/?page=1"),
        f"list, page {last}": lambda: httpx.get(f"{rig.uncached.url}/api/courses/?page={last}"),
        "detail, a guest": lambda: httpx.get(f"{rig.uncached.url}/api/courses/course-{course + 1}/"),
        "detail, signed in": lambda: httpx.get(f"{rig.uncached.url}/api/courses/course-{course + 1}/", headers=headers),
        "lesson": lambda: httpx.get(f"{rig.uncached.url}/api/lessons/{course * 48 + 5}/", headers=headers),
        "PUT progress": lambda: httpx.put(
            f"{rig.uncached.url}/api/progress/{row}/",
            json={"is_completed": False, "progress_percentage": random.randint(1, 99)},
            headers={"Authorization": f"Token {owner}"},
        ),
        "search, a common word": lambda: httpx.get(f"{rig.uncached.url}/api/courses/?search=python"),
        "search, a rare word": lambda: httpx.get(f"{rig.uncached.url}/api/courses/?search=topic1234"),
    }
    lines = ["| route | statements | rows | pages |", "|---|---|---|---|"]
    explained.switch(rig.stack, on=True)
    try:
        for name, ask in routes.items():
            got = explained.touched(rig.stack, lambda ask=ask: ask().raise_for_status(), of=tables)  # type: ignore[misc]
            lines.append(f"| {name} | {got.statements} | {got.rows:,} | {got.pages:,} |")
    finally:
        explained.switch(rig.stack, on=False)
    return lines
