"""The broker is killed while learners work. Nothing they did is refused, lost or done twice.

Counts are taken from the owners' tables, not from counters of the code under test.
"""

import importlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from demo.api import Api, Refused
from shared.runtime.roles import SERVICES

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

LEARNERS = 12
LESSONS = 8
KILLS = 2
DOWN_S = 2.0
CONVERGED_S = 90

CONSUMED = {
    "catalog": ("gateway", "enrollment", "assessment"),
    "enrollment": ("catalog", "gateway", "certificate"),
    "assessment": ("catalog", "enrollment"),
    "certificate": ("catalog", "gateway", "enrollment", "assessment"),
}


@dataclass
class Traffic:
    """What learners did, and what they were refused."""

    done: int = 0
    refused: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def call(self, request: Callable[[], Any]) -> Any:
        try:
            answer = request()
        except Refused as refusal:
            with self.lock:
                self.refused.append(str(refusal))
            raise
        with self.lock:
            self.done += 1
        return answer


def learn(learner: Api, course: dict[str, Any], traffic: Traffic, pace: threading.Event) -> None:
    """Enroll, and work through every lesson in three steps each, until the end."""
    enrollment = traffic.call(lambda: learner.post(f"/courses/{course['slug']}/enroll/"))
    rows = traffic.call(lambda: learner.get("/progress/", enrollment=enrollment["id"], page_size=100))["results"]
    for row in rows:
        for change in ({"progress_percentage": 40, "time_spent": 60}, {"time_spent": 120}, {"is_completed": True}):
            traffic.call(lambda: learner.put(f"/progress/{row['id']}/", change))  # noqa: B023
            pace.wait(0.05)


@pytest.fixture(scope="module")
def after_the_storm(own_system) -> tuple[Any, dict[str, Any], Traffic]:
    """The system after learners completed a course while the broker died twice, with all events settled."""
    course = published_course(own_system.instructor)
    people = [
        own_system.guest.register(f"learner-{number}@example.com", "Ada", f"N{number}")[0] for number in range(LEARNERS)
    ]
    traffic, pace = Traffic(), threading.Event()
    threads = [threading.Thread(target=learn, args=(person, course, traffic, pace)) for person in people]
    for thread in threads:
        thread.start()
    total = LEARNERS * (2 + 3 * LESSONS)
    for kill in range(1, KILLS + 1):
        wait_for(lambda: traffic.done >= total * kill // (KILLS + 2) or not any(t.is_alive() for t in threads))  # noqa: B023
        own_system.stack.broker.kill()
        time.sleep(DOWN_S)  # the fault itself: it stays away for a while
        own_system.stack.broker.start_again()
    for thread in threads:
        thread.join()
    wait_for(lambda: unsettled(own_system) == [], CONVERGED_S)
    return own_system, course, traffic


def published_course(author: Api) -> dict[str, Any]:
    body = {
        "title": "Working while the broker dies",
        "description": "A course whose learners go on while the message broker is killed under them.",
        "learning_objectives": ["Notice nothing"],
        "price": "0.00",
        "has_certificate": True,
    }
    course = author.post("/courses/", body)
    module = author.post("/modules/", {"course": course["id"], "title": "Only module"})
    for number in range(LESSONS):
        author.post(
            "/lessons/",
            {"module": module["id"], "title": f"Lesson {number}", "type": "reading", "content": "Words enough."},
        )
    published: dict[str, Any] = author.put(f"/courses/{course['slug']}/publish/")
    return published


def wait_for(condition: Callable[[], bool], limit_s: float = 60) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.05)


