"""Rows that the statements of each hot route touch, as EXPLAIN ANALYZE tells of what was really sent."""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from shared.runtime.stack import Stack

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


def switch(stack: Stack, *, on: bool) -> None:
    """Have PostgreSQL explain the statements of the services' roles; connections opened from now on."""
    with psycopg.connect(stack.database.url, autocommit=True) as admin:
        for role in _ROLES:
            for name, value in _ASK.items():
                change = f"SET {name} = {value}" if on else f"RESET {name}"
                admin.execute(f"ALTER ROLE {role} {change}")
        # End what is connected: pools open new connections, which are explained.
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ANY(%s)", [list(_ROLES)])


def touched(stack: Stack, request: Callable[[], None], *, of: str) -> Touched:
    """What the statements on the tables `of` (a regular expression) touch that `request` causes."""
    log = stack.directory / "postgres" / "server.log"
    request()  # opens connections, prepares statements, fills what is remembered
    time.sleep(1.0)
    begin = log.stat().st_size
    request()
    time.sleep(1.0)
    with log.open("rb") as file:
        file.seek(begin)
        text = file.read().decode(errors="replace")
    plans = [plan for plan in _plans(text) if re.search(of, plan["Query Text"])]
    scans = [node for plan in plans for node in _nodes(plan["Plan"]) if "Relation Name" in node or "Index Name" in node]
    rows = sum(
        (node.get("Actual Rows", 0) + node.get("Rows Removed by Filter", 0)) * node.get("Actual Loops", 1)
        for node in scans
    )
    pages = sum(plan["Plan"].get("Shared Hit Blocks", 0) + plan["Plan"].get("Shared Read Blocks", 0) for plan in plans)
    return Touched(len(plans), round(rows), pages)


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


def database(stack: Stack) -> str:
    return make_conninfo(stack.database.url, dbname=stack.database_name)
