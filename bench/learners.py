"""Enrollment alone, on a PostgreSQL of its own: a recalculation with learners at work, and growth.

    python -m bench.learners recalculate    a new policy for a course with 50,000 enrollments, with learners at work
    python -m bench.learners growth         size and time of a row at 1x, 10x and 100x

Each starts a private server and stops it. It prints what it measured.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psycopg
from sqlalchemy import text

from enrollment.commands.activity_days import keep_partitions
from enrollment.main import create
from enrollment.queries.recount import find_differences
from enrollment.schedules import recalculate_stale
from enrollment.settings import Settings
from shared import migrations
from shared.auth import HEADER, Identity, Signer
from shared.database import Database
from shared.runtime.keys import JWKS, ensure_keys
from shared.runtime.postgres import start_postgres
from shared.runtime.roles import derived_passwords, prepare_database

COURSE, TEACHER, LESSONS = 5, 500, 48

_COURSE = f"""
    INSERT INTO courses (course_id, revision, slug, title, price, is_draft, is_published, is_deleted, staff)
    VALUES ({COURSE}, 1, 'large', 'Large', 0, false, true, false, '[{{"user_id": {TEACHER}, "name": "T"}}]');
    INSERT INTO lessons (course_id, lesson_id, module_id, module_title, module_order, title, "order", type,
        duration_minutes, is_counted)
    SELECT {COURSE}, number, number / 8, 'Module', number / 8, 'Lesson ' || number, number, 'video', 5, true
    FROM generate_series(1, {LESSONS}) AS number;
"""
_ENROLLMENTS = f"""
    INSERT INTO enrollments (user_id, course_id, total_lessons, last_accessed)
    SELECT number, {COURSE}, {LESSONS}, now() FROM generate_series(%s::bigint, %s::bigint) AS number
"""
_PROGRESS = """
    INSERT INTO progress (enrollment_id, lesson_id)
    SELECT enrollments.id, lesson_id FROM enrollments JOIN lessons USING (course_id)
    WHERE user_id BETWEEN %s::bigint AND %s::bigint
