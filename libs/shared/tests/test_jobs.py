"""Jobs: each row once, whatever is killed or fails."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import auth, jobs, problems
from shared.database import Database
from shared.errors import Invalid, NotFound, ServiceUnavailable
from shared.jobs import Job, JobKind, schedule, start, work_off
from shared.testing import user


async def note(session: AsyncSession, job: Job, params: dict[str, Any]) -> dict[str, Any]:
    """The row of the job under test: leaves an effect, or fails as it is told."""
    await session.execute(text("INSERT INTO effects (aggregate_id, version) VALUES (:n, 1)"), {"n": params["n"]})
    if params["n"] < 0:
        raise Invalid(n="Must not be negative.")
    if params["n"] == 404:
        raise NotFound
    if params["n"] == 500:
        raise ZeroDivisionError
    return {"noted": params["n"]}


NOTE = JobKind("note", row=note, batch=3)


async def started(database: Database, *numbers: int, kind: str = "note") -> int:
    async with database.transaction() as session:
        answer = await start(session, kind=kind, user_id=7, rows=[{"n": number} for number in numbers])
    return answer.job_id


async def effects(database: Database) -> list[int]:
    async with database.reading() as session:
        return list((await session.execute(text("SELECT aggregate_id FROM effects ORDER BY place"))).scalars())


async def due_again(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(text("UPDATE jobs SET due_at = now()"))


@pytest.fixture
def client(database: Database) -> AsyncClient:
    """User 7, unless a test signs in somebody else."""
    app = FastAPI()
    app.state.database = database
    problems.install(app)
    app.include_router(jobs.router)
    app.dependency_overrides[auth._signed_in] = lambda: user(7)
    return AsyncClient(transport=ASGITransport(app), base_url="http://service")


async def view(client: AsyncClient, job_id: int) -> dict[str, Any]:
    answer = await client.get(f"/api/jobs/{job_id}/")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


class TestWork:
    async def test_every_row_is_done_once_and_told(self, database: Database, client: AsyncClient) -> None:
        job_id = await started(database, *range(10))
        assert (await view(client, job_id))["state"] == "queued"
        assert await schedule({"note": NOTE}).is_due(database)
        await work_off(database, {"note": NOTE})
        assert not await schedule({"note": NOTE}).is_due(database)
        assert await effects(database) == list(range(10))
        found = await view(client, job_id)
        assert (found["state"], found["completion"]) == ("completed", 100)
        assert found["report"] == {"total": 10, "succeeded": 10, "failed": 0}
        assert found["results"][2] == {"row": 3, "n": 2, "status": "succeeded", "noted": 2}

    async def test_a_row_that_fails_leaves_nothing_and_holds_up_nothing(
        self, database: Database, client: AsyncClient
    ) -> None:
        job_id = await started(database, 1, -1, 404, 500, 2)
        await work_off(database, {"note": NOTE})
        assert await effects(database) == [1, 2]
        found = await view(client, job_id)
        assert [row["row"] for row in found["results"]] == [2, 3, 4, 1, 5]
        assert found["results"][0]["details"] == {"n": ["Must not be negative."]}
        assert found["results"][1]["code"] == "NOT_FOUND"
        assert found["results"][2]["code"] == "INTERNAL_ERROR"
        assert found["report"]["failed"] == 3

    async def test_a_worker_killed_amid_a_batch_repeats_and_loses_nothing(self, database: Database) -> None:
        await started(database, *range(8))
        reached = asyncio.Event()

        async def stall_at_five(session: AsyncSession, job: Job, params: dict[str, Any]) -> dict[str, Any]:
            if params["n"] == 5 and not reached.is_set():
                reached.set()
                await asyncio.Event().wait()
            return await note(session, job, params)

        kinds = {"note": JobKind("note", row=stall_at_five, batch=3)}
        killed = asyncio.create_task(work_off(database, kinds))
        await reached.wait()
        killed.cancel()
        with pytest.raises(asyncio.CancelledError):
            await killed
        assert await effects(database) == [0, 1, 2]
        await work_off(database, kinds)
        assert await effects(database) == list(range(8))

    async def test_two_workers_do_each_row_once(self, database: Database) -> None:
        for first in (0, 100, 200):
            await started(database, *range(first, first + 20))
        await asyncio.gather(*(work_off(database, {"note": NOTE}) for _ in range(3)))
        await work_off(database, {"note": NOTE})
        assert sorted(await effects(database)) == [*range(20), *range(100, 120), *range(200, 220)]

    async def test_it_waits_for_an_owner_who_is_away(self, database: Database, client: AsyncClient) -> None:
        away = True

        async def ask(database: Database, job: Job, rows: list[dict[str, Any]]) -> None:
            if away:
                raise ServiceUnavailable

        kinds = {"note": JobKind("note", row=note, prepare=ask)}
        job_id = await started(database, 1)
        await work_off(database, kinds)
        assert (await view(client, job_id))["state"] == "queued"
        away = False
        await due_again(database)
        await work_off(database, kinds)
        assert await effects(database) == [1]

    async def test_it_is_given_up_after_many_attempts(self, database: Database, client: AsyncClient) -> None:
        async def fail(session: AsyncSession, job: Job) -> None:
            raise ZeroDivisionError

        kinds = {"note": JobKind("note", row=note, finish=fail)}
        job_id = await started(database, 1)
        for _ in range(jobs.MOST_ATTEMPTS):
            await due_again(database)
            await work_off(database, kinds)
        found = await view(client, job_id)
        assert found["state"] == "failed"
        assert "Given up" in found["message"]

    async def test_finish_says_what_came_of_it(self, database: Database, client: AsyncClient) -> None:
        async def finish(session: AsyncSession, job: Job) -> None:
            job.download_url, job.message = f"/files/{job.id}", "Ready."

        job_id = await started(database)
        await work_off(database, {"note": JobKind("note", row=note, finish=finish)})
        found = await view(client, job_id)
        assert (found["state"], found["download_url"], found["message"]) == ("completed", f"/files/{job_id}", "Ready.")

    async def test_kinds_of_a_later_release_are_left_alone(self, database: Database, client: AsyncClient) -> None:
        job_id = await started(database, 1, kind="unknown")
        await work_off(database, {"note": NOTE})
        assert (await view(client, job_id))["state"] == "queued"


class TestJob:
    async def test_its_id_tells_the_service(self, database: Database) -> None:
        first, second = await started(database, 1), await started(database, 1)
        assert first % 10 == second % 10 == jobs.LAST_DIGIT["enrollment"]
        assert second == first + 10

    async def test_it_is_seen_by_its_owner_and_administrators(self, database: Database, client: AsyncClient) -> None:
        job_id = await started(database, 1)
        app: FastAPI = client._transport.app  # type: ignore[attr-defined]
        for who, status in ((user(8), 404), (user(8, "instructor"), 404), (user(9, "administrator"), 200)):
            app.dependency_overrides[auth._signed_in] = lambda who=who: who
            assert (await client.get(f"/api/jobs/{job_id}/")).status_code == status
        assert (await client.get("/api/jobs/99992/")).status_code == 404

    async def test_too_many_rows_are_refused(self, database: Database) -> None:
        with pytest.raises(Invalid, match="10000 rows"):
            await started(database, *range(jobs.MOST_ROWS + 1))