def unsettled(system) -> list[str]:
    """What has not had its effect yet: unpublished rows, and committed events missing in an inbox that wants them."""
    open_ends = [
        f"{service}: unpublished"
        for service in SERVICES
        if system.rows(f"SELECT 1 FROM {service}.outbox WHERE published_at IS NULL LIMIT 1")
    ]
    for consumer, owners in CONSUMED.items():
        for owner in owners:
            wanted = handled_types(consumer, owner)
            missing = system.rows(
                f"SELECT count(*) FROM {owner}.outbox o WHERE o.type = ANY(%s) AND NOT EXISTS"
                f" (SELECT 1 FROM {consumer}.inbox i WHERE i.event_id = o.event_id)",
                wanted,
            )
            if missing[0][0]:
                open_ends.append(f"{consumer} misses {missing[0][0]} events of {owner}")
    done = system.rows("SELECT count(*) FROM enrollment.enrollments WHERE status = 'completed'")
    issued = system.rows("SELECT count(*) FROM certificate.certificates")
    return open_ends + ([] if done == issued else [f"{done} completed, {issued} certificates"])


def handled_types(consumer: str, owner: str) -> list[str]:
    handlers = importlib.import_module(f"{consumer}.consumers").HANDLERS
    return [event.TYPE for event in handlers if event.owner() == owner]


class TestNothingIsLostOrDoneTwice:
    def test_no_request_was_refused_while_the_broker_was_away(self, after_the_storm) -> None:
        _, _, traffic = after_the_storm
        assert traffic.refused == []
        assert traffic.done == LEARNERS * (2 + 3 * LESSONS)

    def test_every_event_was_handled_exactly_once_by_every_service_that_wants_it(self, after_the_storm) -> None:
        system, _, _ = after_the_storm
        assert unsettled(system) == []
        for consumer, owners in CONSUMED.items():
            committed = sum(
                system.rows(
                    f"SELECT count(*) FROM {owner}.outbox WHERE type = ANY(%s)", handled_types(consumer, owner)
                )[0][0]
                for owner in owners
            )
            assert system.rows(f"SELECT count(*) FROM {consumer}.inbox") == [(committed,)], consumer

    def test_the_copies_equal_their_owners(self, after_the_storm) -> None:
        system, _, _ = after_the_storm
        owned = "SELECT id, revision, user_id, course_id, status FROM enrollment.enrollments ORDER BY 1"
        state = "SELECT enrollment_id, {} user_id, course_id, status FROM {}.enrollments ORDER BY 1"
        without_progress = [(row[0], *row[2:]) for row in system.rows(owned)]
        for consumer in ("catalog", "assessment"):
            assert system.rows(state.format("", consumer)) == without_progress
        courses = system.rows("SELECT id, revision FROM catalog.courses ORDER BY 1")
        for consumer in ("enrollment", "assessment", "certificate"):
            assert system.rows(f"SELECT course_id, revision FROM {consumer}.courses ORDER BY 1") == courses

    def test_counters_equal_a_recount(self, after_the_storm) -> None:
        system, course, _ = after_the_storm
        counters = (
            "SELECT id, completed_lessons, total_lessons, progress_percentage FROM enrollment.enrollments ORDER BY 1"
        )
        recount = (
            "SELECT enrollment_id, count(*) FILTER (WHERE is_completed), count(*),"
            " 100 * count(*) FILTER (WHERE is_completed) / count(*) FROM enrollment.progress GROUP BY 1 ORDER BY 1"
        )
        assert system.rows(counters) == system.rows(recount)
        shown = system.guest.get(f"/courses/{course['slug']}/")["enrolled_students_count"]
        assert shown == LEARNERS

    def test_one_certificate_for_each_completion(self, after_the_storm) -> None:
        system, _, _ = after_the_storm
        completed = system.rows("SELECT id FROM enrollment.enrollments WHERE status = 'completed' ORDER BY 1")
        assert len(completed) == LEARNERS
        assert system.rows("SELECT enrollment_id FROM certificate.certificates ORDER BY 1") == completed

    def test_no_event_was_given_up(self, after_the_storm) -> None:
        system, _, _ = after_the_storm
        queues = system.stack.broker.ctl("-q", "list_queues", "name", "messages").splitlines()
        assert queues
        assert [line for line in queues if ".dlq" in line and not line.endswith("\t0")] == []
