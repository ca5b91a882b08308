"""Tiered content over HTTP, as one table: every access level × preview × which bodies are filled × every reader."""

from itertools import product
from typing import Any

import httpx
import pytest

from shared.contracts.enrollment.events import EnrollmentStatus
from shared.contracts.enrollment.http import EnrollmentState
from shared.testing import ServiceUnderTest, user

BODIES = {"full": "<p>Everything</p>", "registered": "<p>For members</p>", "guest": "<p>For all</p>"}
CASES = [
    (level, preview, registered, guest)
    for level, preview, registered, guest in product(("guest", "registered", "premium"), *[(False, True)] * 3)
    if guest or level != "guest"  # which there cannot be
]
ALWAYS_FULL = ("premium", "enrolled", "completed", "enrolled and premium", "suspended but premium", "staff", "admin")
SIGNED_IN = ("registered", "expired premium", "suspended", "dropped", "unenrolled", "other instructor")
READERS = ("guest", *SIGNED_IN, *ALWAYS_FULL)
STATUSES: dict[str, EnrollmentStatus] = {
    "enrolled": "active",
    "enrolled and premium": "active",
    "completed": "completed",
    "suspended": "suspended",
    "suspended but premium": "suspended",
    "dropped": "dropped",
    "unenrolled": "unenrolled",
}
RANK = {"guest": 0, "registered": 1, "premium": 2}


def expected(reader: str, level: str, preview: bool, registered: bool, guest: bool) -> tuple[Any, ...]:
    """(status, tier, granted, code), by the words of the contract."""
    if preview or reader in ALWAYS_FULL:
        return 200, "full", True, None
    signed_in = reader != "guest"
    more = ("SUBSCRIPTION_REQUIRED" if level == "premium" else "ENROLLMENT_REQUIRED") if signed_in else None
    code = more or "AUTHENTICATION_REQUIRED"
    tier = "registered" if registered and signed_in else "guest" if guest else None
    if tier is None:
        return 403 if signed_in else 401, None, None, code
    granted = RANK["registered" if signed_in else "guest"] >= RANK[level]
    return 200, tier, granted, None if granted else code


def client_of(catalog: ServiceUnderTest, reader: str) -> httpx.AsyncClient:
    number = 100 + READERS.index(reader)
    match reader:
        case "guest":
            return catalog.client()
        case "staff":
            return catalog.client(user(7, "instructor"))
        case "other instructor":
            return catalog.client(user(number, "instructor"))
        case "admin":
            return catalog.client(user(number, "administrator"))
    return catalog.client(user(number, premium=reader in ("premium", "enrolled and premium", "suspended but premium")))


@pytest.fixture
async def lessons(catalog, course, module, lesson) -> dict[tuple[Any, ...], int]:
    """A published course with a lesson of each case; ids by case."""
    made = await course()
    section = await module(made["id"])
    ids = {}
    for case in CASES:
        level, preview, registered, guest = case
        fields = {
            "access_level": level,
            "is_free_preview": preview,
            "registered_content": BODIES["registered"] if registered else "",
            "guest_content": BODIES["guest"] if guest else None,
        }
        ids[case] = (await lesson(section["id"], content=BODIES["full"], **fields))["id"]
    answer = await client_of(catalog, "staff").put(f"/api/courses/{made['id']}/publish/")
    assert answer.status_code == 200, answer.text
    return ids | {("course",): made["id"]}


def enroll(catalog: ServiceUnderTest, reader: str, course_id: int) -> None:
    status = STATUSES.get(reader)
    state = None
    if status is not None:
        number = 100 + READERS.index(reader)
        state = EnrollmentState(
            enrollment_id=number,
            user_id=number,
            course_id=course_id,
            status=status,
            progress_percentage=0,
            completed_lessons=0,
            total_lessons=len(CASES),
            created_date="2030-01-01T00:00:00Z",  # type: ignore[arg-type]
            version=1,
        )
    catalog.peers.answer("enrollment", "/internal/enrollments/", state)


async def test_every_reader_gets_of_every_lesson_what_is_theirs(catalog, lessons) -> None:
    wrong = []
    for reader in READERS:
        enroll(catalog, reader, lessons[("course",)])
        client = client_of(catalog, reader)
        for case in CASES:
            answer = await client.get(f"/api/lessons/{lessons[case]}/")
            body, meant = answer.json(), expected(reader, *case)
            access = body.get("access", {"granted": None, "code": body.get("code")})
            got = (answer.status_code, body.get("content_tier"), access["granted"], access["code"])
            if got != meant or (meant[1] and body["content"] != BODIES[meant[1]]):
                wrong.append((reader, case, got, meant))
            if meant[1] != "full" and BODIES["full"] in answer.text:
                wrong.append((reader, case, "the full content", "nothing of it"))
    assert wrong == []
