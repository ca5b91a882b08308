"""Bulk issue while the worker is killed twice: none is lost and none doubled.

With 10,000: `SYLLABUS_BULK_ROWS=10000 pytest services/certificate/tests/test_bulk_killed.py -s`
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text

from certificate.models import Certificate, Completion, LogEntry, User
from shared import jobs
from shared.testing import ServiceUnderTest

ROWS = int(os.environ.get("SYLLABUS_BULK_ROWS", "400"))
COURSE = 5

WORKER = """
import asyncio
from certificate import jobs, schedules
from certificate.settings import process_settings
from shared.contracts.assessment.http import CourseStanding
from shared.database import Database
from shared.jobs import work_off
from shared.testing.service import FakePeers

owners = FakePeers()
owners.answer("assessment", "/internal/courses/5/standing/",
              CourseStanding(course_id=5, user_id=1, required=[], passed=[]))
jobs.owners = lambda: owners

async def main():
    database = Database(process_settings().database_url, pool_size=4, name="certificate")
    while True:
        await work_off(database, jobs.KINDS)
        await asyncio.sleep(0.1)

asyncio.run(main())
"""


def start_worker(service: ServiceUnderTest, key_file: str) -> subprocess.Popen[bytes]:
    given = {"SYLLABUS_DATABASE_URL": service.settings.database_url, "SYLLABUS_SIGNING_KEY_FILE": key_file}
    return subprocess.Popen([sys.executable, "-c", WORKER], env={**os.environ, **given}, process_group=0)


async def prepare(service: ServiceUnderTest, course: Any) -> str:
    """So many completed enrollments, and a job to issue for all. Returns the job's id."""
    await service.deliver(course())
    now = datetime.now(UTC)
    numbers = range(1, ROWS + 1)
    async with service.database.transaction() as session:
        await session.execute(
            insert(User), [{"user_id": n, "revision": 1, "full_name": f"Learner {n}"} for n in numbers]
        )
        completion = {"revision": 1, "course_id": COURSE, "completed_at": now, "state": "pending", "due_at": now}
        await session.execute(insert(Completion), [{**completion, "enrollment_id": n, "user_id": n} for n in numbers])
        started = await jobs.start(
            session,
            kind="certificates.issue",
            user_id=3,
            params={"course": COURSE},
            rows=[{"enrollment": n} for n in numbers],
        )
    return str(started.job_id)


async def done(service: ServiceUnderTest) -> int:
    async with service.database.reading() as session:
        return await session.scalar(text("SELECT done FROM jobs")) or 0


async def until_done(service: ServiceUnderTest, rows: int) -> None:
    while await done(service) < rows:
        await asyncio.sleep(0.02)


@pytest.mark.timeout(900)
async def test_all_are_issued_once_though_the_worker_is_killed_twice(
    certificate: ServiceUnderTest, course: Any, tmp_path: Any
) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key_file = tmp_path / "key.pem"
    private = Ed25519PrivateKey.generate()
    key_file.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    await prepare(certificate, course)
    started = time.monotonic()
    for share in (ROWS // 4, ROWS // 2, ROWS):
        worker = start_worker(certificate, str(key_file))
        try:
            await until_done(certificate, share)
        finally:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
    seconds = time.monotonic() - started
    async with certificate.database.reading() as session:
        issued = await session.scalar(select(func.count()).select_from(Certificate))
        enrollments = await session.scalar(select(func.count(func.distinct(Certificate.enrollment_id))))
        numbers = await session.scalar(select(func.count(func.distinct(Certificate.certificate_number))))
        entered = await session.scalar(select(func.count()).select_from(LogEntry))
        told = await session.scalar(
            text("SELECT count(DISTINCT aggregate_id) FROM outbox WHERE type = 'certificate.certificate.issued.v1'")
        )
        all_told = await session.scalar(text("SELECT count(*) FROM outbox"))
        unlogged = await session.scalar(select(func.count()).select_from(Certificate).where(~Certificate.is_logged))
    assert (issued, enrollments, numbers, told, all_told) == (ROWS,) * 5
    assert (entered, unlogged) == (ROWS, 0)
    sys.stdout.write(f"{ROWS} issued in {seconds:.1f} s: {ROWS / seconds:.0f} a second, two workers killed\n")
