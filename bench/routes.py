"""The hot routes at saturation, and the gates and goals of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bench.report import Figure
from bench.rig import Rig
from bench.side_by_side import Row, Server, measure, ratio

FEWEST_ENROLLING = 1000
"""Users, below which there are not courses enough for rounds of enrolling."""
SIGNED_IN = frozenset({"detail_auth", "lesson", "progress", "enroll"})
"""Scripts that ask as users: servers are measured after they have met them all."""

Rows = dict[str, dict[str, Row]]
"""By script and server."""

_LIST, _DETAIL = "/api/courses/?page=1", "/api/courses/course-7/"


@dataclass(frozen=True)
class Rounds:
    number: int
    seconds: int


@dataclass(frozen=True)
class Gate:
    """What the short form holds: processor time of a request, of which the yardstick needs so many times as much."""

    script: str
    what: str
    servers: Callable[[Rig], tuple[Server, Server]]
    """Our own, and the yardstick."""
    gate: float
    goal: float


GATES = (
    Gate("list", "list, cached, of static", lambda rig: (rig.ours, rig.static(rig.size_of(_LIST))), 0.5, 1),
    Gate("detail", "detail, uncached, of DRF", lambda rig: (rig.uncached, rig.drf), 7, 12),
    Gate("detail_auth", "detail, signed in, of DRF", lambda rig: (rig.ours, rig.drf), 10, 20),
    Gate("progress", "PUT progress, events delivered, of DRF", lambda rig: (rig.ours, rig.drf), 1.6, 3),
)


def gate_quickly(rig: Rig, gates: Sequence[Gate], rounds: Rounds) -> list[Figure]:
    """By processor time, not by rate: that holds on a machine that has other work as well."""
    figures = []
    for each in gates:
        server, yardstick = each.servers(rig)
        rows = _measure(rig, each.script, [yardstick, server], rounds)
        own, base = rows[server.name], rows[yardstick.name]
        beside = f"CPU {own.cpu_ms:.3f} of {base.cpu_ms:.3f} ms"
        figures.append(Figure(each.what, base.cpu_ms / max(own.cpu_ms, 0.001), each.gate, each.goal, beside))
    return figures


def compare(rig: Rig, rounds: Rounds) -> tuple[list[Figure], Rows]:
    """All of the hot routes: ratios of the rates, and the rows behind them."""
    rows: Rows = {}
    figures = []
    for script, path, of_drf, goal_of_drf in (("list", _LIST, 120, 220), ("detail", _DETAIL, 100, 160)):
        servers = [rig.drf, rig.static(rig.size_of(path)), rig.ours, rig.uncached]
        rig.fill_cache()
        own = rows[script] = _measure(rig, script, servers, rounds)
        figures += [
            _of(f"{script}, cached, of static", own["ours"], own["static"], 0.7, 1.0),
            _of(f"{script}, cached, of DRF", own["ours"], own["drf"], of_drf, goal_of_drf),
            _of(f"{script}, uncached, of DRF", own["uncached"], own["drf"], 8, 12),
        ]
    for script, what, gate, goal in (
        ("detail_auth", "detail, signed in", 14, 20),
        ("lesson", "lesson, signed in", 4, 7),
        ("search", "search", 5, 10),
        ("list_filter", "list with filters, uncached", 8, 12),
    ):
        ours = rig.ours if script in SIGNED_IN else rig.uncached
        if script in SIGNED_IN:
            rig.meet_everyone(ours)
        own = rows[script] = _measure(rig, script, [rig.drf, ours], rounds)
        figures.append(_of(f"{what}, of DRF", own[ours.name], own["drf"], gate, goal))
    for script, what, goal in (("progress", "PUT progress", 7), ("enroll", "POST enroll", 6)):
        rig.meet_everyone(rig.apart)
        with rig.undelivered():
            own = rows[script] = _measure(rig, script, [rig.drf, rig.apart], rounds)
        figures.append(_of(f"{what}, events in the outbox, of DRF", own["apart"], own["drf"], 4, goal))
        rig.meet_everyone(rig.ours)
        own = rows[f"{script}, delivered"] = _measure(rig, script, [rig.drf, rig.ours], rounds)
        figures.append(_of(f"{what}, events delivered meanwhile, of DRF", own["ours"], own["drf"], 1.5, 3))
    return figures, rows


def grow(rigs: Sequence[Rig], scales: Sequence[str], rounds: Rounds) -> list[Figure]:
    """The own rates with more and more data, of the own rate with the least, in the same rounds."""
    figures = []
    for script, what, gate, goal in (
        ("list", "list, uncached", 0.8, 0.9),
        ("detail", "detail, uncached", 0.8, 0.9),
        ("lesson", "lesson, signed in", 0.8, 0.9),
        ("progress", "PUT progress", 0.65, 0.8),
        ("enroll", "POST enroll", 0.65, 0.8),
        ("search", "search", 0.3, 0.5),
    ):
        taking_part = [
            (rig, scale)
            for rig, scale in zip(rigs, scales, strict=True)
            if script != "enroll" or rig.users >= FEWEST_ENROLLING
        ]
        for rig, _ in taking_part if script in SIGNED_IN else ():
            rig.meet_everyone(rig.uncached)
        servers = [replace(rig.uncached, name=scale) for rig, scale in taking_part]
        own = _measure(rigs[0], script, servers, rounds)
        least, *more = own.values()
        figures += [_of(f"{what}, at {each.server} of {least.server}", each, least, gate, goal) for each in more]
    return figures


def _measure(rig: Rig, script: str, servers: Sequence[Server], rounds: Rounds) -> dict[str, Row]:
    """Raises RuntimeError when an answer was not 2xx: such a round measures nothing."""
    rows = measure(script, servers, rounds=rounds.number, seconds=rounds.seconds, starts=rig.starts)
    if failed := {row.server: row.failed for row in rows if row.failed}:
        raise RuntimeError(f"{script}: answers that were not 2xx: {failed}")
    return {row.server: row for row in rows}


def _of(what: str, own: Row, base: Row, gate: float, goal: float) -> Figure:
    beside = f"{own.rate:,.0f} of {base.rate:,.0f} req/s; CPU {own.cpu_ms:.2f} of {base.cpu_ms:.2f} ms"
    return Figure(what, ratio(own, base), gate, goal, beside)