"""


@asynccontextmanager
async def service(*, durable: bool) -> AsyncIterator[tuple[httpx.AsyncClient, Database, Signer, str]]:
    """The service without its worker, on an empty database."""
    with tempfile.TemporaryDirectory(prefix="syllabus-bench-", dir="/var/tmp") as folder:
        directory = Path(folder)
        directory.chmod(0o711)
        server = start_postgres(directory / "postgres", durable=durable)
        try:
            url = prepare_database(
                server.url, database="bench", passwords=derived_passwords(server.url)
            )["enrollment"]  # fmt: skip
            await asyncio.to_thread(migrations.migrate, Settings.SERVICE, url)
            keys = ensure_keys(directory / "keys")
            app = create(
                Settings(
                    database_url=url,
                    database_pool_size=16,
                    run_worker=False,
                    identity_key_file=keys / "enrollment.pem",
                    identity_jwks_file=keys / JWKS,
                    log_level="warning",
                )
            )
            async with app.router.lifespan_context(app):
                transport = httpx.ASGITransport(app)
                async with httpx.AsyncClient(transport=transport, base_url="http://service", timeout=60) as client:
                    database: Database = app.state.database
                    async with database.transaction() as session:
                        now = (await session.execute(text("SELECT now()"))).scalar_one()
                        await keep_partitions(session, today=now.date(), kept_days=90)
                    yield client, database, Signer("gateway", keys / "gateway.pem"), url
        finally:
            server.stop()


async def recalculate(enrollments: int) -> None:
    """A new policy; learners write all the while."""
    async with service(durable=True) as (client, database, signer, url):
        _fill(url, 1, enrollments)
        teacher = {HEADER: signer.for_user(Identity(TEACHER, "instructor", "T"), lifetime_s=3600)}
        body = {"method": "weighted", "weights": {"lesson": 1, "time": 1, "assessment": 0}}
        answer = await client.put(f"/api/courses/{COURSE}/progress-policy/", json=body, headers=teacher)
        answer.raise_for_status()
        began = time.perf_counter()
        work = asyncio.create_task(recalculate_stale(database))
        times: list[float] = []
        draw = random.Random(1)
        while not work.done():
            learner = draw.randint(1, enrollments)
            headers = {HEADER: signer.for_user(Identity(learner, "student", "L"), lifetime_s=3600)}
            [row, *_] = (await client.get("/api/progress/?page_size=1&cursor=", headers=headers)).json()["results"]
            at = time.perf_counter()
            answer = await client.patch(f"/api/progress/{row['id']}/", json={"time_spent": 60}, headers=headers)
            answer.raise_for_status()
            times.append(time.perf_counter() - at)
        await work
        times.sort()
        print(f"{enrollments} enrollments of {LESSONS} lessons: {time.perf_counter() - began:.1f} s")
        print(f"{len(times)} learners wrote meanwhile: p50 {statistics.median(times) * 1000:.0f} ms,")
        print(f"longest {times[-1] * 1000:.0f} ms")
        print(f"recount: {len([difference async for difference in find_differences(database)])} differences")


def _fill(url: str, first: int, last: int) -> float:
    """Seconds for a row of progress."""
    with psycopg.connect(url, autocommit=True) as connection:
        if first == 1:
            connection.execute(_COURSE)
        began = time.perf_counter()
        for start in range(first, last + 1, 1000):
            stop = min(start + 999, last)
            connection.execute(_ENROLLMENTS, [start, stop])
            connection.execute(_PROGRESS, [start, stop])
        took = time.perf_counter() - began
        connection.execute("VACUUM ANALYZE enrollments, progress")
    return took / max(1, (last - first + 1) * LESSONS)


_MEASURED = {
    "progress by id": ("SELECT * FROM progress WHERE id = %s::bigint", LESSONS),
    "change of a row": (
        "UPDATE progress SET time_spent = time_spent + 1, updated_date = now()"
        " WHERE enrollment_id = %s::bigint AND lesson_id = 7",
        1,
    ),
    "rows of an enrollment": (
        "SELECT * FROM progress JOIN lessons USING (lesson_id) WHERE enrollment_id = %s::bigint",
        1,
    ),
    "activity upsert": (
        "INSERT INTO activity AS had (user_id, hour, course_id, lesson_id, kind, count, seconds, score)"
        " VALUES (%s::bigint, date_trunc('hour', now()), 5, 7, 'worked', 1, 30, 0)"
        " ON CONFLICT (user_id, hour, course_id, lesson_id, kind) DO UPDATE SET seconds = had.seconds + 30",
        1,
    ),
}


async def growth(enrollments: int) -> None:
    """A table at 1x, 10x and 100x: bytes of a row with its indexes, and what the hot statements take."""
    async with service(durable=False) as (_, _, _, url):
        last = 0
        for scale in (1, 10, 100):
            a_row = _fill(url, last + 1, enrollments * scale)
            last = enrollments * scale
            print(f"{scale}x, {last * LESSONS} rows of progress: {_sizes(url)}, inserted in {a_row * 1e6:.0f} us a row")
            print("  " + ", ".join(f"{name} {micros:.0f} us" for name, micros in _times(url, last).items()))
        _fill_activity(url)
        print(_sizes(url, "activity"))


def _sizes(url: str, table: str = "progress") -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT sum(pg_relation_size(relid)), sum(pg_indexes_size(relid)),"
            f" (SELECT count(*) FROM {table}) FROM pg_partition_tree('{table}') WHERE isleaf"
        ).fetchone()
        assert row is not None
    heap, indexes, count = (int(value) for value in row)
    return f"{heap / count:.0f} bytes a row of {table} and {indexes / count:.0f} of indexes"


def _times(url: str, enrollments: int) -> dict[str, float]:
    """Median microseconds, at rows drawn from all."""
    draw, found = random.Random(1), {}
    with psycopg.connect(url, autocommit=True) as connection:
        connection.prepare_threshold = 0
        for name, (statement, ids) in _MEASURED.items():
            times = []
            for _ in range(2000):
                value = [draw.randint(1, enrollments * ids)]
                began = time.perf_counter()
                connection.execute(statement, value)
                times.append(time.perf_counter() - began)
            found[name] = statistics.median(times) * 1e6
    return found


def _fill_activity(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO activity SELECT number % 20000, date_trunc('hour', now()), 5, number / 20000 + 100, 'worked',"
            " 1, 30, 0 FROM generate_series(1, 2000000) AS number ON CONFLICT DO NOTHING"
        )
        connection.execute("VACUUM ANALYZE activity")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.learners", description=__doc__)
    what = parser.add_subparsers(dest="what", required=True)
    what.add_parser("recalculate").add_argument("--enrollments", type=int, default=50_000)
    what.add_parser("growth").add_argument("--enrollments", type=int, default=1000)
    chosen = parser.parse_args()
    if chosen.what == "recalculate":
        asyncio.run(recalculate(chosen.enrollments))
    else:
        asyncio.run(growth(chosen.enrollments))


if __name__ == "__main__":
    main()
