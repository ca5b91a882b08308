"""Long work that a request starts and a worker does: rows, each carried out once, however often the worker is killed.

    route: answer = await jobs.start(session, kind=…, user_id=…, rows=[…])  → 202 {job_id, url}
    worker: a batch of rows at a time, each row's effect and its mark in one transaction
    client: GET /api/jobs/{job_id}/

One job is worked on by one worker at a time; several jobs take turns. Job ids are integers whose last digit tells the
service, so that the gateway knows whom to ask. Finished jobs are kept for 30 days.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Literal, LiteralString

import structlog
from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import SignedIn
from shared.database import Database, Reading, is_away
from shared.errors import Invalid, NotFound, Refusal, ServiceUnavailable
from shared.fields import PathId
from shared.settings import ServiceName
from shared.stopping import stop_if_cancelled
from shared.telemetry import begin, request_id
from shared.worker import Schedule

MOST_ROWS = 10_000
MOST_RESULTS = 1_000
MOST_ATTEMPTS = 50
LONGEST_PAUSE_S = 60
LAST_DIGIT: dict[ServiceName, int] = {
    "gateway": 0, "catalog": 1, "enrollment": 2, "assessment": 3, "certificate": 4,
}  # fmt: skip
"""Of each service's job ids."""

log = structlog.get_logger()


def create_tables(service: ServiceName) -> tuple[str, ...]:
    """For a migration of `service` (`shared.migrations.create_job_tables`)."""
    return (
        f"""
        CREATE TABLE jobs (
            id bigint GENERATED ALWAYS AS IDENTITY (START WITH {10 + LAST_DIGIT[service]} INCREMENT BY 10) PRIMARY KEY,
            kind text NOT NULL,
            user_id bigint NOT NULL,
            params jsonb NOT NULL,
            state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'completed', 'failed')),
            total integer NOT NULL,
            done integer NOT NULL DEFAULT 0,
            failed integer NOT NULL DEFAULT 0,
            attempts integer NOT NULL DEFAULT 0,
            message text NOT NULL DEFAULT '',
            report jsonb,
            download_url text,
            correlation_id text NOT NULL,
            due_at timestamptz NOT NULL DEFAULT now(),
            created_date timestamptz NOT NULL DEFAULT now()
        )
        """,
        "CREATE INDEX jobs_open ON jobs (due_at) WHERE state IN ('queued', 'running')",
        "CREATE INDEX jobs_created_date ON jobs (created_date)",
        """
        CREATE TABLE job_rows (
            job_id bigint NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
            number integer NOT NULL,
            params jsonb NOT NULL,
            state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'succeeded', 'failed')),
            result jsonb,
            PRIMARY KEY (job_id, number)
        )
        """,
        "CREATE INDEX job_rows_waiting ON job_rows (job_id, number) WHERE state = 'waiting'",
        "CREATE INDEX job_rows_failed ON job_rows (job_id, number) WHERE state = 'failed'",
    )


@dataclass
class Job:
    """A job at work. `finish` may set the last four, which the client then sees."""

    id: int
    kind: str
    user_id: int
    params: dict[str, Any]
    total: int
    done: int
    failed: int
    attempts: int
    correlation_id: str
    message: str = ""
    report: Any = None
    download_url: str | None = None
    state: Literal["completed", "failed"] = "completed"
    """How it ends."""


@dataclass(frozen=True)
class JobKind:
    """What one kind of job does.

    `row(session, job, params)` carries out one row, in the transaction that also marks it, and returns what the client
    is told. A `Refusal` or `Invalid` it raises fails that row alone, with its reason. `prepare(database, job, rows)`
    runs before each batch (asks owners, writes files), for 4 minutes at most, and may run again for the same rows.
    `finish(session, job)` runs once after the last row, in the transaction that completes the job.
    """

    name: str
    row: Callable[[AsyncSession, Job, dict[str, Any]], Awaitable[dict[str, Any] | None]]
    prepare: Callable[[Database, Job, list[dict[str, Any]]], Awaitable[None]] | None = None
    finish: Callable[[AsyncSession, Job], Awaitable[None]] | None = None
    batch: int = field(default=50)


class JobStarted(BaseModel):
    """Where to look how the job goes."""

    job_id: int
    url: str


