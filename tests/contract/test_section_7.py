"""CONTRACT.md, section 7, line by line, through the gateway.

`tests/e2e/test_real_time.py` sees the messages that learning makes. What takes a wait, a receiver in reach or another
process is held by the gateway's own tests: close code 4408 and the ping every 30 s (`push/test_sockets.py`), attempts'
channels by role (`push/test_messages.py`), retries, order and the log of webhooks (`webhooks/test_delivering.py`), and
the addresses that they are never sent to (`webhooks/test_domain.py`).
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from demo.api import Api

pytestmark = pytest.mark.stack

LIMIT_S = 30
Message = dict[str, Any]


def token_of(person: Api) -> str:
    return person.headers["Authorization"].removeprefix("Token ")


@contextmanager
def dialled(world: Any, path: str, headers: Mapping[str, str] = {}) -> Iterator[ClientConnection]:
    with connect(world.system.stack.url.replace("http", "ws") + path, proxy=None, additional_headers=headers) as socket:
        yield socket


@contextmanager
def opened(world: Any, path: str, person: Api) -> Iterator[ClientConnection]:
    with dialled(world, path) as socket:
        say(socket, type="authenticate", token=token_of(person))
        assert heard(socket)["type"] == "authenticated"
        yield socket


def say(socket: ClientConnection, **message: Any) -> None:
    socket.send(json.dumps(message))


def heard(socket: ClientConnection) -> Message:
    message: Message = json.loads(socket.recv(LIMIT_S))
    return message


def first(socket: ClientConnection, kind: str, wanted: Callable[[Message], bool] = lambda _: True) -> Message:
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        message = heard(socket)
        if message["type"] == kind and wanted(message):
            return message
    raise AssertionError(f"{kind} did not come")


def closed_with(socket: ClientConnection) -> int | None:
    with pytest.raises(ConnectionClosed) as closed:
        heard(socket)
    return closed.value.rcvd.code if closed.value.rcvd else None


def broadcast(world: Any, kind: str) -> str:
    """Tell everyone of something; its title."""
    title = f"{kind} {time.time_ns()}"
    body = {"type": kind, "title": title, "body": "Everyone is told."}
    assert world.ask("POST", "/notifications/broadcast/", world.admin, json=body).status_code == 202
    return title


@pytest.fixture(scope="module")
def own(world: Any) -> str:
    """The learner's own channel of notifications."""
    return f"/ws/notifications/{world.learner_user['id']}/"


class TestSockets:
    def test_the_four_channels_open_for_their_people(self, world, own) -> None:
        me, course = world.learner_user["id"], world.new_course(quizzes=({},))
        world.learner.post(f"/courses/{course['slug']}/enroll/")
        quiz = course["modules"][0]["lessons"][-1]["id"]
        assessment = world.instructor.get("/assessments/", lesson=quiz)["results"][0]["id"]
        teacher = world.instructor.get("/user/")["id"]
        for path, person in (
            (f"/ws/course/{course['id']}/user/{me}/", world.learner),
            (f"/ws/assessment/{assessment}/", world.learner),
            (f"/ws/assessment/{assessment}/", world.instructor),
            (own, world.learner),
            (f"/ws/instructor/{teacher}/", world.instructor),
        ):
            with opened(world, path, person):
                pass

    def test_a_session_cookie_counts_from_our_own_page_only(self, world, own) -> None:
        email = world.learner_user["email"]
        body = {"email": email, "password": "seven-green-lanterns", "session": True}
        with httpx.Client(base_url=world.system.stack.url) as browser:
            browser.post("/api/auth/login/", json=body).raise_for_status()
            cookie = {"Cookie": f"sessionid={browser.cookies['sessionid']}"}
        with dialled(world, own, cookie | {"Origin": world.system.stack.url}) as socket:
            assert heard(socket)["type"] == "authenticated"
        with dialled(world, own, cookie | {"Origin": "https://elsewhere.example"}) as socket:
            assert closed_with(socket) == 4403

    def test_a_wrong_token_is_4401(self, world, own) -> None:
        with dialled(world, own) as socket:
            say(socket, type="authenticate", token="no-such-token")
            assert closed_with(socket) == 4401

    def test_other_peoples_channels_are_4403(self, world, own) -> None:
        with dialled(world, own) as socket:
            say(socket, type="authenticate", token=token_of(world.student))
            assert closed_with(socket) == 4403

    def test_what_does_not_exist_is_4404(self, world) -> None:
        with dialled(world, "/ws/assessment/999999999/") as socket:
            say(socket, type="authenticate", token=token_of(world.learner))
            assert closed_with(socket) == 4404


