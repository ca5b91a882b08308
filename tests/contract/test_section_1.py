"""CONTRACT.md, section 1, line by line, through the gateway."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.stack

ROOT = Path(__file__).parents[2]


class TestPaths:
    def test_the_path_without_its_slash_is_served_with_no_redirect(self, world) -> None:
        assert world.ask("GET", "/courses").status_code == world.ask("GET", "/courses/").status_code == 200
        body = {"email": world.learner_user["email"], "password": "wrong-wrong-wrong"}
        assert world.ask("POST", "/auth/login", json=body).status_code == 401

    def test_a_course_is_named_by_slug_or_by_id_on_every_course_route_and_custom_action(self, world) -> None:
        for ref in (world.course["slug"], world.course["id"]):
            assert world.ask("GET", f"/courses/{ref}/").json()["id"] == world.course["id"]
            for action in ("reviews", "versions", "instructors", "topics", "progress-policy", "enrollments"):
                assert world.ask("GET", f"/courses/{ref}/{action}/", world.instructor).status_code == 200, action
            assert world.ask("PUT", f"/courses/{ref}/publish/", world.instructor).status_code == 200
            assert world.ask("POST", f"/courses/{ref}/enroll/", world.learner).json()["code"] == "ALREADY_ENROLLED"


class TestBodies:
    def test_multipart_is_taken_where_a_file_can_be_sent_with_json_lists_as_strings(self, world) -> None:
        fields = {"tags": '["one", "two"]', "subtitle": "By form"}
        # httpx sends multipart only with a part that is (or looks like) a file
        parts = {name: (None, value) for name, value in fields.items()}
        answer = world.ask("PATCH", f"/courses/{world.course['slug']}/", world.instructor, files=parts)
        assert (answer.status_code, answer.json()["tags"]) == (200, ["one", "two"])

    def test_every_resource_with_put_has_patch(self, world) -> None:
        paths = world.guest.get("/schema/")["paths"]
        resources = [
            path
            for path, item in paths.items()
            if {"get", "put", "delete"} <= item.keys()
            and "application/json" in item["put"]["requestBody"]["content"]  # a file is replaced as a whole
        ]
        assert len(resources) > 10
        assert [path for path in resources if "patch" not in paths[path]] == []

    def test_read_only_and_unknown_fields_are_ignored(self, world) -> None:
        body = {"id": 1, "slug": "mine", "avg_rating": 5, "no_such_field": True, "subtitle": "Only this"}
        answer = world.ask("PATCH", f"/courses/{world.course['id']}/", world.instructor, json=body).json()
        assert (answer["id"], answer["slug"]) == (world.course["id"], world.course["slug"])
        assert (answer["subtitle"], "no_such_field" in answer) == ("Only this", False)


class TestValues:
    def test_ids_are_integers_money_has_two_decimals_numbers_are_numbers_and_times_are_utc_with_z(self, world) -> None:
        course = world.ask("GET", f"/courses/{world.course['id']}/").json()
        assert isinstance(course["id"], int)
        assert (course["price"], course["current_price"]) == ("0.00", "0.00")
        assert isinstance(course["version"], int | float)
        assert isinstance(course["avg_rating"], int | float)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", course["created_date"])
        progress = world.learner.get(f"/enrollments/{world.enrollment['id']}/")["progress_percentage"]
        assert isinstance(progress, int | float)


class TestPagination:
    def test_a_page_has_count_next_previous_results(self, world) -> None:
        page = world.guest.get("/courses/", page_size=1)
        assert page.keys() == {"count", "next", "previous", "results"}
        assert len(page["results"]) == 1

    def test_page_size_is_20_by_default_and_100_at_most(self, world) -> None:
        everything = world.admin.get("/users/", page_size=1)["count"]
        assert len(world.admin.get("/users/")["results"]) == min(everything, 20)
        assert world.ask("GET", "/users/?page_size=1000", world.admin).status_code == 200
        assert len(world.admin.get("/users/", page_size=1000)["results"]) == min(everything, 100)

    @pytest.mark.parametrize("query", ["page=0", "page=-1", "page=x", "page_size=0", "page_size=x", "page_size=-3"])
    def test_not_a_positive_integer_is_400(self, world, query: str) -> None:
        answer = world.ask("GET", f"/courses/?{query}")
        assert (answer.status_code, list(answer.json())) == (400, [query.partition("=")[0]])

    def test_a_page_past_the_end_is_404(self, world) -> None:
        answer = world.ask("GET", "/courses/?page=400")
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")

    @pytest.mark.parametrize(
        "path", ["/progress/", "/assessment-attempts/", "/reviews/", "/notes/", "/notifications/", "/enrollments/"]
    )
    def test_what_grows_without_bound_has_a_cursor(self, world, path: str) -> None:
        page = world.ask("GET", f"{path}?cursor=&page_size=1", world.learner).json()
        assert {"next", "previous", "results"} <= page.keys()
        assert page.get("count") is None
        if page["next"]:
            assert httpx.get(page["next"], headers=world.learner.headers).status_code == 200

    def test_an_unknown_field_in_ordering_is_400(self, world) -> None:
        assert world.ask("GET", "/courses/?ordering=-title,price").status_code == 200
        answer = world.ask("GET", "/courses/?ordering=no_such_field")
        assert (answer.status_code, list(answer.json())) == (400, ["ordering"])


class TestErrors:
    def test_validation_errors_are_lists_of_messages_by_field_with_the_path_of_nested_input(self, world) -> None:
        answer = world.ask("POST", "/courses/", world.instructor, json={"title": ""})
        assert answer.status_code == 400
        assert all(isinstance(message, str) for messages in answer.json().values() for message in messages)
        lesson = world.course["modules"][0]["lessons"][0]["id"]
        question = {"question_text": "?", "question_type": "true_false", "points": -1}
        body = {"lesson": lesson, "title": "Quiz", "questions": [question]}
        answer = world.ask("POST", "/assessments/", world.instructor, json=body)
        assert (answer.status_code, "questions.0.points" in answer.json()) == (400, True)

    def test_all_others_are_error_code_details(self, world) -> None:
        answer = world.ask("GET", "/courses/no-such-course/")
        assert answer.json().keys() == {"error", "code", "details"}

    @pytest.mark.parametrize("path", ["/courses/", "/courses/no-such/", "/no-such-path/", "/user/", "/certificates/"])
    def test_every_answer_carries_a_request_id(self, world, path: str) -> None:
        assert world.ask("GET", path).headers["X-Request-ID"]
        assert world.ask("GET", path, headers={"X-Request-ID": "named-by-me"}).headers["X-Request-ID"] == "named-by-me"


def answered(response: httpx.Response) -> tuple[int, str]:
    body = response.json()
    return response.status_code, body.get("code", str(body))


@pytest.fixture(scope="module")
def tested(world) -> Any:
    """A course with a quiz of one attempt, one with a pause between attempts, and one that is not open yet."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    rules = ({"max_attempts": 1}, {"max_attempts": 5, "cooldown_first_seconds": 3600}, {"available_from": tomorrow})
    course = world.new_course(quizzes=rules)
    world.instructor.put(f"/courses/{course['id']}/progress-policy/", {"method": "lessons", "sequential": True})
    return course


