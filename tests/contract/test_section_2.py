"""CONTRACT.md, section 2, line by line, through the gateway."""

import re
import subprocess
import time
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import httpx
import pytest

from demo.api import Api

pytestmark = pytest.mark.stack

PASSWORD = "seven-green-lanterns"
USER_FIELDS = {
    "id",
    "email",
    "first_name",
    "last_name",
    "full_name",
    "role",
    "is_active",
    "date_joined",
    "subscription",
    "access_level",
}


def log_in(world: Any, email: str, password: str = PASSWORD, **more: Any) -> httpx.Response:
    answer: httpx.Response = world.ask("POST", "/auth/login/", json={"email": email, "password": password, **more})
    return answer


def mailed_token(world: Any, email: str, page: str) -> str | None:
    """The token of the newest link to `page` that was mailed there, once it is."""
    folder = world.system.stack.wiring.files("gateway") / "mail"
    found = []
    for path in folder.glob("*.eml"):
        letter = message_from_bytes(path.read_bytes(), policy=policy.default)
        text = letter.get_body(("plain",)).get_content()
        link = re.search(rf"{page}/\?token=([\w.~-]+)", text)
        if email in letter["To"] and link:
            found.append((path.stat().st_mtime_ns, link[1]))
    return max(found)[1] if found else None


class TestRegister:
    def test_it_gives_a_token_and_a_student(self, world) -> None:
        answer = world.register(world.new_email())
        assert answer.keys() == {"token", "user"}
        assert answer["user"].keys() >= USER_FIELDS
        assert (answer["user"]["role"], answer["user"]["full_name"]) == ("student", "Zoë Ångström")
        assert answer["user"]["access_level"] == "registered"
        assert answer["user"]["subscription"].keys() >= {"tier", "is_active", "expires_at"}

    def test_the_address_is_unique_in_whatever_case(self, world) -> None:
        body = {"email": world.learner_user["email"].upper(), "password": PASSWORD, "first_name": "A", "last_name": "B"}
        answer = world.ask("POST", "/auth/register/", json=body)
        assert (answer.status_code, list(answer.json())) == (400, ["email"])

    @pytest.mark.parametrize("password", ["short-1", "password123", "the.address@example.com"])
    def test_the_password_has_8_characters_is_not_common_and_not_the_address(self, world, password: str) -> None:
        body = {"email": "the.address@example.com", "password": password, "first_name": "A", "last_name": "B"}
        answer = world.ask("POST", "/auth/register/", json=body)
        assert (answer.status_code, list(answer.json())) == (400, ["password"])


class TestLogin:
    def test_it_gives_the_existing_token_each_time(self, world) -> None:
        email = world.new_email()
        token = world.register(email)["token"]
        answers = [log_in(world, email), log_in(world, email.upper())]
        assert [(answer.status_code, answer.json()["token"]) for answer in answers] == [(200, token)] * 2
        assert answers[0].json().keys() == {"token", "user"}

    def test_a_session_sets_both_cookies_and_changes_need_the_csrf_token(self, world) -> None:
        email = world.new_email()
        world.register(email)
        with httpx.Client(base_url=f"{world.system.stack.url}/api", timeout=30) as browser:
            answer = browser.post("/auth/login/", json={"email": email, "password": PASSWORD, "session": True})
            cookies = {cookie.partition("=")[0]: cookie for cookie in answer.headers.get_list("set-cookie")}
            assert {"sessionid", "csrftoken"} == cookies.keys()
            assert "httponly" in cookies["sessionid"].lower()
            assert "samesite=lax" in cookies["sessionid"].lower()
            assert browser.get("/user/").json()["email"] == email
            refused = browser.patch("/user/", json={"first_name": "Ada"})
            assert (refused.status_code, refused.json()["code"]) == (403, "CSRF_FAILED")
            headers = {"X-CSRFToken": browser.cookies["csrftoken"]}
            assert browser.patch("/user/", json={"first_name": "Ada"}, headers=headers).status_code == 200
            kept = browser.cookies["sessionid"]
            assert browser.post("/auth/logout/", headers=headers).status_code == 204
            ended = httpx.get(f"{world.system.stack.url}/api/user/", headers={"Cookie": f"sessionid={kept}"})
            assert ended.status_code == 401


