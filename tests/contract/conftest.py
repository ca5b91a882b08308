"""What the tests of CONTRACT.md's lines ask with, and what is there to be asked about."""

import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from demo.api import Api

PASSWORD = "seven-green-lanterns"
_numbers = itertools.count(1)


class World:
    """A course of each kind in the running system, and a plain HTTP client that shows answers as they are."""

    def __init__(self, system: Any) -> None:
        self.system = system
        self.http = httpx.Client(base_url=system.stack.url, timeout=30, follow_redirects=False)
        self.guest, self.admin, self.instructor = system.guest, system.admin, system.instructor
        self.student, self.premium = system.student, system.premium
        self.learner, self.learner_user = self.new_user()
        self.course = self.new_course()
        self.enrollment = self.learner.post(f"/courses/{self.course['slug']}/enroll/")

    def ask(self, method: str, path: str, who: Api | None = None, **options: Any) -> httpx.Response:
        """One request below `/api`, as a user or a guest, whatever it is answered."""
        headers = (who.headers if who else {}) | options.pop("headers", {})
        return self.http.request(method, f"/api{path}", headers=headers, **options)

    def new_user(self) -> tuple[Api, dict[str, Any]]:
        answer = self.register(self.new_email())
        return Api(self.guest.address, answer["token"], self.guest._http), answer["user"]

    def new_email(self) -> str:
        return f"line-{next(_numbers)}-{time.time_ns()}@example.com"

    def register(self, email: str) -> Any:
        body = {"email": email, "password": PASSWORD, "first_name": "Zoë", "last_name": "Ångström"}
        return self.guest.post("/auth/register/", body)

    def new_course(self, *, published: bool = True, quizzes: tuple[dict[str, Any], ...] = (), **fields: Any) -> Any:
        """A course of two lessons and one for each quiz."""
        body = {
            "title": f"Lines {next(_numbers)} at {time.time_ns()}",
            "description": "A course that exists so that every line of the contract has something to be asked about.",
            "learning_objectives": ["Hold a contract"],
            "price": "0.00",
            **fields,
        }
        course = self.instructor.post("/courses/", body)
        module = self.instructor.post("/modules/", {"course": course["id"], "title": "Only module"})
        lesson = {"module": module["id"], "type": "reading", "content": "<p>All of it.</p>", "duration_minutes": 5}
        for number in (1, 2):
            self.instructor.post("/lessons/", {**lesson, "title": f"Lesson {number}"})
        for number, rules in enumerate(quizzes, 1):
            made = self.instructor.post("/lessons/", {**lesson, "title": f"Quiz {number}"})
            self.instructor.post(
                "/assessments/", {"lesson": made["id"], "title": f"Quiz {number}", "questions": [QUESTION], **rules}
            )
        if published:
            self.instructor.put(f"/courses/{course['slug']}/publish/")
        return self.instructor.get(f"/courses/{course['slug']}/")


QUESTION = {
    "question_text": "Is the earth round?",
    "question_type": "true_false",
    "points": 1,
    "config": {"correct_answer": True},
}


@pytest.fixture(scope="session")
def world(system: Any) -> Iterator[World]:
    made = World(system)
    yield made
    made.http.close()


@pytest.fixture
def until() -> Callable[[Callable[[], Any]], Any]:
    """What a condition returns once it is true; fails after a limit that only a fault reaches."""

    def wait(condition: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + 30
        while not (found := condition()):
            assert time.monotonic() < deadline, f"not within 30 s: {condition}"
            time.sleep(0.05)
        return found

    return wait