@pytest.fixture(scope="module")
def taker(world, tested) -> Any:
    learner, _ = world.new_user()
    enrollment = learner.post(f"/courses/{tested['id']}/enroll/")
    rows = learner.get("/progress/", enrollment=enrollment["id"])["results"]
    quizzes = [lesson["id"] for lesson in tested["modules"][0]["lessons"][2:]]
    ids = [learner.get("/assessments/", lesson=lesson)["results"][0]["id"] for lesson in quizzes]
    return learner, ids, rows


def attempted(learner: Any, quiz: int) -> dict[str, Any]:
    attempt: dict[str, Any] = learner.post(f"/assessments/{quiz}/start/")
    learner.post(f"/assessment-attempts/{attempt['attempt_id']}/complete/")
    return attempt


ELSEWHERE = {
    "ATTEMPT_EXPIRED": "services/assessment/tests",
    "SERVICE_UNAVAILABLE": "tests/e2e/test_independence.py",
}
"""Codes that take a clock or a stopped service, and where they are tested."""


class TestCodes:
    """Each code of the table, reached by a real request."""

    def test_400_already_enrolled(self, world) -> None:
        answer = world.ask("POST", "/enrollments/", world.learner, json={"course": world.course["slug"]})
        assert answered(answer) == (400, "ALREADY_ENROLLED")

    def test_400_already_reviewed(self, world) -> None:
        body = {"course": world.course["id"], "rating": 5, "title": "Good", "content": "Clear from end to end."}
        assert world.ask("POST", "/reviews/", world.learner, json=body).status_code == 201
        assert answered(world.ask("POST", "/reviews/", world.learner, json=body)) == (400, "ALREADY_REVIEWED")

    def test_400_category_in_use(self, world) -> None:
        answer = world.ask("DELETE", f"/categories/{world.course['category']['slug']}/", world.admin)
        assert answered(answer) == (400, "CATEGORY_IN_USE")

    def test_400_course_not_available(self, world) -> None:
        draft = world.new_course(published=False)
        answer = world.ask("POST", f"/courses/{draft['id']}/enroll/", world.instructor)
        assert answered(answer) == (400, "COURSE_NOT_AVAILABLE")

    def test_400_malformed_request(self, world) -> None:
        headers = {"Content-Type": "application/json"}
        answer = world.ask("POST", "/auth/login/", content=b'{"email": ', headers=headers)
        assert answered(answer) == (400, "MALFORMED_REQUEST")

    def test_400_attempt_not_open_and_403_attempt_limit_exceeded(self, world, taker) -> None:
        learner, (quiz, _, _), _ = taker
        attempt = attempted(learner, quiz)
        question = attempt["questions"][0]
        body = {"attempt_id": attempt["attempt_id"], "question_id": question["id"]}
        body["selected_answer_id"] = question["answers"][0]["id"]
        assert answered(world.ask("POST", "/attempt-answers/", learner, json=body)) == (400, "ATTEMPT_NOT_OPEN")
        again = world.ask("POST", f"/assessments/{quiz}/start/", learner)
        assert answered(again) == (403, "ATTEMPT_LIMIT_EXCEEDED")

    def test_403_cooldown_active(self, world, taker) -> None:
        learner, (_, quiz, _), _ = taker
        attempted(learner, quiz)
        answer = world.ask("POST", f"/assessments/{quiz}/start/", learner)
        assert answered(answer) == (403, "COOLDOWN_ACTIVE")
        assert answer.json()["details"]["available_at"].endswith("Z")

    def test_403_assessment_not_available(self, world, taker) -> None:
        learner, (_, _, quiz), _ = taker
        answer = world.ask("POST", f"/assessments/{quiz}/start/", learner)
        assert answered(answer) == (403, "ASSESSMENT_NOT_AVAILABLE")

    def test_403_lesson_locked(self, world, taker, tested) -> None:
        learner, _, rows = taker
        second = tested["modules"][0]["lessons"][1]["id"]
        row = next(row for row in rows if row["lesson"]["id"] == second)
        answer = world.ask("PUT", f"/progress/{row['id']}/", learner, json={"is_completed": True})
        assert answered(answer) == (403, "LESSON_LOCKED")

    def test_401_authentication_required(self, world) -> None:
        assert answered(world.ask("GET", "/user/")) == (401, "AUTHENTICATION_REQUIRED")

    @pytest.mark.parametrize("token", ["Token no-such-token", "Bearer x", "Token"])
    def test_401_invalid_token(self, world, token: str) -> None:
        answer = world.ask("GET", "/courses/", headers={"Authorization": token})
        assert answered(answer) == (401, "INVALID_TOKEN")

    def test_401_invalid_credentials(self, world) -> None:
        body = {"email": world.learner_user["email"], "password": "not-the-password"}
        assert answered(world.ask("POST", "/auth/login/", json=body)) == (401, "INVALID_CREDENTIALS")

    def test_403_role_required(self, world) -> None:
        assert answered(world.ask("POST", "/courses/", world.learner, json={})) == (403, "ROLE_REQUIRED")

    def test_403_permission_denied(self, world) -> None:
        other, user = world.new_user()
        assert world.ask("PATCH", f"/users/{user['id']}/", world.admin, json={"role": "instructor"}).status_code == 200
        answer = world.ask("PATCH", f"/courses/{world.course['id']}/", other, json={"title": "Mine now"})
        assert answered(answer) == (403, "PERMISSION_DENIED")

    def test_403_enrollment_required(self, world) -> None:
        lesson = world.course["modules"][0]["lessons"][0]["id"]
        other, _ = world.new_user()
        assert answered(world.ask("GET", f"/lessons/{lesson}/", other)) == (403, "ENROLLMENT_REQUIRED")

    def test_403_subscription_required(self, world) -> None:
        paid = world.new_course(price="490.00")
        answer = world.ask("POST", f"/courses/{paid['slug']}/enroll/", world.learner)
        assert answered(answer) == (403, "SUBSCRIPTION_REQUIRED")

    def test_404_not_found_also_for_what_the_caller_may_not_know(self, world) -> None:
        draft = world.new_course(published=False)
        stranger, _ = world.new_user()
        for path in (f"/courses/{draft['slug']}/", f"/enrollments/{world.enrollment['id']}/", "/no-such-path/"):
            assert answered(world.ask("GET", path, stranger)) == (404, "NOT_FOUND"), path

    def test_412_precondition_failed(self, world) -> None:
        headers = {"If-Match": '"stale"'}
        answer = world.ask("PATCH", f"/courses/{world.course['id']}/", world.instructor, headers=headers, json={})
        assert answered(answer) == (412, "PRECONDITION_FAILED")

    def test_429_rate_limited_with_retry_after(self, world) -> None:
        one, _ = world.new_user()
        for _ in range(61):
            answer = world.ask("POST", "/user/change-password/", one, json={})
        assert answered(answer) == (429, "RATE_LIMITED")
        assert 1 <= int(answer.headers["Retry-After"]) <= 60

    @pytest.mark.parametrize("code", ELSEWHERE)
    def test_what_needs_a_clock_or_a_stopped_service_is_tested_elsewhere(self, code: str) -> None:
        place = ROOT / ELSEWHERE[code]
        files = [place] if place.is_file() else list(place.rglob("test_*.py"))
        assert any(code in file.read_text() for file in files)


