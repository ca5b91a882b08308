"""The pages that links in mails lead to."""

import re
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from shared.testing import ServiceUnderTest

NEW_PASSWORD = "louder-harbour-lantern"
RESET, VERIFY = "/account/password-reset/", "/account/verify-email/"


def _title(answer: httpx.Response) -> str:
    found = re.search("<h1>(.*?)</h1>", answer.text)
    assert found is not None
    return found.group(1)


class TestReset:
    async def test_from_asking_to_the_new_password(
        self, door: httpx.AsyncClient, make_account: Any, postbox: Any
    ) -> None:
        await make_account()
        assert 'name="email"' in (await door.get(RESET)).text
        asked = await door.post(RESET, data={"email": "ada@example.com"})
        assert (asked.status_code, _title(asked)) == (200, "Look into your mail")
        (message,) = await postbox.collect()
        found = re.search(r"http://\S+", message.get_content())
        assert found is not None
        link = httpx.URL(found.group())
        opened = await door.get(link.raw_path.decode())
        assert _title(opened) == "Choose a new password"
        assert opened.headers["cache-control"] == "no-store"
        assert opened.headers["referrer-policy"] == "no-referrer"
        form = {"token": link.params["token"], "password": "short"}
        for weak, sentence in (("short", "8 to 128"), ("password123", "too common"), ("", "8 to 128")):
            refused = await door.post(RESET, data=form | {"password": weak})
            assert refused.status_code == 400
            assert sentence in refused.text
            assert link.params["token"] in refused.text
        done = await door.post(RESET, data=form | {"password": NEW_PASSWORD})
        assert (done.status_code, _title(done)) == (200, "Your password is set")
        body = {"email": "ada@example.com", "password": NEW_PASSWORD}
        assert (await door.post("/api/auth/login/", json=body)).status_code == 200
        again = await door.post(RESET, data=form | {"password": NEW_PASSWORD})
        assert (again.status_code, _title(again)) == (400, "This link does not work")

    async def test_shows_what_it_was_sent_as_text(self, door: httpx.AsyncClient) -> None:
        answer = await door.get(RESET, params={"token": '"><script>alert(1)</script>'})
        assert "<script" not in answer.text


class TestVerification:
    async def test_is_by_the_button_and_not_by_opening(
        self, door: httpx.AsyncClient, gateway: ServiceUnderTest, make_account: Any, postbox: Any
    ) -> None:
        await make_account(is_email_verified=False)
        token = await postbox.token()
        for _ in range(2):
            assert token in (await door.get(VERIFY, params={"token": token})).text
        done = await door.post(VERIFY, data={"token": token})
        assert (done.status_code, _title(done)) == (200, "Your address is confirmed")
        async with gateway.database.reading() as session:
            assert await session.scalar(text("SELECT is_email_verified FROM users"))
        assert (await door.post(VERIFY, data={"token": token})).status_code == 400


@pytest.mark.parametrize("path", [RESET, VERIFY])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"token=",
        b"token=x",
        b"token=%00&password=long-enough-lantern",
        b"token=%ff",
        b"\xff\xfe",
        b"a=1&" * 50,
        b"email=" + b"x" * 300,
        b"token=" + b"x" * 5000 + b"&password=long-enough-lantern",
        b'{"token": "x"}',
    ],
)
async def test_what_is_no_form_is_refused_on_a_page(door: httpx.AsyncClient, path: str, body: bytes) -> None:
    answer = await door.post(path, content=body, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/html")