class TestTokens:
    def test_logout_deletes_the_token_and_the_next_login_makes_a_new_one(self, world) -> None:
        email = world.new_email()
        old = world.register(email)["token"]
        one = Api(world.guest.address, old)
        assert world.ask("POST", "/auth/logout/", one).status_code == 204
        assert world.ask("GET", "/user/", one).json()["code"] == "INVALID_TOKEN"
        assert log_in(world, email).json()["token"] != old
        one.close()

    def test_regenerating_stops_the_old_one_at_once(self, world) -> None:
        one, _ = world.new_user()
        answer = world.ask("POST", "/auth/token/regenerate/", one)
        assert (answer.status_code, list(answer.json())) == (200, ["token"])
        assert world.ask("GET", "/user/", one).status_code == 401
        headers = {"Authorization": f"Token {answer.json()['token']}"}
        assert world.ask("GET", "/user/", headers=headers).status_code == 200

    def test_a_leaked_database_gives_none_away(self, world) -> None:
        token = world.register(world.new_email())["token"]
        tables = world.system.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = 'gateway'")
        assert tables
        for (table,) in tables:
            found = world.system.rows(
                f'SELECT 1 FROM gateway."{table}" AS t WHERE position(%s IN t::text) > 0'
                " OR position(%s IN t::text) > 0 LIMIT 1",
                token,
                token.encode().hex(),
            )
            assert found == [], table


class TestOwnProfile:
    def test_it_is_read_and_changed(self, world) -> None:
        one, user = world.new_user()
        assert world.ask("GET", "/user/", one).json()["id"] == user["id"]
        answer = world.ask("PATCH", "/user/", one, json={"first_name": "Ada", "role": "administrator", "id": 1})
        assert (answer.status_code, answer.json()["full_name"]) == (200, "Ada Ångström")
        assert (answer.json()["role"], answer.json()["id"]) == ("student", user["id"])

    def test_a_changed_password_is_the_one_that_counts(self, world) -> None:
        one, user = world.new_user()
        wrong = {"old_password": "not-this-one", "new_password": "nine-quiet-harbours"}
        assert world.ask("POST", "/user/change-password/", one, json=wrong).status_code == 400
        right = wrong | {"old_password": PASSWORD}
        assert world.ask("POST", "/user/change-password/", one, json=right).status_code == 204
        assert world.ask("GET", "/user/", one).status_code == 200
        assert log_in(world, user["email"]).status_code == 401
        assert log_in(world, user["email"], "nine-quiet-harbours").status_code == 200


class TestMailedLinks:
    def test_a_password_is_reset_by_a_link_that_works_once(self, world, until) -> None:
        _, user = world.new_user()
        answer = world.ask("POST", "/auth/password-reset/", json={"email": user["email"]})
        assert answer.status_code == 202
        token = until(lambda: mailed_token(world, user["email"], "password-reset"))
        body = {"token": token, "password": "nine-quiet-harbours"}
        assert world.ask("POST", "/auth/password-reset/confirm/", json=body).status_code == 204
        assert log_in(world, user["email"], "nine-quiet-harbours").status_code == 200
        again = world.ask("POST", "/auth/password-reset/confirm/", json=body)
        assert (again.status_code, list(again.json())) == (400, ["token"])

    def test_an_address_is_confirmed_by_a_link_that_works_once(self, world, until) -> None:
        _, user = world.new_user()
        token = until(lambda: mailed_token(world, user["email"], "verify-email"))
        assert world.ask("POST", "/auth/verify-email/", json={"token": token}).status_code == 204
        again = world.ask("POST", "/auth/verify-email/", json={"token": token})
        assert (again.status_code, list(again.json())) == (400, ["token"])

    @pytest.mark.parametrize("path", ["/auth/password-reset/", "/auth/verify-email/resend/"])
    def test_the_answer_is_the_same_whether_or_not_the_address_exists(self, world, path: str) -> None:
        _, user = world.new_user()
        known, unknown = (
            world.ask("POST", path, json={"email": email}) for email in (user["email"], world.new_email())
        )
        assert (known.status_code, known.content) == (unknown.status_code, unknown.content)


