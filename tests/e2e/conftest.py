"""What the journeys begin with."""

import itertools
import time
from collections.abc import Callable
from typing import Any, Protocol

import pytest

from demo.api import Api

LIMIT_S = 30
_numbers = itertools.count(1)


class MakeCourse(Protocol):
    def __call__(self, *, lessons: int = 3, quiz: bool = True, **fields: Any) -> dict[str, Any]: ...


@pytest.fixture
def make_course() -> Callable[..., dict[str, Any]]:
    return published_course


def published_course(author: Api, *, lessons: int = 3, quiz: bool = True, **fields: Any) -> dict[str, Any]:
    """A published free course with a certificate; with `quiz`, a required assessment on its last lesson."""
    body = {
        "title": f"Journey {next(_numbers)} at {time.time_ns()}",
        "description": "A course that exists so that a test can walk through it from its beginning to its end.",
        "learning_objectives": ["Walk through a course"],
        "price": "0.00",
        "has_certificate": True,
        **fields,
    }
    course = author.post("/courses/", body)
    module = author.post("/modules/", {"course": course["id"], "title": "Only module"})
    for number in range(1, lessons + 1):
        lesson = {
            "module": module["id"],
            "title": f"Lesson {number}",
            "type": "reading",
            "content": "<p>All of it.</p>",
        }
        made = author.post("/lessons/", {**lesson, "duration_minutes": 5})
    if quiz:
        author.post("/assessments/", {"lesson": made["id"], "title": "Quiz", "questions": [QUESTION]})
    published: dict[str, Any] = author.put(f"/courses/{course['slug']}/publish/")
    return published


QUESTION = {
    "question_text": "Is the earth round?",
    "question_type": "true_false",
    "points": 1,
    "config": {"correct_answer": True},
}


def until(condition: Callable[[], Any], limit_s: float = LIMIT_S) -> Any:
    """What `condition` returns once it is true; fails after a limit that only a fault reaches."""
    deadline = time.monotonic() + limit_s
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {limit_s} s: {condition}"
        time.sleep(0.02)
    return found


@pytest.fixture
def wait_until() -> Callable[..., Any]:
    return until