class TestMessages:
    def test_have_id_type_timestamp_and_data(self, world, own) -> None:
        with opened(world, own, world.learner) as socket:
            title = broadcast(world, "maintenance")
            message = first(socket, "maintenance", lambda one: one["data"]["title"] == title)
        assert message.keys() == {"id", "type", "timestamp", "data"}
        assert isinstance(message["id"], int)
        assert message["timestamp"].endswith("Z")
        assert datetime.fromisoformat(message["timestamp"]).tzinfo is not None

    def test_ping_is_answered(self, world, own) -> None:
        with opened(world, own, world.learner) as socket:
            say(socket, type="ping")
            assert first(socket, "pong")

    def test_what_was_missed_comes_after_a_drop(self, world, own) -> None:
        with opened(world, own, world.learner) as socket:
            title = broadcast(world, "maintenance")
            last = first(socket, "maintenance", lambda one: one["data"]["title"] == title)["id"]
        missed = [broadcast(world, kind) for kind in ("feature_announcement", "maintenance")]
        with opened(world, own, world.learner) as socket:
            say(socket, type="resume", last_event_id=last)
            told: list[str] = []
            while len(told) < len(missed):
                told += [title] if (title := (heard(socket).get("data") or {}).get("title")) in missed else []
        assert told == missed

    def test_a_notification_is_told(self, world, own) -> None:
        course = world.new_course(quizzes=({},))
        enrollment = world.learner.post(f"/courses/{course['slug']}/enroll/")
        topic = {"kind": "announcement", "title": "All of you", "body": "Read this."}
        with opened(world, own, world.learner) as socket:
            world.instructor.post(f"/courses/{course['slug']}/topics/", topic)
            assert first(socket, "notification")["data"]["type"] == "announcement"
        assert enrollment["id"]


class TestTheStream:
    def test_it_has_the_same_messages_and_resumes(self, world) -> None:
        seen = self._read(world, {}, lambda: broadcast(world, "maintenance"))
        title = broadcast(world, "feature_announcement")
        missed = self._read(world, {"Last-Event-ID": seen["line"]}, lambda: title)
        assert missed.keys() >= {"id", "type", "timestamp", "data"}
        assert (missed["type"], missed["data"]["title"]) == ("feature_announcement", title)

    def _read(self, world: Any, headers: dict[str, str], act: Callable[[], str]) -> Message:
        """The message of what `act` did, and the id that its line has."""
        address = f"{world.system.stack.url}/api/events/stream/"
        with httpx.stream("GET", address, headers={**world.learner.headers, **headers}, timeout=LIMIT_S) as answer:
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            title, line_id = act(), ""
            for line in answer.iter_lines():
                name, _, value = line.partition(": ")
                if name == "id":
                    line_id = value
                if name == "data" and (message := json.loads(value))["data"].get("title") == title:
                    return {**message, "line": line_id}
        raise AssertionError("the stream ended")


class TestNotifications:
    def test_are_listed_read_and_all_read(self, world) -> None:
        person, _ = world.new_user()
        for kind in ("maintenance", "feature_announcement"):
            broadcast(world, kind)
        unread = world.ask("GET", "/notifications/", person, params={"unread": "true"}).json()["results"]
        assert len(unread) == 2
        assert world.ask("POST", f"/notifications/{unread[0]['id']}/read/", person).is_success
        left = world.ask("GET", "/notifications/", person, params={"unread": "true"}).json()["results"]
        assert [one["id"] for one in left] == [unread[1]["id"]]
        assert world.ask("POST", "/notifications/read-all/", person).is_success
        assert world.ask("GET", "/notifications/", person, params={"unread": "true"}).json()["results"] == []

    def test_preferences_are_kept_by_kind(self, world) -> None:
        path = "/user/notification-preferences/"
        before = world.ask("GET", path, world.learner).json()
        assert all(one.keys() == {"type", "web", "email", "email_cadence"} for one in before)
        wanted = {"type": "deadline", "web": True, "email": True, "email_cadence": "weekly"}
        assert world.ask("PUT", path, world.learner, json=[wanted]).is_success
        assert wanted in world.ask("GET", path, world.learner).json()

    def test_broadcasts_are_for_administrators(self, world) -> None:
        body = {"type": "maintenance", "title": "No", "body": "No."}
        for who in (world.learner, world.instructor):
            assert world.ask("POST", "/notifications/broadcast/", who, json=body).status_code == 403


HOOK: Message = {"url": "https://8.8.8.8/hook", "event_types": ["enrollment.*"], "is_active": False}


class TestWebhooks:
    def test_are_for_administrators(self, world) -> None:
        for who in (world.learner, world.instructor):
            assert world.ask("POST", "/webhooks/", who, json=HOOK).status_code == 403

    def test_have_chosen_types_a_secret_that_can_change_and_a_log(self, world) -> None:
        made = world.ask("POST", "/webhooks/", world.admin, json=HOOK).json()
        path = f"/webhooks/{made['id']}/"
        assert made["event_types"] == ["enrollment.*"]
        assert made["secret"].startswith("whsec_")
        assert "secret" not in world.ask("GET", path, world.admin).json()
        assert world.ask("POST", f"{path}rotate-secret/", world.admin).json()["secret"] != made["secret"]
        assert world.ask("GET", f"{path}deliveries/", world.admin).json()["results"] == []
        assert world.ask("DELETE", path, world.admin).status_code == 204

    @pytest.mark.parametrize(
        "host", ["127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:192.168.0.1]"]
    )
    def test_never_go_to_private_addresses(self, world, host: str) -> None:
        answer = world.ask("POST", "/webhooks/", world.admin, json={**HOOK, "url": f"https://{host}/"})
        assert (answer.status_code, list(answer.json())) == (400, ["url"])
