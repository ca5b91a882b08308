"""Who may do what: every route of the service, by every kind of caller. Attempts are the enrolled student's own.

And whatever is answered to those who are not staff is searched for the key: nothing of it is told.
"""

import itertools
import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from assessment.main import ROUTERS
from shared.auth import Identity
from shared.testing import ServiceUnderTest, user

Json = dict[str, Any]
MakeRows = Callable[[], Awaitable[dict[str, int]]]

CALLERS: dict[str, Identity | None] = {
    "guest": None,
    "student": user(10),
    "enrolled student": user(7),
    "other student": user(8),
    "premium": user(9, premium=True),
    "other instructor": user(501, "instructor"),
    "instructor": user(500, "instructor"),
    "administrator": user(1, "administrator"),
}
"""The other student is enrolled in the course too; the instructor teaches it, and made all that there is in it."""
STAFF_NAMES = ("instructor", "administrator")
LESSONS = range(11, 40)
TEXT = "Which one of them is it?"
GIFT = "Which one? {=This ~That}"
CRITERIA = [{"title": "All", "points": 1, "ratings": [{"title": "Good", "points": 1}]}]

SIGNED_IN = (401, 200, 200, 200, 200, 200, 200, 200)
INSTRUCTORS = (401, 403, 403, 403, 403, 200, 200, 200)
MEMBERS = (401, 403, 200, 200, 403, 403, 200, 200)
STAFF = (401, 403, 403, 403, 403, 403, 200, 200)
STAFF_MAKE = (401, 403, 403, 403, 403, 403, 201, 201)
STAFF_DELETE = (401, 403, 403, 403, 403, 403, 204, 204)
# Others are not told that there is one.
HIDDEN = (401, 403, 403, 403, 403, 404, 200, 200)
HIDDEN_DELETE = (401, 403, 403, 403, 403, 404, 204, 204)
LEARNER = (401, 404, 200, 404, 404, 404, 404, 404)
LEARNER_AND_STAFF = (401, 404, 200, 404, 404, 404, 200, 200)