class TestUsersForAdministrators:
    def test_they_are_searched_read_and_changed(self, world) -> None:
        _, user = world.new_user()
        page = world.admin.get("/users/", search=user["email"])
        assert [found["id"] for found in page["results"]] == [user["id"]]
        assert world.admin.get(f"/users/{user['id']}/").keys() >= USER_FIELDS
        answer = world.ask("PATCH", f"/users/{user['id']}/", world.admin, json={"role": "instructor"})
        assert (answer.status_code, answer.json()["role"]) == (200, "instructor")

    def test_nobody_else_may(self, world) -> None:
        for path in ("/users/", f"/users/{world.learner_user['id']}/"):
            assert world.ask("GET", path).status_code == 401
            for who in (world.learner, world.instructor, world.premium):
                assert world.ask("GET", path, who).json()["code"] == "ROLE_REQUIRED"

    def test_deactivation_ends_the_token_at_once_and_is_told_with_the_right_password_only(self, world) -> None:
        one, user = world.new_user()
        answer = world.ask("PATCH", f"/users/{user['id']}/", world.admin, json={"is_active": False})
        assert (answer.status_code, answer.json()["is_active"]) == (200, False)
        assert world.ask("GET", "/user/", one).status_code == 401
        assert log_in(world, user["email"]).json()["code"] == "ACCOUNT_DEACTIVATED"
        assert log_in(world, user["email"], "not-the-password").json()["code"] == "INVALID_CREDENTIALS"

    def test_premium_is_the_tier_and_not_expired_at_the_moment_of_the_request(self, world, until) -> None:
        one, user = world.new_user()
        path = f"/users/{user['id']}/subscription/"
        assert world.ask("PUT", path, world.admin, json={"tier": "gold", "expires_at": None}).status_code == 400
        world.admin.put(path, {"tier": "premium", "expires_at": None})
        assert one.get("/user/")["access_level"] == "premium"
        soon = datetime.now(UTC) + timedelta(seconds=1)
        world.admin.put(path, {"tier": "premium", "expires_at": soon.isoformat()})
        until(lambda: one.get("/user/")["access_level"] == "registered")
        assert datetime.now(UTC) >= soon
        world.admin.put(path, {"tier": "free", "expires_at": None})
        assert one.get("/user/")["subscription"]["tier"] == "free"

    def test_a_role_contains_those_below_it(self, world) -> None:
        for who in (world.learner, world.instructor, world.admin):
            assert world.ask("GET", "/enrollments/", who).status_code == 200
        draft = world.new_course(published=False)
        assert world.ask("PATCH", f"/courses/{draft['id']}/", world.admin, json={"subtitle": "Mine"}).status_code == 200


class TestOnesData:
    def test_it_is_exported_from_every_service(self, world) -> None:
        answer = world.ask("GET", "/user/export/", world.learner)
        assert answer.status_code == 200
        assert {"user", "catalog", "enrollment", "assessment", "certificate"} <= answer.json().keys()
        assert answer.json()["user"]["email"] == world.learner_user["email"]

    def test_it_is_erased_in_every_service_and_counts_stay(self, world, until) -> None:
        one, user = world.new_user()
        course = world.new_course()
        one.post(f"/courses/{course['id']}/enroll/")
        body = {"course": course["id"], "rating": 4, "title": "Good", "content": "Clear from end to end."}
        one.post("/reviews/", body)
        assert world.ask("DELETE", "/user/", one, json={"password": "not-the-password"}).status_code == 400
        answer = world.ask("DELETE", "/user/", one, json={"password": PASSWORD})
        assert (answer.status_code, answer.json().keys()) == (202, {"job_id", "url"})
        assert log_in(world, user["email"]).status_code == 401
        job = until(lambda: self.finished(world, answer.json()["job_id"]))
        assert job["state"] == "completed", job
        assert world.guest.get(f"/courses/{course['id']}/reviews/")["histogram"]["4"] == 1
        assert user["email"] not in world.ask("GET", f"/users/{user['id']}/", world.admin).text

    def finished(self, world: Any, job_id: int) -> Any:
        job = world.admin.get(f"/jobs/{job_id}/")
        return job if job["state"] in ("completed", "failed") else None


def test_the_first_administrator_comes_from_a_command(world) -> None:
    stack, email = world.system.stack, f"admin-{time.time_ns()}@example.com"
    environment = stack.environment("gateway") | {"SYLLABUS_ADMIN_PASSWORD": PASSWORD}
    command = [*stack.command("gateway", "createadmin"), email]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=60)
    assert log_in(world, email).json()["user"]["role"] == "administrator"
