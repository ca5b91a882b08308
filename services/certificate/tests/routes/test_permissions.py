"""Who may do what: every route of the service, by every kind of caller. The certificate is the enrolled student's."""

import io
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fastapi.routing import APIRoute
from PIL import Image

from certificate.jobs import KINDS
from certificate.main import ROUTERS
from certificate.settings import process_settings
from shared.auth import Identity
from shared.contracts.catalog.events import CourseState
from shared.jobs import start, work_off
from shared.testing import ServiceUnderTest, user

CALLERS: dict[str, Identity | None] = {
    "guest": None,
    "student": user(10),
    "enrolled student": user(7),
    "other student": user(8),
    "premium": user(9, premium=True),
    "other instructor": user(11, "instructor"),
    "second instructor": user(4, "instructor"),
    "instructor": user(3, "instructor"),
    "administrator": user(1, "administrator"),
}
"""The other student has a certificate of the course too; both instructors teach it. The job is the instructor's."""
ANYONE = (200,) * 9
PREMIUM = (401, 403, 403, 403, 200, 200, 200, 200, 200)
READERS = (401, 404, 200, 404, 404, 404, 200, 200, 200)
STARTER = (401, 404, 404, 404, 404, 404, 404, 200, 200)
TEACHERS = (401, 403, 403, 403, 403, 200, 200, 200, 200)


def _staff(status: int, other_instructor: int) -> tuple[int, ...]:
    """Who does not teach learns that a role is missing, before anything is looked up."""
    return (401, 403, 403, 403, 403, other_instructor, status, status, status)


def _administrators(status: int) -> tuple[int, ...]:
    return (401, 403, 403, 403, 403, 403, 403, 403, status)


class Rule(NamedTuple):
    method: str
    path: str
    sent: Any
    """A GET's query; of others, the JSON body, or a file."""
    expected: tuple[int, ...]
    """Statuses in the order of the callers."""
    course: int | None = 5
    """Whose template it is; None: the default."""


def _png() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (30, 10), "blue").save(written, "PNG")
    return written.getvalue()


PNG = _png()
MODERN = {"layout": "modern"}
BULK = {"course": 5, "reason": "Copied work."}
TEMPLATE = "/api/certificate-templates/{template_id}/"
NUMBER = {"certificate_number": "{certificate_number}"}

RULES = (
    Rule("GET", "/api/certificates/", None, PREMIUM),
    Rule("GET", "/api/certificates/{certificate_id}/", None, READERS),
    Rule("GET", "/api/certificates/{certificate_id}/pdf/", None, READERS),
    Rule("GET", "/api/certificates/{certificate_id}/credential/", None, READERS),
    Rule("POST", "/api/certificates/{certificate_id}/revoke/", {"reason": "Copied work."}, _staff(200, 404)),
    Rule("POST", "/api/certificates/{certificate_id}/reissue/", {}, _staff(201, 404)),
    Rule("POST", "/api/certificates/bulk/", BULK | {"action": "issue"}, _staff(202, 403)),
    Rule("POST", "/api/certificates/bulk/", BULK | {"action": "reissue"}, _staff(202, 403)),
    Rule("POST", "/api/certificates/bulk/", BULK | {"action": "revoke"}, _staff(202, 403)),
    Rule("POST", "/api/certificates/bulk/", BULK | {"action": "render"}, _staff(202, 403)),
    Rule("GET", "/api/certificates/bulk/{job_id}/download/", None, STARTER),
    Rule("GET", "/api/jobs/{job_id}/", None, STARTER),
    Rule("GET", "/api/certificates/verify/", NUMBER, ANYONE),
    Rule("POST", "/api/certificates/verify/", b"%PDF-1.7 of something else", (400,) * 9),
    Rule("GET", "/api/certificates/keys/", None, ANYONE),
    Rule("GET", "/api/certificates/status/{number}/", None, ANYONE),
    Rule("GET", "/api/certificates/log/", None, ANYONE),
    Rule("GET", "/api/certificates/log/proof/", NUMBER, ANYONE),
    Rule("GET", "/api/certificates/log/consistency/", {"first": "1", "second": "1"}, ANYONE),
    Rule("GET", "/api/certificate-templates/", None, TEACHERS),
    # One for each course: those who come second are told so.
    Rule("POST", "/api/certificate-templates/", {"course": 5}, (401, 403, 403, 403, 403, 403, 201, 400, 400)),
    Rule("POST", "/api/certificate-templates/", {"course": None}, _administrators(201)),
    Rule("POST", "/api/certificate-templates/preview/", MODERN, TEACHERS),
    Rule("GET", TEMPLATE, None, _staff(200, 404)),
    Rule("PUT", TEMPLATE, MODERN, _staff(200, 404)),
    Rule("PATCH", TEMPLATE, MODERN, _staff(200, 404)),
    Rule("DELETE", TEMPLATE, None, _staff(204, 404)),
    Rule("GET", TEMPLATE + "versions/", None, _staff(200, 404)),
    Rule("GET", TEMPLATE + "preview/", None, _staff(200, 404)),
    Rule("POST", TEMPLATE + "preview/", MODERN, _staff(200, 404)),
    Rule("GET", TEMPLATE + "{place}/", None, _staff(200, 404)),
    Rule("PUT", TEMPLATE + "{place}/", PNG, _staff(200, 404)),
    Rule("DELETE", TEMPLATE + "{place}/", None, _staff(204, 404)),
    Rule("GET", TEMPLATE, None, TEACHERS, course=None),
    Rule("PUT", TEMPLATE, MODERN, _administrators(200), course=None),
    Rule("PATCH", TEMPLATE, MODERN, _administrators(200), course=None),
    Rule("DELETE", TEMPLATE, None, _administrators(204), course=None),
    Rule("GET", TEMPLATE + "versions/", None, TEACHERS, course=None),
    Rule("GET", TEMPLATE + "preview/", None, TEACHERS, course=None),
    Rule("POST", TEMPLATE + "preview/", MODERN, TEACHERS, course=None),
    Rule("GET", TEMPLATE + "{place}/", None, TEACHERS, course=None),
    Rule("PUT", TEMPLATE + "{place}/", PNG, _administrators(200), course=None),
    Rule("DELETE", TEMPLATE + "{place}/", None, _administrators(204), course=None),
)


