"""Staff enroll many at once, by their addresses."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import httpx
import pytest
from pydantic import BaseModel
from sqlalchemy import text

from enrollment import schedules
from shared import jobs
from shared.contracts.enrollment.events import EnrollmentCreated, EnrollmentReactivated
from shared.contracts.gateway.events import UserState
from shared.errors import ServiceUnavailable
from shared.testing import ServiceUnderTest, user

BULK = "/api/courses/5/enrollments/bulk/"
STAFF = user(500, "instructor")
UTF_16 = "email\nu1@example.com\nu2@example.com".encode("utf-16")


class Gateway:
    """Knows `u<number>@example.com`; those from 90 on are deactivated. It may be down for some questions."""

    def __init__(self) -> None:
        self.down_for = 0

    async def get(self, service: str, path: str, model: type[BaseModel], params: Mapping[str, str]) -> UserState | None:
        assert (service, path) == ("gateway", "/internal/users/")
        if self.down_for:
            self.down_for -= 1
            raise ServiceUnavailable
        name, _, host = params["email"].partition("@")
        if host != "example.com" or not name[1:].isdigit():
            return None
        number = int(name[1:])
        return UserState(
            version=1, user_id=number, full_name=f"User {number}", role="student", is_active=number < 90
        )  # fmt: skip


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Gateway:
    known = Gateway()
    monkeypatch.setattr(schedules, "owners", lambda: known)
    return known


async def post(service: ServiceUnderTest, caller: Any = STAFF, **request: Any) -> httpx.Response:
    async with service.client(caller) as client:
        return await client.post(BULK, **request)


async def carry_out(service: ServiceUnderTest, answer: httpx.Response) -> dict[str, Any]:
    """The job, worked off."""
    assert answer.status_code == 202, answer.text
    await jobs.work_off(service.database, schedules.JOBS)
    async with service.client(STAFF) as client:
        job: dict[str, Any] = (await client.get(answer.json()["url"])).json()
    return job


def outcomes(job: dict[str, Any]) -> dict[str, str]:
    return {row["email"]: row.get("outcome") or row["error"] for row in job["results"]}


class TestBulk:
    async def test_each_row_has_its_own_outcome(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, gateway: Gateway, assert_counters_right: Any
    ) -> None:
        await enrollment.deliver(course())
        await enroll(7)
        left = await enroll(8)
        async with enrollment.client(user(8)) as client:
            await client.post(f"/api/enrollments/{left['id']}/unenroll/")
        emails = ["u7@example.com", "u8@example.com", "U9@example.com", "u9@example.com ", "who@example.com"]
        job = await carry_out(
            enrollment, await post(enrollment, json={"emails": [*emails, "u95@example.com", "=1+1"]})
        )  # fmt: skip
        assert (job["state"], job["completion"]) == ("completed", 100)
        assert job["report"] == {"total": 6, "succeeded": 2, "failed": 4}
        assert outcomes(job) == {
            "u7@example.com": "You are already enrolled in this course.",
            "u8@example.com": "reactivated",
            "u9@example.com": "enrolled",
            "who@example.com": "email: Nobody is registered with this address.",
            "u95@example.com": "email: This account is deactivated.",
            "=1+1": "email: This is not an e-mail address.",
        }
        assert len(await enrollment.events(EnrollmentCreated)) == 3
        assert len(await enrollment.events(EnrollmentReactivated)) == 1
        async with enrollment.client(STAFF) as client:
            learners = (await client.get("/api/courses/5/enrollments/")).json()["results"]
        assert {row["user_name"] for row in learners if row["user"] == 9} == {"User 9"}
        await assert_counters_right()

    @pytest.mark.parametrize(
        "request_body",
        [
            {"json": {"csv": "name;email\nA;u1@example.com\nB;u2@example.com"}},
            {"content": b"\xef\xbb\xbfu1@example.com\r\nu2@example.com", "headers": {"Content-Type": "text/csv"}},
            {"files": {"file": ("class.csv", "email\nu1@example.com\nu2@example.com\n", "text/csv")}},
            {"content": UTF_16, "headers": {"Content-Type": "text/plain"}},
        ],
    )
    async def test_in_every_form(
        self, enrollment: ServiceUnderTest, course: Any, gateway: Gateway, request_body: dict[str, Any]
    ) -> None:
        await enrollment.deliver(course())
        job = await carry_out(enrollment, await post(enrollment, **request_body))
        assert outcomes(job) == {"u1@example.com": "enrolled", "u2@example.com": "enrolled"}

    async def test_staff_enroll_without_the_learners_subscription(
        self, enrollment: ServiceUnderTest, course: Any, gateway: Gateway
    ) -> None:
        await enrollment.deliver(course(price=Decimal("490.00")))
        job = await carry_out(enrollment, await post(enrollment, json={"emails": ["u1@example.com"]}))
        assert outcomes(job) == {"u1@example.com": "enrolled"}

    async def test_a_suspension_is_not_lifted(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, gateway: Gateway
    ) -> None:
        await enrollment.deliver(course())
        enrolled = await enroll(7)
        async with enrollment.client(STAFF) as client:
            await client.patch(f"/api/courses/5/enrollments/{enrolled['id']}/", json={"status": "suspended"})
        job = await carry_out(enrollment, await post(enrollment, json={"emails": ["u7@example.com"]}))
        assert job["results"][0]["code"] == "ALREADY_ENROLLED"

    async def test_two_jobs_and_the_learners_themselves_at_once(
        self, enrollment: ServiceUnderTest, course: Any, gateway: Gateway, assert_counters_right: Any
    ) -> None:
        await enrollment.deliver(course())
        emails = [f"u{number}@example.com" for number in range(1, 30)]
        for _ in range(2):
            assert (await post(enrollment, json={"emails": emails})).status_code == 202

        async def themselves() -> None:
            for number in range(1, 30, 3):
                async with enrollment.client(user(number)) as client:
                    await client.post("/api/courses/5/enroll/")

        work = (jobs.work_off(enrollment.database, schedules.JOBS) for _ in range(2))
        await asyncio.gather(themselves(), *work)
        assert len(await enrollment.events(EnrollmentCreated)) == 29
        await assert_counters_right()

    async def test_the_gateway_down_for_a_while_fails_nobody(
        self, enrollment: ServiceUnderTest, course: Any, gateway: Gateway
    ) -> None:
        await enrollment.deliver(course())
        gateway.down_for = 1
        answer = await post(enrollment, json={"emails": ["u1@example.com"]})
        await jobs.work_off(enrollment.database, schedules.JOBS)
        async with enrollment.database.transaction() as session:
            await session.execute(text("UPDATE jobs SET due_at = now()"))
        assert outcomes(await carry_out(enrollment, answer)) == {"u1@example.com": "enrolled"}


class TestRefusals:
    @pytest.mark.parametrize(
        ("caller", "status", "code"),
        [
            (None, 401, "AUTHENTICATION_REQUIRED"),
            (user(7), 403, "ROLE_REQUIRED"),
            (user(501, "instructor"), 403, "PERMISSION_DENIED"),
        ],
    )
    async def test_others_than_staff(
        self, enrollment: ServiceUnderTest, course: Any, caller: Any, status: int, code: str
    ) -> None:
        state = course()
        await enrollment.deliver(state)
        enrollment.peers.answer("catalog", "/internal/courses/5/", state)
        answer = await post(enrollment, caller, json={"emails": ["u1@example.com"]})
        assert (answer.status_code, answer.json()["code"]) == (status, code)

    @pytest.mark.parametrize(
        ("request_body", "field"),
        [
            ({"json": {}}, "non_field_errors"),
            ({"json": {"emails": ["u1@example.com"], "csv": "x"}}, "non_field_errors"),
            ({"json": {"emails": []}}, "emails"),
            ({"json": {"emails": "u1@example.com"}}, "emails"),
            ({"json": {"emails": [7]}}, "emails.0"),
            ({"json": {"emails": ["u1@example.com", "x" * 255]}}, "emails.1"),
            ({"json": {"emails": ["a\0@example.com"]}}, "emails.0"),
            ({"json": {"emails": ["u1@example.com"] * 10_001}}, "emails"),
            ({"json": {"csv": ""}}, "csv"),
            ({"json": {"csv": "\n\n"}}, "csv"),
            ({"json": {"csv": None}}, "csv"),
            ({"content": b"\xff\xff\xff", "headers": {"Content-Type": "text/csv"}}, "file"),
            ({"content": b"", "headers": {"Content-Type": "text/csv"}}, "file"),
            ({"files": {"other": ("x.csv", "u1@example.com")}}, "file"),
        ],
    )
    async def test_bad_input_names_the_field(
        self, enrollment: ServiceUnderTest, course: Any, request_body: dict[str, Any], field: str
    ) -> None:
        await enrollment.deliver(course())
        answer = await post(enrollment, **request_body)
        assert answer.status_code == 400, answer.text
        assert field in answer.json()

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"emails": ["\xff"]}', b"[" * 100_000])
    async def test_what_is_not_our_json(self, enrollment: ServiceUnderTest, course: Any, content: bytes) -> None:
        await enrollment.deliver(course())
        answer = await post(enrollment, content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400, answer.text

    async def test_a_file_that_is_too_large(self, enrollment: ServiceUnderTest, course: Any) -> None:
        await enrollment.deliver(course())
        answer = await post(enrollment, content=b"x" * 2_100_000, headers={"Content-Type": "text/csv"})
        assert answer.status_code == 413, answer.text

    async def test_a_course_that_is_not_published(self, enrollment: ServiceUnderTest, course: Any) -> None:
        await enrollment.deliver(course(is_published=False))
        answer = await post(enrollment, json={"emails": ["u1@example.com"]})
        assert (answer.status_code, answer.json()["code"]) == (400, "COURSE_NOT_AVAILABLE")