RULES: list[tuple[str, str, Json | str | None, tuple[int, ...]]] = [
    ("GET", "/api/assessments/", None, SIGNED_IN),
    ("POST", "/api/assessments/", {"lesson": "{lesson}", "title": "Quiz"}, STAFF_MAKE),
    ("GET", "/api/assessments/{assessment_id}/", None, MEMBERS),
    ("PUT", "/api/assessments/{assessment_id}/", {"lesson": "{of_lesson}", "title": "Quiz"}, STAFF),
    ("PATCH", "/api/assessments/{assessment_id}/", {"title": "Quiz"}, STAFF),
    ("DELETE", "/api/assessments/{assessment_id}/", None, STAFF_DELETE),
    ("GET", "/api/assessments/{assessment_id}/overrides/", None, STAFF),
    ("PUT", "/api/assessments/{assessment_id}/overrides/{user_id}/", {"extra_attempts": 1}, STAFF),
    ("DELETE", "/api/assessments/{assessment_id}/overrides/{user_id}/", None, STAFF_DELETE),
    ("POST", "/api/assessments/{assessment_id}/regrade/", None, (401, 403, 403, 403, 403, 403, 202, 202)),
    ("GET", "/api/assessments/{assessment_id}/statistics/", None, STAFF),
    ("GET", "/api/questions/", None, INSTRUCTORS),
    ("POST", "/api/questions/", {"assessment": "{assessment_id}", "question_type": "essay", "question_text": TEXT},
     STAFF_MAKE),
    ("GET", "/api/questions/{question_id}/", None, STAFF),
    ("PUT", "/api/questions/{question_id}/", {"question_type": "essay", "question_text": TEXT}, STAFF),
    ("PATCH", "/api/questions/{question_id}/", {"points": 2}, STAFF),
    ("DELETE", "/api/questions/{question_id}/", None, STAFF_DELETE),
    ("GET", "/api/answers/", None, INSTRUCTORS),
    ("POST", "/api/answers/", {"question": "{choice}", "answer_text": "One more"}, STAFF_MAKE),
    ("GET", "/api/answers/{answer_id}/", None, STAFF),
    ("PUT", "/api/answers/{answer_id}/", {"answer_text": "New"}, STAFF),
    ("PATCH", "/api/answers/{answer_id}/", {"answer_text": "New"}, STAFF),
    ("DELETE", "/api/answers/{answer_id}/", None, STAFF_DELETE),
    ("GET", "/api/question-banks/", None, INSTRUCTORS),
    ("POST", "/api/question-banks/", {"course": "5", "title": "Spare questions"}, STAFF_MAKE),
    ("GET", "/api/question-banks/{bank_id}/", None, HIDDEN),
    ("PUT", "/api/question-banks/{bank_id}/", {"title": "Renamed"}, HIDDEN),
    ("PATCH", "/api/question-banks/{bank_id}/", {"title": "Renamed"}, HIDDEN),
    ("DELETE", "/api/question-banks/{bank_id}/", None, HIDDEN_DELETE),
    ("POST", "/api/question-banks/{bank_id}/import/", GIFT, HIDDEN),
    ("GET", "/api/question-banks/{bank_id}/export/", None, HIDDEN),
    # The enrolled student's open attempt is returned; the other one's is new.
    ("POST", "/api/assessments/{assessment_id}/start/", None, (401, 403, 200, 201, 403, 403, 403, 403)),
    ("POST", "/api/attempt-answers/",
     {"attempt_id": "{attempt_id}", "question_id": "{choice}", "selected_answer_id": "{answer_id}"},
     (401, 404, 201, 404, 404, 404, 404, 404)),
    ("POST", "/api/assessment-attempts/{attempt_id}/complete/", None, LEARNER),
    ("GET", "/api/assessment-attempts/", None, SIGNED_IN),
    ("GET", "/api/assessment-attempts/{attempt_id}/", None, LEARNER_AND_STAFF),
    ("GET", "/api/attempt-answers/{answer_id}/attachment/", None, LEARNER_AND_STAFF),
    ("GET", "/api/grading-queue/", None, INSTRUCTORS),
    ("PUT", "/api/attempt-answers/{answer_id}/grade/", {"points_earned": 1}, HIDDEN),
    # Rubrics are their makers' own.
    ("GET", "/api/rubrics/", None, INSTRUCTORS),
    ("POST", "/api/rubrics/", {"title": "Mine", "criteria": CRITERIA}, (401, 403, 403, 403, 403, 201, 201, 201)),
    ("GET", "/api/rubrics/{rubric_id}/", None, HIDDEN),
    ("PUT", "/api/rubrics/{rubric_id}/", {"title": "Renamed", "criteria": CRITERIA}, HIDDEN),
    ("PATCH", "/api/rubrics/{rubric_id}/", {"title": "Renamed"}, HIDDEN),
    ("DELETE", "/api/rubrics/{rubric_id}/", None, HIDDEN_DELETE),
    ("GET", "/api/search/questions/", None, INSTRUCTORS),
    ("GET", "/api/jobs/{job_id}/", None, (401, 404, 404, 404, 404, 404, 200, 200)),
]  # fmt: skip
"""Statuses in the order of the callers. In a body, `{name}` stands for the id of a row."""

KEY = re.compile(
    r"because of the key|mitochondria|energ|airway|\"pairs\"|"
    r"\"(is_correct|points_earned|correct_\\w+|accepted|keywords|fraction|match|explanation|feedback)\":(?!null)"
)
"""What of an assessment whose feedback is never given tells a right answer. Null tells nothing."""

each_rule = pytest.mark.parametrize(
    ("method", "path", "body", "expected"), RULES, ids=[f"{method} {path}" for method, path, _, _ in RULES]
)


def test_no_route_is_missing() -> None:
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    public = {(method, route.path) for route in routes for method in route.methods if route.include_in_schema}
    assert {(method, path) for method, path, _, _ in RULES} == public


