"""Nothing secret or personal is in a log, after accounts were made, used, refused and recovered."""

import time

import httpx
import pytest

from shared.runtime.roles import SERVICES

pytestmark = pytest.mark.stack

ADDRESS = "grace.hopper.logs@example.com"
PASSWORD = "never-in-a-log-7391"
NEW_PASSWORD = "nor-this-one-8264"
NAME = "Quibblesworth"


def test_no_token_password_address_or_name_is_logged(system) -> None:
    url = f"{system.stack.url}/api"
    body = {"email": ADDRESS, "password": PASSWORD, "first_name": NAME, "last_name": NAME}
    made = httpx.post(f"{url}/auth/register/", json=body)
    assert made.status_code == 201
    token = made.json()["token"]
    signed_in = {"Authorization": f"Token {token}"}
    secrets = {ADDRESS, PASSWORD, NEW_PASSWORD, NAME, token}
    wrong = "f" * 40
    answers = [
        httpx.post(f"{url}/auth/login/", json={"email": ADDRESS, "password": "wrong-" + PASSWORD}),
        httpx.post(f"{url}/auth/login/", json={"email": ADDRESS, "password": PASSWORD}),
        httpx.post(f"{url}/auth/register/", json=body),
        httpx.post(f"{url}/auth/password-reset/", json={"email": ADDRESS}),
        httpx.get(f"{url}/courses/", headers={"Authorization": f"Token {wrong}"}),
        httpx.get(f"{url}/enrollments/", headers=signed_in),
        httpx.post(f"{url}/auth/login/", content=f'{{"email": "{ADDRESS}", "password": "{NEW_PASSWORD}"'),
    ]
    assert all(answer.status_code < 500 for answer in answers)
    request_id = answers[-2].headers["x-request-id"]
    deadline = time.monotonic() + 20
    while request_id not in system.log("enrollment"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert system.log("gateway")
    for service in SERVICES:
        log = system.log(service)
        assert [secret for secret in (*secrets, wrong) if secret in log] == [], service
        assert system.stack.wiring.database_urls[service] not in log