class JobView(BaseModel):
    """A job. `completion` is a whole percentage; `results` has the rows that were done, those that failed first, at
    most 1,000: `row` (from 1), what it was about, `status` (`succeeded` or `failed`), and of a failure `error`.
    """

    id: int
    kind: str
    state: Literal["queued", "running", "completed", "failed"]
    completion: int
    message: str
    results: list[dict[str, Any]]
    report: Any
    download_url: str | None
    created_date: datetime


_START = text("""
    WITH job AS (
        INSERT INTO jobs (kind, user_id, params, total, correlation_id)
        VALUES (:kind, :user_id, CAST(:params AS jsonb), :total, :correlation_id) RETURNING id
    ), listed AS (
        INSERT INTO job_rows (job_id, number, params)
        SELECT job.id, row.number, row.params
        FROM job, jsonb_array_elements(CAST(:rows AS jsonb)) WITH ORDINALITY AS row (params, number)
    )
    SELECT id FROM job
""")


async def start(
    session: AsyncSession,
    *,
    kind: str,
    user_id: int,
    rows: Sequence[Mapping[str, Any]],
    params: Mapping[str, Any] | None = None,
) -> JobStarted:
    """Have the worker do this once the caller's transaction commits. `rows` and what they hold is shown to the user."""
    if len(rows) > MOST_ROWS:
        raise Invalid({"non_field_errors": [f"At most {MOST_ROWS} rows in one job; got {len(rows)}."]})
    job_id = await session.scalar(
        _START,
        {
            "kind": kind,
            "user_id": user_id,
            "params": json.dumps(params or {}),
            "total": len(rows),
            "correlation_id": request_id(),
            "rows": json.dumps([dict(row) for row in rows]),
        },
    )
    assert job_id is not None
    return JobStarted(job_id=job_id, url=f"/api/jobs/{job_id}/")


_IS_DUE: LiteralString = "SELECT 1 FROM jobs WHERE state IN ('queued', 'running') AND due_at <= now() LIMIT 1"
_CLAIM = text("""
    SELECT id, kind, user_id, params, total, done, failed, attempts, correlation_id, message, report, download_url
    FROM jobs WHERE state IN ('queued', 'running') AND due_at <= now() AND kind = ANY(:kinds)
    ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
""")
_PATIENCE = text("SET LOCAL idle_in_transaction_session_timeout = '5min'")
_WAITING = text("""
    SELECT number, params FROM job_rows WHERE job_id = :id AND state = 'waiting' ORDER BY number LIMIT :batch
""")
_MARK = text("""
    UPDATE job_rows SET state = row.state, result = row.result
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS row (number integer, state text, result jsonb)
    WHERE job_rows.job_id = :id AND job_rows.number = row.number
""")
_KEEP = text("""
    UPDATE jobs SET state = :state, done = :done, failed = :failed, attempts = 0, due_at = now(), message = :message,
        report = CAST(:report AS jsonb), download_url = :download_url
    WHERE id = :id
""")
_PUT_OFF = text("""
    UPDATE jobs SET attempts = attempts + 1, due_at = now() + make_interval(secs => :pause),
        state = CASE WHEN attempts + 1 >= :most THEN 'failed' ELSE state END,
        message = CASE WHEN attempts + 1 >= :most THEN :message ELSE message END
    WHERE id = :id
""")
_FORGET = text("""
    DELETE FROM jobs WHERE created_date < now() - interval '30 days' AND state IN ('completed', 'failed')
""")


async def work_off(database: Database, kinds: Mapping[str, JobKind]) -> None:
    """Do what is due of these kinds, batch after batch, until nothing is."""
    while await _one_batch(database, kinds):
        pass


def schedule(kinds: Mapping[str, JobKind]) -> Schedule:
    """The schedule that does a service's jobs, by the name of their kind."""
    return Schedule(0.5, partial(work_off, kinds=kinds), _IS_DUE)


