"""A course that another platform exported: taken in, published, learned, and given back."""

import os
import re
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo.api import Api

pytestmark = pytest.mark.stack

LIMIT_S = 60
COURSE = Path(
    os.environ.get("SYLLABUS_DEMO_COURSE", Path(__file__).parents[3] / "shared/data/openedx-demo-course.tar.gz")
)


def ask(person: Api, method: str, path: str, **given: Any) -> httpx.Response:
    answer = httpx.request(
        method, f"{person.address}/api{path}", headers=person.headers, timeout=LIMIT_S, trust_env=False, **given
    )
    assert answer.is_success, (method, path, answer.status_code, answer.text)
    return answer


def take_in(author: Api, archive: bytes, wait_until: Any) -> dict[str, Any]:
    """The report of an import that succeeded."""
    url = ask(author, "POST", "/courses/import/", files={"file": ("course.tar.gz", archive)}).json()["url"]
    path = url.removeprefix("/api")
    wait_until(lambda: author.get(path)["state"] not in ("queued", "running"), LIMIT_S)
    job = author.get(path)
    assert job["state"] == "completed", job
    report: dict[str, Any] = job["report"]
    return report


def right_answer(question: dict[str, Any]) -> dict[str, Any]:
    """The answer to a question, as the staff's view of it tells."""
    kind, config = question["question_type"], question["config"]
    if kind == "essay":
        return {"text_answer": "A rose by any other name would smell as sweet. " * 40}
    if kind == "fill_blank":
        return {"response": {"blanks": {blank["id"]: filling(blank) for blank in config["blanks"]}}}
    if kind == "matching":
        return {"response": {"pairs": config["pairs"]}}
    right = [answer["id"] for answer in question["answers"] if answer["is_correct"]]
    return {"selected_answer_id": right[0]} if len(right) == 1 else {"selected_answer_ids": right}


def filling(blank: dict[str, Any]) -> str:
    """A text that a blank accepts."""
    accepted: str = blank["accepted"][0]["text"]
    if blank["match"] != "regex":
        return accepted
    return next(text for text in ("2", "12", "bubble") if re.fullmatch(accepted, text))


def attempt(author: Api, learner: Api, assessment_id: int) -> None:
    """Answer all of an assessment's questions rightly, and hand it in."""
    known = {one["id"]: one for one in author.get(f"/assessments/{assessment_id}/")["questions"]}
    begun = learner.post(f"/assessments/{assessment_id}/start/")
    for question in begun["questions"]:
        given = {"attempt_id": begun["attempt_id"], "question_id": question["id"]}
        learner.post("/attempt-answers/", given | right_answer(known[question["id"]]))
    learner.post(f"/assessment-attempts/{begun['attempt_id']}/complete/")


def test_it_is_learned_to_its_certificate_and_goes_out_and_in_again(system: Any, wait_until: Any) -> None:
    if not COURSE.exists():
        pytest.skip("the Open edX demo course is not here: name it by SYLLABUS_DEMO_COURSE")
    author = system.instructor
    report = take_in(author, COURSE.read_bytes(), wait_until)
    slug = report["course"]["slug"]
    assert (report["modules"], report["lessons"], report["questions"]) == (6, 17, 29)
    ask(author, "PATCH", f"/courses/{slug}/", json={"learning_objectives": ["Know the platform"], "price": "0.00"})
    author.put(f"/courses/{slug}/publish/")
    learner, user = system.guest.register(f"demo-{time.time_ns()}@example.com", "Zoë", "Ångström")
    system.admin.put(f"/users/{user['id']}/subscription/", {"tier": "premium", "expires_at": None})
    enrollment = learner.post(f"/courses/{slug}/enroll/")
    for row in learner.get("/progress/", enrollment=enrollment["id"], page_size=100)["results"]:
        assert learner.get(f"/lessons/{row['lesson']['id']}/")["title"]
        learner.put(f"/progress/{row['id']}/", {"is_completed": True})
    for assessment in author.get("/assessments/", course=report["course"]["id"], page_size=100)["results"]:
        attempt(author, learner, assessment["id"])
    for given in author.get("/grading-queue/", course=report["course"]["id"], page_size=100)["results"]:
        author.put(f"/attempt-answers/{given['id']}/grade/", {"points_earned": given["question"]["points"]})
    (certificate,) = wait_until(lambda: learner.get("/certificates/")["results"])
    number = certificate["certificate_number"]
    assert system.guest.get("/certificates/verify/", certificate_number=number)["valid"] is True
    pdf = ask(learner, "GET", f"/certificates/{certificate['id']}/pdf/").content
    page = httpx.post(f"{learner.address}/verify/", files={"file": pdf}, timeout=LIMIT_S, trust_env=False)
    assert (page.status_code, "<h1>Valid</h1>" in page.text, number in page.text) == (200, True, True)
    first = ask(author, "GET", f"/courses/{slug}/export/").content
    again = take_in(author, first, wait_until)
    kept = ("modules", "lessons", "questions", "assessments", "resources")
    assert [again[name] for name in kept] == [report[name] for name in kept]
    assert again["notes"] == []
    # Its assessments are made from an event: until they are there, it is not exported without them.
    path = f"{author.address}/api/courses/{again['course']['slug']}/export/"
    second = wait_until(lambda: _answer_or_none(path, author), LIMIT_S)
    assert second == first


def _answer_or_none(path: str, person: Api) -> bytes | None:
    answer = httpx.get(path, headers=person.headers, timeout=LIMIT_S, trust_env=False)
    assert answer.status_code in (200, 503), answer.text
    return answer.content if answer.is_success else None