class TestRateLimits:
    def test_every_answer_tells_of_the_limit_per_token_or_address(self, world) -> None:
        mine, guests = world.ask("GET", "/courses/", world.learner).headers, world.ask("GET", "/courses/").headers
        for headers in (mine, guests):
            assert int(headers["RateLimit-Limit"]) >= int(headers["RateLimit-Remaining"]) >= 0
            assert 0 <= int(headers["RateLimit-Reset"]) <= 60
        assert mine["RateLimit-Limit"] != guests["RateLimit-Limit"]

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("POST", "/auth/login/"),
            ("POST", "/auth/register/"),
            ("GET", "/certificates/verify/?certificate_number=x"),
            ("GET", "/search/courses/?q=rust"),
        ],
    )
    def test_login_registration_verification_and_search_have_stricter_ones(self, world, method: str, path: str) -> None:
        usual = int(world.ask("GET", "/courses/").headers["RateLimit-Limit"])
        assert int(world.ask(method, path, json={}).headers["RateLimit-Limit"]) < usual


class TestIdempotencyKey:
    def test_the_same_key_gets_the_first_answer_and_does_nothing_twice(self, world) -> None:
        body = {"lesson": world.course["modules"][0]["lessons"][0]["id"], "content": "Once.", "tags": []}
        headers = {"Idempotency-Key": f"key-{time.time_ns()}"}
        first = world.ask("POST", "/notes/", world.learner, json=body, headers=headers)
        second = world.ask("POST", "/notes/", world.learner, json=body, headers=headers)
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json() == second.json()
        assert ("Idempotent-Replayed" in first.headers, second.headers["Idempotent-Replayed"]) == (False, "true")
        other = world.ask("POST", "/notes/", world.learner, json=body | {"content": "Twice."}, headers=headers)
        assert other.status_code == 400