async def _one_batch(database: Database, kinds: Mapping[str, JobKind]) -> bool:
    """Whether there was one."""
    job = None
    try:
        async with database.transaction() as session:
            found = (await session.execute(_CLAIM, {"kinds": list(kinds)})).one_or_none()
            if found is None:
                return False
            job = Job(**found._mapping)
            begin(job.correlation_id)
            await _carry_on(database, session, kinds[job.kind], job)
    except Exception as error:
        stop_if_cancelled()
        if job is None:
            raise
        if not isinstance(error, ServiceUnavailable) and not is_away(error):
            log.exception("a job's batch failed; it is tried again", job_id=job.id, kind=job.kind)
        await _put_off(database, job)
    return True


async def _carry_on(database: Database, session: AsyncSession, kind: JobKind, job: Job) -> None:
    rows = (await session.execute(_WAITING, {"id": job.id, "batch": kind.batch})).all()
    if rows and kind.prepare:
        await session.execute(_PATIENCE)
        await kind.prepare(database, job, [row.params for row in rows])
    marks = [await _carry_out(session, kind, job, row.number, row.params) for row in rows]
    if marks:
        await session.execute(_MARK, {"id": job.id, "rows": json.dumps(marks)})
    job.done += len(marks)
    job.failed += sum(mark["state"] == "failed" for mark in marks)
    ended = job.done >= job.total
    if ended:
        job.report = {"total": job.total, "succeeded": job.done - job.failed, "failed": job.failed}
        if kind.finish:
            await kind.finish(session, job)
        await session.execute(_FORGET)
    kept = {"state": job.state if ended else "running", "report": json.dumps(job.report)}
    of_job = {name: getattr(job, name) for name in ("id", "done", "failed", "message", "download_url")}
    await session.execute(_KEEP, kept | of_job)


async def _carry_out(
    session: AsyncSession, kind: JobKind, job: Job, number: int, params: dict[str, Any]
) -> dict[str, Any]:
    """Its mark. What a row that fails has written is undone, the rest stands."""
    try:
        async with session.begin_nested():
            result = await kind.row(session, job, params)
        return {"number": number, "state": "succeeded", "result": result or {}}
    except ServiceUnavailable:
        raise
    except Refusal as refusal:
        reason: dict[str, Any] = {"error": refusal.message, "code": refusal.code, "details": refusal.details}
    except Invalid as invalid:
        reason = {"error": str(invalid), "details": invalid.errors}
    except Exception as error:
        stop_if_cancelled()
        if is_away(error):
            raise
        log.exception("a row of a job failed", job_id=job.id, kind=job.kind, row=number)
        reason = {"error": "Something went wrong on our side.", "code": "INTERNAL_ERROR"}
    return {"number": number, "state": "failed", "result": reason}


async def _put_off(database: Database, job: Job) -> None:
    async with database.transaction() as session:
        await session.execute(
            _PUT_OFF,
            {
                "id": job.id,
                "pause": min(2.0**job.attempts, LONGEST_PAUSE_S),
                "most": MOST_ATTEMPTS,
                "message": "Given up: it failed again and again on our side. What was done is kept.",
            },
        )


_JOB = text("SELECT * FROM jobs WHERE id = :id")
_RESULTS = text("""
    (SELECT number, params, state, result FROM job_rows WHERE job_id = :id AND state = 'failed'
     ORDER BY number LIMIT :most)
    UNION ALL
    (SELECT number, params, state, result FROM job_rows WHERE job_id = :id AND state = 'succeeded'
     ORDER BY number LIMIT :most)
    LIMIT :most
""")

router = APIRouter(tags=["jobs"])


@router.get("/api/jobs/{job_id}/")
async def get_job(job_id: PathId, identity: SignedIn, session: Reading) -> JobView:
    """How a job goes, for who started it and administrators."""
    job = (await session.execute(_JOB, {"id": job_id})).one_or_none()
    if job is None or not (identity.is_administrator or job.user_id == identity.user_id):
        raise NotFound
    rows = await session.execute(_RESULTS, {"id": job_id, "most": MOST_RESULTS})
    return JobView(
        id=job.id,
        kind=job.kind,
        state=job.state,
        completion=100 if job.state == "completed" else 100 * job.done // max(job.total, 1),
        message=job.message,
        results=[{**row.params, "row": row.number, "status": row.state, **row.result} for row in rows],
        report=job.report,
        download_url=job.download_url,
        created_date=job.created_date,
    )
