import io
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from certificate import exports
from certificate.jobs import KINDS
from certificate.models import Certificate, Completion
from certificate.settings import process_settings
from shared.auth import Identity
from shared.contracts.catalog.events import CourseState
from shared.contracts.certificate.events import CertificateIssued, CertificateRevoked
from shared.jobs import work_off
from shared.testing import ServiceUnderTest, user

COURSE, LEARNER, INSTRUCTOR = 5, 7, 3
URL = "/api/certificates/bulk/"
STAFF = user(INSTRUCTOR, "instructor")
ADMINISTRATOR = user(1, "administrator")
LEARNERS = (7, 8, 9)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the process under test keeps archives."""
    monkeypatch.setenv("SYLLABUS_EXPORTS_DIR", str(tmp_path))
    process_settings.cache_clear()
    yield tmp_path
    process_settings.cache_clear()


@pytest.fixture
def bulk(
    certificate: ServiceUnderTest, folder: Path, monkeypatch: pytest.MonkeyPatch, course: Any
) -> Callable[..., Any]:
    """Starts a job, has the worker do it, and returns how it ended."""
    monkeypatch.setattr("certificate.jobs.owners", lambda: certificate.peers)
    certificate.app.state.settings = certificate.settings.model_copy(update={"exports_dir": folder})
    certificate.peers.answer("catalog", "/internal/courses/5/", course(CourseState))

    async def run(action: str, caller: Identity = STAFF, **values: Any) -> dict[str, Any]:
        body = {"course": COURSE, "action": action, **values}
        answer = await certificate.client(caller).post(URL, json=body)
        assert answer.status_code == 202, answer.text
        await work_off(certificate.database, KINDS)
        job: dict[str, Any] = (await certificate.client(caller).get(answer.json()["url"])).json()
        assert job["state"] == "completed", job
        return job

    return run


@pytest.fixture
async def completed(certificate: ServiceUnderTest, course: Any, learner: Any, enrollment: Any, standing: Any) -> None:
    """Three who have completed the course, and nothing settled yet."""
    standing()
    await certificate.deliver(course())
    for user_id in LEARNERS:
        await certificate.deliver(
            learner(user_id=user_id, full_name=f"Learner {user_id}"),
            enrollment(user_id=user_id, enrollment_id=5000 + user_id),
        )


async def count(service: ServiceUnderTest, **which: Any) -> int:
    async with service.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(Certificate).filter_by(**which)) or 0


async def checks(service: ServiceUnderTest, number: str) -> dict[str, Any]:
    answer = await service.client().get("/api/certificates/verify/", params={"certificate_number": number})
    body: dict[str, Any] = answer.json()
    return body


@pytest.mark.usefixtures("completed")
class TestIssue:
    async def test_all_that_are_earned_once(self, certificate: ServiceUnderTest, bulk: Any, settle: Any) -> None:
        job = await bulk("issue")
        assert (job["report"], job["completion"]) == ({"total": 3, "succeeded": 3, "failed": 0}, 100)
        assert [row["enrollment"] for row in job["results"]] == [5007, 5008, 5009]
        for row in job["results"]:
            found = await checks(certificate, row["certificate_number"])
            assert (found["valid"], found["checks"]["log"]) == (True, True)
        again = await bulk("issue", enrollment_ids=[5009, 5007, 5007, 5008])
        assert [row["certificate"] for row in again["results"]] == [row["certificate"] for row in job["results"]]
        await settle()
        assert (await count(certificate), len(await certificate.events(CertificateIssued))) == (3, 3)

    async def test_what_is_not_earned_fails_alone(
        self, certificate: ServiceUnderTest, bulk: Any, assessment: Any, standing: Any
    ) -> None:
        await certificate.deliver(assessment())
        standing(required=[20])
        job = await bulk("issue", enrollment_ids=[5007, 1])
        reasons = {row["enrollment"]: row["error"] for row in job["results"]}
        assert reasons == {
            5007: "enrollment: Not all required assessments are passed.",
            1: "This enrollment has not completed the course.",
        }
        assert await count(certificate) == 0

    async def test_those_who_completed_before_the_course_gave_any(
        self, certificate: ServiceUnderTest, bulk: Any, course: Any, settle: Any
    ) -> None:
        await certificate.deliver(course(version=2, has_certificate=False))
        certificate.peers.answer(
            "catalog", "/internal/courses/5/", course(CourseState, version=2, has_certificate=False)
        )
        await settle()
        refused = await bulk("issue")
        assert {row["error"] for row in refused["results"]} == {"enrollment: The course gives no certificates."}
        certificate.peers.answer("catalog", "/internal/courses/5/", course(CourseState, version=3))
        assert (await bulk("issue"))["report"]["succeeded"] == 3
        async with certificate.database.reading() as session:
            assert set(await session.scalars(select(Completion.state))) == {"issued"}

    async def test_an_owner_who_is_down_is_waited_for(self, certificate: ServiceUnderTest, bulk: Any) -> None:
        path = ("assessment", "/internal/courses/5/standing/")
        word = certificate.peers.answers.pop(path)
        answer = await certificate.client(STAFF).post(URL, json={"course": COURSE, "action": "issue"})
        await work_off(certificate.database, KINDS)
        job = (await certificate.client(STAFF).get(answer.json()["url"])).json()
        assert (job["state"], await count(certificate)) == ("queued", 0)
        certificate.peers.answers[path] = word


class TestReissueAndRevoke:
    async def test_all_get_new_ones(self, certificate: ServiceUnderTest, bulk: Any, issue: Any, learner: Any) -> None:
        await issue(*LEARNERS)
        await certificate.deliver(learner(user_id=8, version=2, full_name="New Name"))
        job = await bulk("reissue")
        assert job["report"]["succeeded"] == 3
        assert await count(certificate, status="superseded") == await count(certificate, status="active") == 3
        found = [await checks(certificate, row["certificate_number"]) for row in job["results"]]
        assert [each["student_name"] for each in found] == ["Zoë Ångström", "New Name", "Zoë Ångström"]
        assert all(each["valid"] and each["checks"]["log"] for each in found)

    async def test_all_are_revoked_with_the_reason(self, certificate: ServiceUnderTest, bulk: Any, issue: Any) -> None:
        await issue(*LEARNERS)
        job = await bulk("revoke", reason="Wrong course.", enrollment_ids=[5007, 5008, 77])
        assert job["report"] == {"total": 3, "succeeded": 2, "failed": 1}
        assert job["results"][0]["error"] == "This enrollment has no certificate of the course."
        found = await checks(certificate, job["results"][1]["certificate_number"])
        assert (found["status"], found["checks"]["log"]) == ("revoked", True)
        assert found["reason"] == "The certificate was revoked: Wrong course."
        assert (await count(certificate, status="active"), len(await certificate.events(CertificateRevoked))) == (1, 2)

    async def test_one_whose_entries_wait_can_be_revoked(self, certificate: ServiceUnderTest, issue: Any) -> None:
        from sqlalchemy import update

        await issue()
        async with certificate.database.transaction() as session:
            await session.execute(update(Certificate).values(is_logged=False))
            number, identifier = (await session.execute(select(Certificate.certificate_number, Certificate.id))).one()
        assert (await checks(certificate, number))["checks"]["log"] is None
        url = f"/api/certificates/{identifier}/revoke/"
        assert (await certificate.client(STAFF).post(url, json={"reason": "x"})).status_code == 200
        assert (await checks(certificate, number))["checks"]["log"] is True


class TestRender:
    async def test_a_zip_of_all(self, certificate: ServiceUnderTest, bulk: Any, issue: Any, folder: Path) -> None:
        await issue(*LEARNERS)
        job = await bulk("render", paper="letter")
        url = job["download_url"].removeprefix("http://127.0.0.1:8000")
        answer = await certificate.client(STAFF).get(url)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/zip")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert archive.testzip() is None
            assert sorted(archive.namelist()) == sorted(f"{row['certificate_number']}.pdf" for row in job["results"])
            assert all(info.compress_type == zipfile.ZIP_STORED for info in archive.infolist())
            pdf = archive.read(archive.namelist()[0])
        verified = await certificate.client().post("/api/certificates/verify/", files={"file": pdf})
        assert verified.json()["valid"] is True
        assert [each.name for each in folder.iterdir()] == [f"{job['id']}.zip"]
        for caller, status in ((None, 401), (user(11, "instructor"), 404), (user(7), 404), (ADMINISTRATOR, 200)):
            assert (await certificate.client(caller).get(url)).status_code == status

    async def test_it_is_kept_for_a_day(
        self, certificate: ServiceUnderTest, bulk: Any, issue: Any, folder: Path
    ) -> None:
        await issue()
        url = (await bulk("render"))["download_url"].removeprefix("http://127.0.0.1:8000")
        now = datetime.now(UTC)
        exports.forget_old(folder, now=now + timedelta(hours=23))
        assert (await certificate.client(STAFF).get(url)).status_code == 200
        exports.forget_old(folder, now=now + timedelta(hours=25))
        assert (await certificate.client(STAFF).get(url)).status_code == 404
        exports.forget_old(folder / "nowhere", now=now)

    async def test_what_was_lost_is_drawn_again(
        self, certificate: ServiceUnderTest, bulk: Any, issue: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await issue(*LEARNERS)
        write = exports.write_part
        lost: list[str] = []

        def lose_first(folder: Path, job_id: int, name: str, content: bytes) -> None:
            if name in lost or len(lost) == len(LEARNERS):
                write(folder, job_id, name, content)
            else:
                lost.append(name)

        monkeypatch.setattr(exports, "write_part", lose_first)
        job = await bulk("render")
        assert (job["report"]["succeeded"], len(lost)) == (3, 3)
        with zipfile.ZipFile(folder / f"{job['id']}.zip") as archive:
            assert len(archive.namelist()) == 3

    def test_half_written_files_are_not_seen(self, tmp_path: Path) -> None:
        exports.write_part(tmp_path, 4, "a.pdf", b"a")
        (tmp_path / "4" / ".tmp").write_bytes(b"half")
        assert exports.missing(tmp_path, 4, ["a.pdf", "b.pdf"]) == ["b.pdf"]
        exports.pack(tmp_path, 4, ["a.pdf"])
        exports.forget_parts(tmp_path, 4)
        assert os.listdir(tmp_path) == ["4.zip"]
        shutil.rmtree(tmp_path)
        exports.forget_old(tmp_path, now=datetime.now(UTC))


BAD = [
    ({"action": "destroy"}, "action"),
    ({"action": None}, "action"),
    ({"action": "revoke"}, "reason"),
    ({"action": "revoke", "reason": " "}, "reason"),
    ({"action": "revoke", "reason": "x" * 1001}, "reason"),
    ({"action": "revoke", "reason": "x\0"}, "reason"),
    ({"enrollment_ids": []}, "enrollment_ids"),
    ({"enrollment_ids": [0]}, "enrollment_ids.0"),
    ({"enrollment_ids": [2**63]}, "enrollment_ids.0"),
    ({"enrollment_ids": ["x"]}, "enrollment_ids.0"),
    ({"enrollment_ids": list(range(1, 10_002))}, "enrollment_ids"),
    ({"enrollment_ids": 5}, "enrollment_ids"),
    ({"action": "render", "paper": "a0"}, "paper"),
    ({"course": 2**70}, "course"),
    ({"course": "nowhere"}, "course"),
    ({"course": None}, "course"),
]


@pytest.mark.usefixtures("completed", "bulk")
class TestBadInput:
    @pytest.mark.parametrize(("body", "field"), BAD)
    async def test_is_named(self, certificate: ServiceUnderTest, body: dict[str, Any], field: str) -> None:
        certificate.peers.answer("catalog", "/internal/courses/", None)
        answer = await certificate.client(STAFF).post(URL, json={"course": COURSE, "action": "issue", **body})
        assert (answer.status_code, list(answer.json())) == (400, [field])