@pytest.fixture
async def make_rows(
    service: ServiceUnderTest, course: Any, enrolled: Any, questions: list[Json], typed: dict[str, Json]
) -> MakeRows:
    """One of each, by the names in the paths; made anew whenever it is called."""
    outline = course(lessons=tuple(LESSONS))
    await service.deliver(outline, enrolled(), enrolled(enrollment_id=80, user_id=8))
    service.peers.answer("catalog", "/internal/courses/5/", outline)
    service.peers.answer("catalog", f"/internal/lessons/{LESSONS[-1]}/", outline)
    service.peers.answer("enrollment", "/internal/enrollments/", None)
    teacher, learner = service.client(user(500, "instructor")), service.client(user(7))
    lessons = itertools.count(LESSONS[0])

    async def post(client: httpx.AsyncClient, path: str, **sent: Any) -> Json:
        answer = await client.post(path, **sent)
        assert answer.is_success, answer.text
        return dict(answer.json()) if answer.content else {}

    async def make() -> dict[str, int]:
        essay = typed["essay"] | {"config": {"allow_attachments": True}}
        lesson = next(lessons)
        asked = [essay, *questions, typed["short_answer"], typed["fill_blank"], typed["matching"]]
        body = {"lesson": lesson, "title": "Checkpoint", "feedback_mode": "never", "questions": asked}
        assessment = await post(teacher, "/api/assessments/", json=body)
        written, choice = assessment["questions"][:2]
        first = await post(learner, f"/api/assessments/{assessment['id']}/start/")
        form = {"attempt_id": first["attempt_id"], "question_id": written["id"], "text_answer": "See the file."}
        given = await post(learner, "/api/attempt-answers/", data=form, files={"attachment": ("a.txt", b"Text")})
        await post(learner, f"/api/assessment-attempts/{first['attempt_id']}/complete/")
        attempt = await post(learner, f"/api/assessments/{assessment['id']}/start/")
        assert (await teacher.put(f"/api/assessments/{assessment['id']}/overrides/7/", json={})).is_success
        job = await post(teacher, f"/api/assessments/{assessment['id']}/regrade/")
        bank = await post(teacher, "/api/question-banks/", json={"course": "5", "title": "Bank"})
        rubric = await post(teacher, "/api/rubrics/", json={"title": "Mine", "criteria": CRITERIA})
        return {
            "lesson": LESSONS[-1],
            "of_lesson": lesson,
            "assessment_id": assessment["id"],
            "user_id": 7,
            "question_id": written["id"],
            "choice": choice["id"],
            "answer_id": choice["answers"][0]["id"],
            "attempt_id": attempt["attempt_id"],
            "given": given["id"],
            "bank_id": bank["id"],
            "rubric_id": rubric["id"],
            "job_id": job["job_id"],
        }

    return make


def as_sent(method: str, body: Json | str | None, rows: dict[str, int]) -> Json:
    """What a request is made of beside its path."""
    if isinstance(body, str):
        return {"content": body, "headers": {"Content-Type": "text/plain"}}
    if body is None:
        return {"params": {"q": "question"}} if method == "GET" else {}
    named = {f"{{{name}}}": id_ for name, id_ in rows.items()}
    return {"json": {name: named.get(str(value), value) for name, value in body.items()}}


@each_rule
async def test_who_may(
    service: ServiceUnderTest,
    make_rows: MakeRows,
    method: str,
    path: str,
    body: Json | str | None,
    expected: tuple[int, ...],
) -> None:
    rows, got = await make_rows(), {}
    path = path.replace("{answer_id}", "{given}") if path.startswith("/api/attempt-answers/") else path
    for name, caller in CALLERS.items():
        answer = await service.client(caller).request(method, path.format(**rows), **as_sent(method, body, rows))
        got[name] = answer.status_code
        told = KEY.search(answer.text)
        assert not told or name in STAFF_NAMES, (name, told)
        if method == "GET" and path in ("/api/assessments/{assessment_id}/", "/api/questions/"):
            assert told or name not in STAFF_NAMES, "the search finds what staff are told"
        if answer.status_code == 204:
            rows = await make_rows()
        elif path == "/api/assessments/" and answer.status_code == 201:
            await service.client(CALLERS["instructor"]).delete(f"{path}{answer.json()['id']}/")
    assert got == dict(zip(CALLERS, expected, strict=True))


@each_rule
async def test_an_absurd_id_is_no_error_of_ours(
    service: ServiceUnderTest, method: str, path: str, body: Json | str | None, expected: tuple[int, ...]
) -> None:
    absurd = dict.fromkeys(
        ("lesson", "of_lesson", "assessment_id", "user_id", "question_id", "choice", "answer_id", "attempt_id",
         "given", "bank_id", "rubric_id", "job_id"), 10**40,
    )  # fmt: skip
    sent = as_sent(method, body, absurd)
    service.peers.answer("catalog", "/internal/courses/5/", None)
    answer = await service.client(CALLERS["instructor"]).request(method, path.format(**absurd), **sent)
    assert answer.status_code in (200, 201, 400)
