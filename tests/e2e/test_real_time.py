"""What people do over `/api/` is seen over real sockets of a running system, and in a real browser."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from demo.api import Api
from shared.testing.browser import CHROMIUM, WITHOUT, Browser, open_browser

pytestmark = pytest.mark.stack

LIMIT_S = 30


def register(guest: Api) -> tuple[Api, dict[str, Any]]:
    return guest.register(f"live-{time.time_ns()}@example.com", "Zoë", "Ångström")


@contextmanager
def opened(system: Any, path: str, person: Api) -> Iterator[ClientConnection]:
    with connect(system.stack.url.replace("http", "ws") + path, proxy=None) as socket:
        token = person.headers["Authorization"].removeprefix("Token ")
        socket.send(json.dumps({"type": "authenticate", "token": token}))
        assert json.loads(socket.recv(LIMIT_S))["type"] == "authenticated"
        yield socket


def hear(socket: ClientConnection, *types: str, course: int | None = None) -> dict[str, dict[str, Any]]:
    """The data of the first message of each of these types, in whatever order they come; of this course alone, where
    others send messages too."""
    heard: dict[str, dict[str, Any]] = {}
    deadline = time.monotonic() + LIMIT_S
    while not heard.keys() >= set(types):
        try:
            message = json.loads(socket.recv(max(0.1, deadline - time.monotonic())))
        except TimeoutError:
            raise AssertionError(f"{set(types) - heard.keys()} did not come; {sorted(heard)} did") from None
        if course is None or (message.get("data") or {}).get("course_id") == course:
            heard.setdefault(message["type"], message.get("data"))
    return heard


def patch(person: Api, path: str, body: dict[str, Any]) -> None:
    httpx.patch(f"{person.address}/api{path}", json=body, headers=person.headers, timeout=LIMIT_S).raise_for_status()


def rows_of(learner: Api, enrollment: dict[str, Any]) -> list[dict[str, Any]]:
    return list(learner.get("/progress/", enrollment=enrollment["id"], page_size=100)["results"])


def test_a_learners_way_is_seen_by_the_learner_and_by_who_teaches(system, make_course) -> None:
    course = make_course(system.instructor, lessons=2)
    teacher = system.instructor.get("/user/")
    learner, user = register(system.guest)
    lesson = course["modules"][0]["lessons"][-1]["id"]
    with (
        opened(system, f"/ws/instructor/{teacher['id']}/", system.instructor) as staff,
        opened(system, f"/ws/notifications/{user['id']}/", learner) as notifications,
    ):
        enrollment = learner.post(f"/courses/{course['slug']}/enroll/")
        assert hear(staff, "enrollment_created", course=course["id"])["enrollment_created"]["user_id"] == user["id"]
        assessment = system.instructor.get("/assessments/", lesson=lesson)["results"][0]
        with (
            opened(system, f"/ws/course/{course['id']}/user/{user['id']}/", learner) as own,
            opened(system, f"/ws/assessment/{assessment['id']}/", learner) as clock,
            opened(system, f"/ws/assessment/{assessment['id']}/", system.instructor) as marking,
        ):
            first, second = rows_of(learner, enrollment)
            learner.put(f"/progress/{first['id']}/", {"is_completed": True, "time_spent": 60})
            told = hear(own, "progress_update", "lesson_completed", "time_tracked", "milestone")
            assert told["milestone"]["milestone"] == 50

            system.instructor.post(
                f"/courses/{course['slug']}/topics/", {"kind": "announcement", "title": "Hello", "body": "All of you."}
            )
            assert hear(own, "announcement")["announcement"]["title"] == "Hello"
            assert hear(notifications, "announcement")
            learner.post(f"/courses/{course['slug']}/topics/", {"kind": "question", "title": "Why?", "body": "Why so?"})
            assert hear(own, "discussion_update")
            assert hear(staff, "discussion_update", course=course["id"])

            soon = (datetime.now(UTC) + timedelta(hours=5)).isoformat()
            patch(system.instructor, f"/assessments/{assessment['id']}/", {"time_limit": 5, "due_date": soon})
            assert hear(own, "deadline")["deadline"]["assessment_id"] == assessment["id"]

            attempt = learner.post(f"/assessments/{assessment['id']}/start/")
            assert 0 < hear(clock, "attempt_time")["attempt_time"]["seconds_left"] <= 300
            (question,) = attempt["questions"]
            right = next(answer["id"] for answer in question["answers"] if answer["answer_text"] == "True")
            chosen = {"attempt_id": attempt["attempt_id"], "question_id": question["id"], "selected_answer_id": right}
            learner.post("/attempt-answers/", chosen)
            learner.post(f"/assessment-attempts/{attempt['attempt_id']}/complete/")
            for socket in (own, clock, marking):
                assert hear(socket, "assessment_submitted", "assessment_graded")["assessment_graded"]["passed"]

            learner.put(f"/progress/{second['id']}/", {"is_completed": True})
            assert hear(own, "course_completed", "certificate_issued")["certificate_issued"]["certificate_number"]
            assert hear(staff, "course_completed", course=course["id"])
            learner.post("/reviews/", {"course": course["id"], "rating": 5, "content": "It was short and good."})
            assert hear(staff, "review_created", course=course["id"])["review_created"]["rating"] == 5
            patch(system.instructor, f"/courses/{course['slug']}/", {"subtitle": "Now with one"})
            assert hear(own, "course_updated")


def test_opening_and_acting_at_once_waits_for_no_copy(system, make_course) -> None:
    course = make_course(system.instructor, lessons=1)
    lesson = course["modules"][0]["lessons"][0]["id"]
    assessment = system.instructor.get("/assessments/", lesson=lesson)["results"][0]
    for _ in range(3):
        learner, user = register(system.guest)
        learner.post(f"/courses/{course['slug']}/enroll/")
        with opened(system, f"/ws/course/{course['id']}/user/{user['id']}/", learner):
            pass
        with opened(system, f"/ws/assessment/{assessment['id']}/", learner):
            pass


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip(WITHOUT)
    with open_browser(tmp_path) as page:
        yield page


def test_the_live_page_moves(system, make_course, browser) -> None:
    course = make_course(system.instructor, lessons=2)
    learner, user = register(system.guest)
    enrollment = learner.post(f"/courses/{course['slug']}/enroll/")
    browser.do("Page.enable")
    browser.do("Page.navigate", url=f"{system.stack.url}/demo/live/?course={course['slug']}")
    browser.wait("document.readyState === 'complete' && !!document.getElementById('login')")
    browser.value(
        f"document.getElementById('email').value = {json.dumps(user['email'])};"
        "document.getElementById('login').requestSubmit(); 1"
    )
    browser.wait("document.getElementById('state').dataset.state === 'open'")
    assert browser.value("document.getElementById('title').textContent") == course["title"]
    first, second = rows_of(learner, enrollment)
    learner.put(f"/progress/{first['id']}/", {"is_completed": True})
    browser.wait("document.getElementById('percentage').textContent === '50'")
    browser.wait(f"document.getElementById('lesson-{first['lesson']['id']}').classList.contains('done')")
    title = "<img src=x onerror=alert(1)> & more"
    system.instructor.post(
        f"/courses/{course['slug']}/topics/", {"kind": "announcement", "title": title, "body": "All of you."}
    )
    shown = browser.wait("document.querySelector('[data-type=announcement]')?.textContent")
    assert "Announcement: " in shown
    assert browser.value("document.querySelectorAll('#news img').length") == 0
    lesson = course["modules"][0]["lessons"][-1]["id"]
    assessment = learner.get("/assessments/", lesson=lesson)["results"][0]
    attempt = learner.post(f"/assessments/{assessment['id']}/start/")
    (question,) = attempt["questions"]
    right = next(answer["id"] for answer in question["answers"] if answer["answer_text"] == "True")
    chosen = {"attempt_id": attempt["attempt_id"], "question_id": question["id"], "selected_answer_id": right}
    learner.post("/attempt-answers/", chosen)
    learner.post(f"/assessment-attempts/{attempt['attempt_id']}/complete/")
    assert "passed" in browser.wait("document.querySelector('[data-type=assessment_graded]')?.textContent")
    learner.put(f"/progress/{second['id']}/", {"is_completed": True})
    browser.wait("document.getElementById('percentage').textContent === '100'")
    assert browser.wait("document.querySelector('#certificate a')?.textContent").startswith("CERT-")
