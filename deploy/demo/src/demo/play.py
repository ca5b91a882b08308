"""The main job of the system, played over its public API and shown as it goes.

An instructor makes and publishes a course; a learner registers, enrolls, reads, takes the quiz and completes; the
certificate appears by event, and anyone can verify it.
"""

import sys
import time
from datetime import UTC, datetime
from typing import Any

from demo.api import Api, Refused
from demo.content import Course, all_courses
from demo.load import make_course

CERTIFICATE_LIMIT_S = 30
BAR = 30


def play(api: Api) -> None:
    moment = datetime.now(UTC)
    course = min(all_courses(), key=lambda course: (course.fields["price"] != "0.00", course.lessons))
    admin, instructor = api.log_in("admin@example.com"), api.log_in("instructor@example.com")

    _say("1", "A learner registers")
    learner, user = api.register(f"learner-{moment:%Y%m%d%H%M%S%f}@example.com", "Ines", "Okafor")
    _note(f"{user['full_name']}, {user['email']}")

    _say("2", "An instructor makes a course, lesson by lesson, and publishes it")
    title = f"{course.title} ({moment:%d %b %H:%M:%S})"
    made = make_course(instructor, admin, course, title=title, progress=_bar)
    _note(f"{made['title']}: {made['lessons_count']} lessons, {made['duration_minutes']} minutes")

    _say("3", "The learner enrolls")
    enrollment = learner.post(f"/courses/{made['slug']}/enroll/")
    _note(f"enrollment {enrollment['id']}: {enrollment['total_lessons']} lessons ahead")

    _say("4", "… and reads, and takes the quiz when it comes")
    _learn(learner, course, made, enrollment)
    enrollment = learner.get(f"/enrollments/{enrollment['id']}/")
    _note(f"the course is {enrollment['status']}: {enrollment['progress_percentage']} %")

    _say("5", "The certificate appears by event, once the completion and the passed quiz have both arrived")
    admin.put(f"/users/{user['id']}/subscription/", {"tier": "premium", "expires_at": None})
    certificate = _await_certificate(learner, enrollment)
    _note(certificate["certificate_number"])

    _say("6", "Anyone verifies it by its number")
    verdict = api.get("/certificates/verify/", certificate_number=certificate["certificate_number"])
    if not verdict["valid"]:
        raise Refused(f"The certificate does not verify: {verdict}")
    _note(f"valid: {verdict['student_name']} completed “{verdict['course_title']}”; checks {verdict['checks']}")

    print("\nTo open in a browser:")
    print(f"  the certificate   {certificate['verification_url']}")
    print(f"  the course        {api.address}/api/courses/{made['slug']}/")
    print(f"  the API           {api.address}/api/docs/")


def _learn(learner: Api, course: Course, made: dict[str, Any], enrollment: dict[str, Any]) -> None:
    """Read every lesson in order and mark it done; take the assessments on the way."""
    rows = learner.get("/progress/", enrollment=enrollment["id"], page_size=100)["results"]
    progress = {row["lesson"]["id"]: row for row in rows}
    written = [lesson for module in course.modules for lesson in module.lessons]
    outline = [lesson for module in made["modules"] for lesson in module["lessons"]]
    for number, (lesson, source) in enumerate(zip(outline, written, strict=True), 1):
        content = learner.get(f"/lessons/{lesson['id']}/")
        if content["content_tier"] != "full":
            raise Refused(f"Lesson {lesson['id']} was not served in full to one who is enrolled.")
        if source.assessment:
            _take(learner, lesson["id"], source.assessment)
        done = {"is_completed": True, "time_spent": 60 * (lesson["duration_minutes"] or 1)}
        learner.put(f"/progress/{progress[lesson['id']]['id']}/", done)
        _bar(number, len(outline), lesson["title"])


def _take(learner: Api, lesson: int, written: dict[str, Any]) -> None:
    """Answer every question as the course's author would."""
    assessment = learner.get("/assessments/", lesson=lesson)["results"][0]
    attempt = learner.post(f"/assessments/{assessment['id']}/start/")
    solutions = {question["question_text"]: question for question in written["questions"]}
    for question in attempt["questions"]:
        right = _right_answer(solutions[question["question_text"]], question["answers"])
        answer = {"attempt_id": attempt["attempt_id"], "question_id": question["id"], "selected_answer_id": right}
        learner.post("/attempt-answers/", answer)
    result = learner.post(f"/assessment-attempts/{attempt['attempt_id']}/complete/")
    _clear_line()
    _note(f"quiz “{written['title']}”: {result['score']} of {result['max_score']} points, passed: {result['passed']}")


def _right_answer(written: dict[str, Any], offered: list[dict[str, Any]]) -> int:
    if written["question_type"] == "true_false":
        text = str(written["config"]["correct_answer"])
    else:
        text = next(answer["answer_text"] for answer in written["answers"] if answer["is_correct"])
    return int(next(answer["id"] for answer in offered if answer["answer_text"] == text))


def _await_certificate(learner: Api, enrollment: dict[str, Any]) -> dict[str, Any]:
    deadline = time.monotonic() + CERTIFICATE_LIMIT_S
    while time.monotonic() < deadline:
        for certificate in learner.get("/certificates/")["results"]:
            if certificate["enrollment"] == enrollment["id"]:
                found: dict[str, Any] = certificate
                return found
        time.sleep(0.1)
    raise Refused(f"No certificate appeared within {CERTIFICATE_LIMIT_S} seconds.")


def _say(number: str, text: str) -> None:
    print(f"\n{number}. {text}")


def _note(text: str) -> None:
    print(f"   {text}")


def _bar(done: int, total: int, title: str) -> None:
    """A progress bar on a terminal; a line for each step elsewhere."""
    if sys.stdout.isatty():
        filled = BAR * done // total
        print(f"\r   [{'█' * filled}{'·' * (BAR - filled)}] {done}/{total} {title[:40]:40}", end="", flush=True)
        if done == total:
            _clear_line()
    else:
        print(f"   {done}/{total} {title}")


def _clear_line() -> None:
    if sys.stdout.isatty():
        print(f"\r{' ' * (BAR + 60)}\r", end="")
