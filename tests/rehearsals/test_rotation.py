"""Every secret and key is replaced on a running system, as docs/operations.md says, and who works in it goes on."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from joserfc.jwk import OKPKey
from psycopg import sql

from demo.api import PASSWORD, Api, Refused
from shared.runtime.keys import JWKS, TOKEN_KEY, ensure_keys
from shared.runtime.process import wait_until
from shared.runtime.roles import SERVICES
from shared.runtime.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]


class Rotating(Stack):
    """A system whose services can be given new settings, each its own; they take them up when they start anew."""

    def __init__(self) -> None:
        super().__init__()
        self.own: dict[str, dict[str, str]] = {service: {} for service in SERVICES}

    def environment(self, service: str) -> dict[str, str]:
        return super().environment(service) | self.own[service]

    def start_anew(self, *services: str) -> None:
        for service in services:
            self.stop(service)
            self.start(service)


@pytest.fixture(scope="module")
def stack() -> Iterator[Rotating]:
    with Rotating() as rotating:
        command = rotating.command("gateway", "demo-accounts")
        subprocess.run(command, env=rotating.environment("gateway"), check=True)
        yield rotating


@pytest.fixture
def guest(stack: Rotating) -> Iterator[Api]:
    with closing(Api(stack.url)) as api:
        yield api


def certify(guest: Api, title: str) -> str:
    """Goes through every service and over the bus: a course is made and completed. The certificate's number."""
    author = guest.log_in("instructor@example.com")
    course = author.post(
        "/courses/",
        {
            "title": title,
            "description": "A course that is completed although locks are changed.",
            "learning_objectives": ["Notice nothing"],
            "price": "0.00",
            "has_certificate": True,
        },
    )
    module = author.post("/modules/", {"course": course["id"], "title": "Only module"})
    lesson = {"module": module["id"], "title": "One", "type": "reading", "content": "Words enough."}
    author.post("/lessons/", lesson)
    author.put(f"/courses/{course['slug']}/publish/")
    learner, user = guest.register(f"{course['slug']}@example.com", "Ada", "Lovelace")
    premium = {"tier": "premium", "expires_at": None}
    guest.log_in("admin@example.com").put(f"/users/{user['id']}/subscription/", premium)
    enrollment = learner.post(f"/courses/{course['slug']}/enroll/")
    (row,) = learner.get("/progress/", enrollment=enrollment["id"])["results"]
    learner.put(f"/progress/{row['id']}/", {"is_completed": True})
    assert wait_until(lambda: bool(learner.get("/certificates/")["results"]), 120)
    number: str = learner.get("/certificates/")["results"][0]["certificate_number"]
    return number


def verdict(guest: Api, number: str) -> dict[str, Any]:
    found: dict[str, Any] = guest.get("/certificates/verify/", certificate_number=number)
    return found


def reconcile(stack: Rotating, service: str) -> None:
    subprocess.run(stack.command(service, "reconcile"), env=stack.environment(service), check=True)


def test_database_passwords(stack: Rotating, guest: Api) -> None:
    for service in SERVICES:
        old = stack.environment(service)["SYLLABUS_DATABASE_URL"]
        role, password = str(urlsplit(old).username), str(urlsplit(old).password)
        with psycopg.connect(stack.database.url, autocommit=True) as administrator:
            administrator.execute(sql.SQL("ALTER ROLE {} PASSWORD 'a new one'").format(sql.Identifier(role)))
        assert stack.missing(service) == ""  # what is connected stays so
        stack.own[service]["SYLLABUS_DATABASE_URL"] = old.replace(password, "a%20new%20one")
        stack.start_anew(service)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(old)
    certify(guest, "New passwords of the database")


def test_broker_password(stack: Rotating, guest: Api) -> None:
    old = urlsplit(stack.environment("catalog")["SYLLABUS_AMQP_URL"])
    stack.broker.ctl("change_password", str(old.username), "a-new-one")
    certify(guest, "What is connected to the broker stays so")
    new = old._replace(netloc=old.netloc.replace(str(old.password), "a-new-one")).geturl()
    for service in SERVICES:
        stack.own[service]["SYLLABUS_AMQP_URL"] = new
        stack.start_anew(service)
    certify(guest, "A new password of the broker")


def test_identity_keys(stack: Rotating, guest: Api, tmp_path: Path) -> None:
    known = stack.wiring.keys / JWKS
    old = json.loads(known.read_text())["keys"]
    new = ensure_keys(tmp_path)
    added = [
        OKPKey.import_key((new / f"{service}.pem").read_bytes(), {"kid": f"{service}.2"}).as_dict(private=False)
        for service in SERVICES
    ]
    known.write_text(json.dumps({"keys": [*old, *added]}))
    stack.start_anew(*SERVICES)
    certify(guest, "Both keys are known")
    for service in SERVICES:
        stack.own[service] |= {
            "SYLLABUS_IDENTITY_KEY_FILE": str(new / f"{service}.pem"),
            "SYLLABUS_IDENTITY_KEY_ID": f"{service}.2",
        }
        stack.start_anew(service)
    certify(guest, "All sign with their new keys")
    known.write_text(json.dumps({"keys": added}))
    stack.start_anew(*SERVICES)
    certify(guest, "The old keys are forgotten")
    for service in SERVICES:
        reconcile(stack, service)


def test_token_key(stack: Rotating, guest: Api, tmp_path: Path) -> None:
    student = guest.log_in("student@example.com")
    (stack.wiring.keys / TOKEN_KEY).write_bytes((ensure_keys(tmp_path) / TOKEN_KEY).read_bytes())
    stack.start_anew("gateway")
    with pytest.raises(Refused, match="was answered 401"):
        student.get("/user/")
    assert guest.log_in("student@example.com").get("/user/")["email"] == "student@example.com"


def test_certificate_signing_key(stack: Rotating, guest: Api, tmp_path: Path) -> None:
    before = certify(guest, "Signed with the old key")
    new = tmp_path / "new.pem"
    rotate = [*stack.command("certificate", "rotate-key"), str(new)]
    subprocess.run(rotate, env=stack.environment("certificate"), check=True)
    stack.own["certificate"]["SYLLABUS_SIGNING_KEY_FILE"] = str(new)
    stack.start_anew("certificate")
    after = certify(guest, "Signed with the new key")
    for number in (before, after):
        found = verdict(guest, number)
        assert (found["valid"], found["checks"]["signature"]) == (True, True), found


def test_a_users_password(guest: Api) -> None:
    user, _ = guest.register("changes@example.com", "Ada", "Lovelace")
    user.post("/user/change-password/", {"old_password": PASSWORD, "new_password": "another-one-of-hers"})
    with pytest.raises(Refused):
        guest.log_in("changes@example.com")
    assert guest.log_in("changes@example.com", "another-one-of-hers").get("/user/")["first_name"] == "Ada"
