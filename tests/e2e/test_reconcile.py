"""`python -m SERVICE reconcile` and `rebuild` on a running system whose copies were kept by events."""

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.runtime.roles import SERVICES

pytestmark = pytest.mark.stack

DAMAGE = (
    "DELETE FROM catalog.enrollments WHERE course_id = %(course)s",
    "UPDATE catalog.courses SET avg_rating = 1, is_sequential = false WHERE id = %(course)s",
    "UPDATE catalog.users SET full_name = 'Nobody', revision = 0 WHERE user_id = %(user)s",
    "DELETE FROM catalog.lesson_assessments WHERE lesson_id = %(lesson)s",
    "UPDATE enrollment.courses SET title = 'Other', revision = 1 WHERE course_id = %(course)s",
    "UPDATE enrollment.lessons SET title = 'Other' WHERE lesson_id = %(lesson)s",
    "DELETE FROM enrollment.attempts WHERE user_id = %(user)s",
    "UPDATE enrollment.standings SET has_passed = false WHERE user_id = %(user)s",
    "DELETE FROM enrollment.certificates WHERE user_id = %(user)s",
    "DELETE FROM assessment.enrollments WHERE user_id = %(user)s",
    "UPDATE assessment.lessons SET title = 'Other' WHERE lesson_id = %(lesson)s",
    "DELETE FROM certificate.assessments WHERE course_id = %(course)s",
    "DELETE FROM certificate.attempts WHERE user_id = %(user)s",
    "DELETE FROM certificate.users WHERE user_id = %(user)s",
    "DELETE FROM gateway.course_members WHERE course_id = %(course)s",
    "DELETE FROM gateway.push_assessments WHERE lesson_id = %(lesson)s",
    "UPDATE gateway.push_attempts SET status = 'in_progress' WHERE user_id = %(user)s",
    "UPDATE gateway.course_staff SET is_lead = false WHERE course_id = %(course)s",
)


def run(system, service: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*system.stack.command(service, arguments[0]), *arguments[1:]]
    environment = system.stack.environment(service)
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100, check=False)


def run_all(system, *arguments: str) -> dict[str, subprocess.CompletedProcess[str]]:
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(SERVICES, pool.map(lambda service: run(system, service, *arguments), SERVICES), strict=True))


def told(results: dict[str, subprocess.CompletedProcess[str]]) -> str:
    return "\n".join(result.stdout + result.stderr for result in results.values())


def test_copies_equal_their_owners_and_are_put_right_where_they_do_not(system, make_course, wait_until) -> None:
    course = make_course(system.instructor)
    lesson = course["modules"][-1]["lessons"][-1]
    learner, user = system.guest.register(f"learner-{time.time_ns()}@example.com", "Ada", "Copied")
    enrollment = learner.post(f"/courses/{course['slug']}/enroll/")
    for row in learner.get("/progress/", enrollment=enrollment["id"])["results"]:
        learner.put(f"/progress/{row['id']}/", {"is_completed": True})
    attempt = learner.post(
        f"/assessments/{learner.get('/assessments/', lesson=lesson['id'])['results'][0]['id']}/start/"
    )
    (question,) = attempt["questions"]
    true = next(answer["id"] for answer in question["answers"] if answer["answer_text"] == "True")
    chosen = {"attempt_id": attempt["attempt_id"], "question_id": question["id"], "selected_answer_id": true}
    learner.post("/attempt-answers/", chosen)
    learner.post(f"/assessment-attempts/{attempt['attempt_id']}/complete/")
    learner.post("/reviews/", {"course": course["id"], "rating": 4, "title": "Good", "content": "Good, all of it."})
    policy = {"method": "lessons", "sequential": True}
    system.instructor.put(f"/courses/{course['slug']}/progress-policy/", policy)
    wait_until(lambda: system.rows("SELECT 1 FROM enrollment.certificates WHERE enrollment_id = %s", enrollment["id"]))

    right = run_all(system, "reconcile")
    assert [result.returncode for result in right.values()] == [0] * 5, told(right)

    names = {"course": course["id"], "user": user["id"], "lesson": lesson["id"]}
    with system.connection() as connection:
        for statement in DAMAGE:
            assert connection.execute(statement, names).rowcount, statement
    repaired = run_all(system, "reconcile", "--repair")
    assert [result.returncode for result in repaired.values()] == [0] * 5, told(repaired)
    assert all("repaired" in result.stdout and "0 different" not in result.stdout for result in repaired.values())
    again = run_all(system, "reconcile")
    assert all("0 different" in result.stdout for result in again.values()), told(again)
    assert system.guest.get(f"/courses/{course['slug']}/")["enrolled_students_count"] == 1

    with system.connection() as connection:
        connection.execute("DELETE FROM catalog.enrollments")
    rebuilt = run(system, "catalog", "rebuild", "enrollments")
    assert (rebuilt.returncode, run(system, "catalog", "reconcile").returncode) == (0, 0), rebuilt
