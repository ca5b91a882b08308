"""A page by cursor deep in a long list, against the first page of it: the learners of a course, for its staff."""

import base64
import json
import statistics
import time
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
from psycopg.conninfo import make_conninfo

from bench.report import Figure
from bench.seed import token_of
from shared.runtime.stack import Stack

COURSE = 1
FIRST_LEARNER = 10_000_000
PAGES = 200

_FILL = """
    INSERT INTO enrollment.enrollments (user_id, course_id, total_lessons, last_accessed, created_date)
    SELECT %(first)s + number, %(course)s, 48, now(), now() - number * interval '1 second'
    FROM generate_series(1, %(count)s) AS number
"""
_AT = "SELECT created_date, id FROM enrollment.enrollments WHERE user_id = %s AND course_id = %s"


def measure(stack: Stack, depth: int) -> Figure:
    """Adds the learners, which have no rows of progress: nothing else is right in this course afterwards."""
    with psycopg.connect(make_conninfo(stack.database.url, dbname=stack.database_name), autocommit=True) as admin:
        admin.execute(_FILL, {"first": FIRST_LEARNER, "course": COURSE, "count": depth + 100})
        admin.execute("VACUUM ANALYZE enrollment.enrollments")
        there = admin.execute(_AT, [FIRST_LEARNER + depth, COURSE]).fetchone()
    assert there is not None
    path = f"{stack.url}/api/courses/course-{COURSE}/enrollments/?page_size=20&cursor="
    with httpx.Client(headers={"Authorization": f"Token {token_of(8)}"}, timeout=60) as client:
        cursor = _moved(client.get(path).raise_for_status().json()["next"], there[0].isoformat(), there[1])
        times: dict[str, list[float]] = {"": [], cursor: []}
        for _ in range(PAGES):
            for position, taken in times.items():
                begun = time.perf_counter()
                page = client.get(path + position).raise_for_status()
                taken.append((time.perf_counter() - begun) * 1000)
                assert len(page.json()["results"]) == 20
    first, deep = (statistics.median(taken) for taken in times.values())
    what = f"page by cursor at depth {depth:,}, of the first page"
    return Figure(what, deep / first, 2, 1.3, f"p50 {deep:.1f} of {first:.1f} ms", smaller_is_better=True)


def _moved(link: str, *position: object) -> str:
    """The cursor of `link`, at another position."""
    [cursor] = parse_qs(urlsplit(link).query)["cursor"]
    direction, *_ = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return base64.urlsafe_b64encode(json.dumps([direction, *position]).encode()).decode().rstrip("=")