def test_no_route_is_missing() -> None:
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    public = {(method, route.path) for route in routes for method in route.methods if route.include_in_schema}
    assert {(rule.method, rule.path) for rule in RULES} == public


@pytest.fixture
async def make_rows(
    certificate: ServiceUnderTest, issue: Any, course: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """What a rule's path names; what a caller changed or deleted is made anew."""
    monkeypatch.setenv("SYLLABUS_EXPORTS_DIR", str(tmp_path))
    process_settings.cache_clear()
    certificate.app.state.settings = certificate.settings.model_copy(update={"exports_dir": tmp_path})
    certificate.peers.answer("catalog", "/internal/courses/5/", course(CourseState))
    await issue(7, 8)
    administrator = certificate.client(CALLERS["administrator"])

    async def make_template(course_id: int | None) -> int:
        known = (await administrator.get("/api/certificate-templates/")).json()["results"]
        found = [each for each in known if each["course"] == course_id]
        if not found:
            answer = await administrator.post("/api/certificate-templates/", json={"course": course_id})
            found = [answer.json()]
        [made] = found
        if made["logo_url"] is None:
            await administrator.put(f"/api/certificate-templates/{made['id']}/logo/", files={"file": PNG})
        return int(made["id"])

    async def make_job() -> int:
        async with certificate.database.transaction() as session:
            job = await start(session, kind="certificates.render", user_id=3, params={"course": 5}, rows=[])
        await work_off(certificate.database, KINDS)
        return job.job_id

    async def make(rule: Rule) -> dict[str, Any]:
        newest = (await administrator.get("/api/certificates/", params={"course": 5})).json()["results"]
        own = next(each for each in newest if each["user"] == 7)
        return {
            "certificate_id": own["id"],
            "certificate_number": own["certificate_number"],
            "template_id": await make_template(rule.course) if "{template_id}" in rule.path else None,
            "job_id": await make_job() if "{job_id}" in rule.path else None,
            "place": "logo",
            "number": 0,
        }

    yield make
    await administrator.aclose()
    process_settings.cache_clear()


def _request(rule: Rule, rows: dict[str, Any]) -> dict[str, Any]:
    if isinstance(rule.sent, bytes):
        return {"files": {"file": rule.sent}}
    if rule.method != "GET":
        return {"json": rule.sent}
    return {"params": {name: value.format(**rows) for name, value in (rule.sent or {}).items()}}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.method} {rule.path} {rule.course}")
async def test_who_may(certificate: ServiceUnderTest, make_rows: Any, rule: Rule) -> None:
    rows, got = await make_rows(rule), {}
    for name, caller in CALLERS.items():
        async with certificate.client(caller) as client:
            answer = await client.request(rule.method, rule.path.format(**rows), **_request(rule, rows))
        got[name] = answer.status_code
        if rule.method != "GET" and answer.is_success:
            rows = await make_rows(rule)
    assert got == dict(zip(CALLERS, rule.expected, strict=True))