class TestConditionalRequests:
    @pytest.mark.parametrize("kind", ["list", "one"])
    def test_if_none_match_gives_304(self, world, kind: str) -> None:
        path = "/courses/" if kind == "list" else f"/courses/{world.course['slug']}/"
        tag = world.ask("GET", path).headers["ETag"]
        answer = world.ask("GET", path, headers={"If-None-Match": tag})
        assert (answer.status_code, answer.content) == (304, b"")

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
    def test_if_match_gives_412_when_stale(self, world, method: str) -> None:
        lesson = world.course["modules"][0]["lessons"][0]["id"]
        note = world.learner.post("/notes/", {"lesson": lesson, "content": "Mine."})
        path = f"/notes/{note['id']}/"
        tag = world.ask("GET", path, world.learner).headers["ETag"]
        body = None if method == "DELETE" else {"content": "Changed."}
        stale = world.ask(method, path, world.learner, json=body, headers={"If-Match": '"stale"'})
        assert answered(stale) == (412, "PRECONDITION_FAILED")
        good = world.ask(method, path, world.learner, json=body, headers={"If-Match": tag})
        assert good.status_code in (200, 204)


def test_lists_serve_fewer_fields_than_details_with_related_objects_nested(world) -> None:
    listed = world.guest.get("/courses/", page_size=100)["results"][0]
    detail = world.guest.get(f"/courses/{listed['slug']}/")
    assert listed.keys() < detail.keys()
    assert {"id", "name", "slug"} == detail["category"].keys()
    assert "modules" in detail.keys() - listed.keys()


def test_no_error_leaks_a_stack_trace_sql_or_a_host_name(world) -> None:
    asks: list[Callable[[], httpx.Response]] = [
        lambda: world.ask("GET", "/courses/%00/"),
        lambda: world.ask("GET", "/courses/?search=%27%3B%20DROP%20TABLE"),
        lambda: world.ask("GET", "/users/99999999999999999999999/", world.admin),
        lambda: world.ask("POST", "/courses/", world.instructor, json={"title": "a\x00b"}),
        lambda: world.ask("POST", "/courses/", world.instructor, content=b"[" * 5000),
    ]
    for ask in asks:
        answer = ask()
        assert answer.status_code < 500
        if answer.is_error:
            assert not re.search(r"Traceback|SELECT |psycopg|asyncpg|sqlalchemy|\.sock|127\.0\.0\.1", answer.text)
