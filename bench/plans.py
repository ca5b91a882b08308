"""Rows that the statements of each hot route touch, as EXPLAIN ANALYZE tells of what was really sent."""

import json
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg

from bench.rig import Rig
from bench.seed import token_of
from shared.runtime.process import wait_until
from shared.runtime.stack import Stack

_TABLES = r"courses|lessons|modules|progress|enrollments|reviews|users"
IDLE_S = 5.0
_ROLES = ("gateway", "catalog", "enrollment", "assessment", "certificate")
_ASK = {
    "session_preload_libraries": "'auto_explain'",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_timing": "off",
    "auto_explain.log_buffers": "on",
    "auto_explain.log_format": "'json'",
}


@dataclass(frozen=True)
class Touched:
    """Of one request: statements, rows read from tables and indexes (also those filtered out), and pages."""

    statements: int
    rows: int
    pages: int


def explain_from_now(stack: Stack) -> None:
    """Have PostgreSQL explain the statements of the services' roles, on connections opened from now on."""
    with psycopg.connect(stack.database.url, autocommit=True) as admin:
        for role in _ROLES:
            for name, value in _ASK.items():
                admin.execute(f"ALTER ROLE {role} SET {name} = {value}")
        # End what is connected: pools open new connections, which are explained.
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ANY(%s)", [list(_ROLES)])


def touched(stack: Stack, request: Callable[[], httpx.Response], by_the_clock: set[str]) -> Touched:
    """What the statements touch that `request` causes, save those that are sent `by_the_clock` anyway.

    Raises HTTPStatusError when it is not answered well.
    """
    # Pools find out one by one that their connections were ended; then statements are prepared.
    wait_until(lambda: sum(request().is_success for _ in range(3)) == 3, 60.0)
    time.sleep(1.0)  # what those caused
    with _explained(stack) as explained:
        request().raise_for_status()
        time.sleep(1.0)
    plans = [plan for plan in explained if plan["Query Text"] not in by_the_clock]
    scans = [node for plan in plans for node in _nodes(plan["Plan"]) if "Relation Name" in node or "Index Name" in node]
    rows = sum(
        (node.get("Actual Rows", 0) + node.get("Rows Removed by Filter", 0)) * node.get("Actual Loops", 1)
        for node in scans
    )
    pages = sum(plan["Plan"].get("Shared Hit Blocks", 0) + plan["Plan"].get("Shared Read Blocks", 0) for plan in plans)
    return Touched(len(plans), round(rows), pages)


def sent_by_the_clock(stack: Stack) -> set[str]:
    """The statements of some seconds in which nobody asks for anything."""
    with _explained(stack) as explained:
        time.sleep(IDLE_S)
    return {plan["Query Text"] for plan in explained}


@contextmanager
def _explained(stack: Stack) -> Iterator[list[dict[str, Any]]]:
    """The plans of statements about the courses and their learners, there when what is inside has ended."""
    log, found = stack.directory / "postgres" / "server.log", list[dict[str, Any]]()
    begin = log.stat().st_size
    yield found
    with log.open("rb") as file:
        file.seek(begin)
        text = file.read().decode(errors="replace")
    found += [plan for plan in _plans(text) if re.search(_TABLES, plan["Query Text"])]


def _plans(text: str) -> Iterator[dict[str, Any]]:
    decoder = json.JSONDecoder(strict=False)
    for found in re.finditer(r"plan:\s*", text):
        try:
            yield decoder.raw_decode(text, found.end())[0]
        except ValueError:
            continue  # cut off at the end of what was read


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def of_routes(rig: Rig) -> list[str]:
    """Markdown lines: what PostgreSQL reads for one request of each hot route. The system is of no use afterwards."""
    user = rig.users // 4 * 4  # the last one who pays: no instructor
    course = (user * 13 + rig.courses // 10) % rig.courses
    mine = {"Authorization": f"Token {token_of(user)}"}
    row, owner = (rig.stack.directory / "lists" / "progress_ours.txt").read_text().split("\n")[0].split()
    owners = {"Authorization": f"Token {owner}"}
    last = min(50, rig.courses // 20)
    url = f"{rig.uncached.url}/api"

    def get(path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return httpx.get(url + path, headers=headers, timeout=30)

    def change() -> httpx.Response:
        body = {"is_completed": False, "progress_percentage": random.randint(1, 99)}
        return httpx.put(f"{url}/progress/{row}/", json=body, headers=owners, timeout=30)

    routes: dict[str, Callable[[], httpx.Response]] = {
        "list, first page": lambda: get("/courses/?page=1"),
        f"list, page {last}": lambda: get(f"/courses/?page={last}"),
        "detail, a guest": lambda: get(f"/courses/course-{course + 1}/"),
        "detail, signed in": lambda: get(f"/courses/course-{course + 1}/", mine),
        "lesson": lambda: get(f"/lessons/{course * 48 + 5}/", mine),
        "PUT progress": change,
        "search, a common word": lambda: get("/courses/?search=python"),
        "search, a rare word": lambda: get("/courses/?search=topic1234"),
    }
    lines = ["| route | statements | rows | pages |", "|---|---|---|---|"]
    explain_from_now(rig.stack)
    by_the_clock = sent_by_the_clock(rig.stack)
    for name, ask in routes.items():
        # What is sent every few minutes may fall into one of two.
        got = min((touched(rig.stack, ask, by_the_clock) for _ in range(2)), key=lambda each: each.pages)
        lines.append(f"| {name} | {got.statements} | {got.rows:,} | {got.pages:,} |")
    return lines
