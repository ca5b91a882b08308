"""A learner's way, over `/api/` and real processes: from registering to a certificate that verifies."""

import time
from typing import Any

import pytest

from demo.api import Api, Refused
from demo.content import all_courses
from demo.load import load

pytestmark = pytest.mark.stack


def register(guest: Api) -> tuple[Api, dict[str, Any]]:
    return guest.register(f"learner-{time.time_ns()}@example.com", "Zoë", "Ångström")


def read_all(learner: Api, enrollment: dict[str, Any]) -> None:
    for row in learner.get("/progress/", enrollment=enrollment["id"], page_size=100)["results"]:
        learner.put(f"/progress/{row['id']}/", {"is_completed": True})


def pass_quiz(learner: Api, course: dict[str, Any]) -> dict[str, Any]:
    lesson = course["modules"][-1]["lessons"][-1]
    assessment = learner.get("/assessments/", lesson=lesson["id"])["results"][0]
    attempt = learner.post(f"/assessments/{assessment['id']}/start/")
    (question,) = attempt["questions"]
    true = next(answer["id"] for answer in question["answers"] if answer["answer_text"] == "True")
    chosen = {"attempt_id": attempt["attempt_id"], "question_id": question["id"], "selected_answer_id": true}
    learner.post("/attempt-answers/", chosen)
    result: dict[str, Any] = learner.post(f"/assessment-attempts/{attempt['attempt_id']}/complete/")
    assert result["passed"] is True
    return result


class TestTheWholeWay:
    @pytest.mark.parametrize("quiz_first", [True, False], ids=["quiz, then the rest", "the rest, then quiz"])
    def test_completion_and_quiz_in_either_order_give_one_certificate(
        self, system, make_course, wait_until, quiz_first: bool
    ) -> None:
        course = make_course(system.instructor)
        learner, user = register(system.guest)
        enrollment = learner.post(f"/courses/{course['slug']}/enroll/")
        steps = [lambda: pass_quiz(learner, course), lambda: read_all(learner, enrollment)]
        for step in steps if quiz_first else reversed(steps):
            step()
        assert learner.get(f"/enrollments/{enrollment['id']}/")["status"] == "completed"
        system.admin.put(f"/users/{user['id']}/subscription/", {"tier": "premium", "expires_at": None})
        (certificate,) = wait_until(lambda: learner.get("/certificates/")["results"])
        assert certificate["student_name"] == "Zoë Ångström"
        assert certificate["course"]["title"] == course["title"]
        verdict = system.guest.get("/certificates/verify/", certificate_number=certificate["certificate_number"])
        assert (verdict["valid"], verdict["student_name"]) == (True, "Zoë Ångström")
        assert verdict["checks"]["hash"] is verdict["checks"]["signature"] is True

    def test_completion_without_the_required_quiz_gives_none(self, system, make_course, wait_until) -> None:
        course = make_course(system.instructor)
        learner, user = register(system.guest)
        enrollment = learner.post(f"/courses/{course['slug']}/enroll/")
        read_all(learner, enrollment)
        system.admin.put(f"/users/{user['id']}/subscription/", {"tier": "premium", "expires_at": None})
        wait_until(
            lambda: system.rows("SELECT 1 FROM certificate.completions WHERE enrollment_id = %s", enrollment["id"])
        )
        assert learner.get("/certificates/")["results"] == []

    def test_the_demo_courses_load_once_and_are_found(self, system) -> None:
        load(system.guest)
        load(system.guest)
        titles = [course["title"] for course in system.guest.get("/courses/", page_size=100)["results"]]
        for course in all_courses():
            assert titles.count(course.title) == 1


class TestACopyMaySayYesOnlyTheOwnerNo:
    """Everything works at once, although the copies behind it are kept by events."""

    def test_enroll_and_read_a_lesson_at_once(self, system, make_course) -> None:
        course = make_course(system.instructor, quiz=False)
        lesson = course["modules"][0]["lessons"][1]["id"]
        learner, _ = register(system.guest)
        with pytest.raises(Refused, match="ENROLLMENT_REQUIRED"):
            learner.get(f"/lessons/{lesson}/")
        learner.post(f"/courses/{course['slug']}/enroll/")
        assert learner.get(f"/lessons/{lesson}/")["content_tier"] == "full"

    def test_create_a_lesson_and_an_assessment_on_it_at_once(self, system, make_course) -> None:
        for _ in range(5):
            make_course(system.instructor, lessons=1)

    def test_publish_and_enroll_at_once(self, system, make_course) -> None:
        for _ in range(5):
            course = make_course(system.instructor, lessons=1, quiz=False)
            assert system.student.post("/enrollments/", {"course": course["slug"]})["total_lessons"] == 1

    def test_enroll_and_start_an_attempt_at_once(self, system, make_course) -> None:
        course = make_course(system.instructor, lessons=1)
        learner, _ = register(system.guest)
        learner.post(f"/courses/{course['slug']}/enroll/")
        pass_quiz(learner, course)


class TestEventsReachTheirCopies:
    def test_the_number_of_students_follows_the_enrollments(self, system, make_course, wait_until) -> None:
        course = make_course(system.instructor, quiz=False)
        learners = [register(system.guest)[0] for _ in range(3)]
        enrollments = [learner.post(f"/courses/{course['slug']}/enroll/") for learner in learners]
        learners[0].post(f"/enrollments/{enrollments[0]['id']}/unenroll/")

        def shown() -> bool:
            return system.guest.get(f"/courses/{course['slug']}/")["enrolled_students_count"] == 2

        wait_until(shown)

    def test_one_request_id_is_in_the_logs_of_every_service_it_reaches(self, system, make_course, wait_until) -> None:
        course = make_course(system.instructor, quiz=False)
        learner, _ = register(system.guest)
        name = f"trace-{time.time_ns()}"
        learner.headers["X-Request-ID"] = name
        enrollment = learner.post(f"/courses/{course['slug']}/enroll/")
        for service in ("gateway", "enrollment"):
            wait_until(lambda: name in system.log(service))  # noqa: B023
        caused = (
            "SELECT correlation_id FROM enrollment.outbox"
            " WHERE aggregate_id = %s AND type LIKE 'enrollment.enrollment.%%'"
        )
        assert system.rows(caused, str(enrollment["id"])) == [(name,)]

    def test_the_feed_tells_every_event_once_in_the_order_of_its_aggregate(
        self, system, make_course, wait_until
    ) -> None:
        course = make_course(system.instructor)

        def published() -> bool:
            return not system.rows("SELECT 1 FROM catalog.outbox WHERE published_at IS NULL")

        wait_until(published)
        told, after = [], ""
        while page := system.admin.get("/events/", after=after, page_size=100, source="catalog"):
            told += page["results"]
            if len(page["results"]) < 100:
                break
            after = page["next"]
        ours = [event for event in told if event["subject"] == f"course/{course['id']}"]
        assert [event["sequence"] for event in ours] == list(range(1, len(ours) + 1))
        assert ours[-1]["type"] == "catalog.course.published.v1"
        assert len({event["id"] for event in told}) == len(told)
