"""Links in mails: a forgotten password, an address to confirm."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import event, text

from gateway.identity.domain.links import LIFETIME
from gateway.schedules import forget_expired
from shared.testing import ServiceUnderTest

PASSWORD = "quiet-harbour-lantern"
NEW_PASSWORD = "louder-harbour-lantern"
RESET, CONFIRM = "/api/auth/password-reset/", "/api/auth/password-reset/confirm/"
VERIFY, RESEND = "/api/auth/verify-email/", "/api/auth/verify-email/resend/"


async def _log_in(door: httpx.AsyncClient, password: str, *, session: bool = False) -> httpx.Response:
    body = {"email": "ada@example.com", "password": password, "session": session}
    return await door.post("/api/auth/login/", json=body)


async def _ask(door: httpx.AsyncClient, path: str = RESET, email: str = "ada@example.com") -> None:
    assert (await door.post(path, json={"email": email})).status_code == 202


async def _confirm(door: httpx.AsyncClient, token: str, password: str = NEW_PASSWORD) -> httpx.Response:
    return await door.post(CONFIRM, json={"token": token, "password": password})


class TestPasswordReset:
    async def test_sets_a_new_password(self, door: httpx.AsyncClient, make_account: Any, postbox: Any) -> None:
        await make_account()
        await _ask(door, email="ADA@example.com")
        token = await postbox.token()
        assert (await _confirm(door, token)).status_code == 204
        assert (await _log_in(door, PASSWORD)).status_code == 401
        assert (await _log_in(door, NEW_PASSWORD)).status_code == 200

    async def test_mails_the_address_as_it_was_registered(
        self, door: httpx.AsyncClient, make_account: Any, postbox: Any, gateway: ServiceUnderTest
    ) -> None:
        await make_account("Ada@Example.com", first_name="Open http://evil.example")
        await _ask(door, email=" ada@EXAMPLE.com ")
        (message,) = await postbox.collect()
        assert message["To"] == "Ada@Example.com"
        assert "evil" not in message.as_string()
        assert f"{gateway.settings.public_url}/account/password-reset/?token=" in message.as_string()

    async def test_ends_all_that_was_signed_in(self, door: httpx.AsyncClient, make_account: Any, postbox: Any) -> None:
        ada, bea = await make_account(), await make_account("bea@example.com")
        await _log_in(door, PASSWORD, session=True)
        assert (await door.get("/api/user/")).status_code == 200
        assert (await door.get("/api/user/", headers=ada.header)).status_code == 200
        await _ask(door)
        await _confirm(door, await postbox.token())
        assert (await door.get("/api/user/")).status_code == 401
        assert (await door.get("/api/user/", headers=ada.header)).status_code == 401
        assert (await door.get("/api/user/", headers=bea.header)).status_code == 200

    async def test_verifies_the_address(self, door: httpx.AsyncClient, make_account: Any, postbox: Any) -> None:
        await make_account(is_email_verified=False)
        await postbox.collect()
        await _ask(door)
        await _confirm(door, await postbox.token())
        assert (await _log_in(door, NEW_PASSWORD)).json()["user"]["is_email_verified"] is True

    async def test_a_link_works_once_and_ends_its_sisters(
        self, door: httpx.AsyncClient, make_account: Any, postbox: Any
    ) -> None:
        await make_account()
        tokens = []
        for _ in range(2):
            await _ask(door)
            tokens.append(await postbox.token())
        assert (await _confirm(door, tokens[0])).status_code == 204
        for token in tokens:
            answer = await _confirm(door, token, "yet-another-lantern")
            assert (answer.status_code, list(answer.json())) == (400, ["token"])
        assert (await _log_in(door, NEW_PASSWORD)).status_code == 200

    async def test_of_two_who_follow_it_at_once_one_does(
        self, door: httpx.AsyncClient, make_account: Any, postbox: Any
    ) -> None:
        await make_account()
        await _ask(door)
        token = await postbox.token()
        answers = await asyncio.gather(*(_confirm(door, token, f"{NEW_PASSWORD}-{n}") for n in range(3)))
        assert sorted(answer.status_code for answer in answers) == [204, 400, 400]

    async def test_a_link_expires(
        self, door: httpx.AsyncClient, gateway: ServiceUnderTest, make_account: Any, postbox: Any
    ) -> None:
        await make_account()
        await _ask(door)
        token = await postbox.token()
        async with gateway.database.transaction() as session:
            await session.execute(text("UPDATE mail_links SET expires_at = now()"))
        assert (await _confirm(door, token)).status_code == 400
        await forget_expired(gateway.database)
        async with gateway.database.reading() as session:
            assert await session.scalar(text("SELECT count(*) FROM mail_links")) == 0

    async def test_a_refused_password_leaves_it_valid(
        self, door: httpx.AsyncClient, make_account: Any, postbox: Any
    ) -> None:
        await make_account()
        await _ask(door)
        token = await postbox.token()
        for password in ("short", "password123", "ada@example.com"):
            answer = await _confirm(door, token, password)
            assert (answer.status_code, list(answer.json())) == (400, ["password"])
        assert (await _confirm(door, token)).status_code == 204

    async def test_a_changed_password_ends_the_link(
        self, door: httpx.AsyncClient, make_account: Any, postbox: Any
    ) -> None:
        ada = await make_account()
        await _ask(door)
        token = await postbox.token()
        body = {"old_password": PASSWORD, "new_password": NEW_PASSWORD}
        assert (await door.post("/api/user/change-password/", json=body, headers=ada.header)).status_code == 204
        assert (await _confirm(door, token, "yet-another-lantern")).status_code == 400

    async def test_a_deactivated_account_has_none(
        self, door: httpx.AsyncClient, gateway: ServiceUnderTest, make_account: Any, postbox: Any
    ) -> None:
        await make_account()
        await _ask(door)
        token = await postbox.token()
        async with gateway.database.transaction() as session:
            await session.execute(text("UPDATE users SET is_active = false"))
        assert (await _confirm(door, token)).status_code == 400
        await _ask(door)
        assert await postbox.collect() == []

    async def test_a_link_serves_its_own_purpose(
        self, door: httpx.AsyncClient, make_account: Any, postbox: Any
    ) -> None:
        await make_account(is_email_verified=False)
        verification = await postbox.token()
        await _ask(door)
        reset = await postbox.token()
        assert (await _confirm(door, verification)).status_code == 400
        assert (await door.post(VERIFY, json={"token": reset})).status_code == 400

    async def test_a_database_gives_no_link_away(
        self, door: httpx.AsyncClient, gateway: ServiceUnderTest, make_account: Any, postbox: Any
    ) -> None:
        await make_account()
        await _ask(door)
        token = await postbox.token()
        async with gateway.database.reading() as session:
            digest = await session.scalar(text("SELECT digest FROM mail_links"))
        assert token.encode() not in bytes(digest or b"")


class TestAsking:
    @pytest.mark.parametrize("path", [RESET, RESEND])
    async def test_is_answered_the_same_and_after_the_same_work_whoever_there_is(
        self, door: httpx.AsyncClient, gateway: ServiceUnderTest, make_account: Any, postbox: Any, path: str
    ) -> None:
        await make_account(is_email_verified=False)
        await make_account("verified@example.com")
        await make_account("gone@example.com", is_active=False)
        await postbox.collect()
        statements: list[str] = []

        def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
            statements.append(statement)

        event.listen(gateway.database.engine.sync_engine, "before_cursor_execute", note)
        seen = set()
        for email in (
            "ada@example.com",
            "verified@example.com",
            "gone@example.com",
            "nobody@example.com",
            "no address",
        ):
            statements.clear()
            answer = await door.post(path, json={"email": email})
            seen.add((answer.status_code, answer.content, tuple(answer.headers.keys()), tuple(statements)))
        event.remove(gateway.database.engine.sync_engine, "before_cursor_execute", note)
        assert len(seen) == 1
        (only,) = seen
        assert only[0] == 202
        recipients = [message["To"] for message in await postbox.collect()]
        expected = ["ada@example.com", "verified@example.com"] if path == RESET else ["ada@example.com"]
        assert recipients == expected
        async with gateway.database.reading() as session:
            assert await session.scalar(text("SELECT count(*) FROM mails")) == 0

    async def test_often_mails_seldom(self, door: httpx.AsyncClient, make_account: Any, postbox: Any) -> None:
        await make_account()
        for _ in range(5):
            await _ask(door)
        assert len(await postbox.collect()) == 3
        await _ask(door)
        assert await postbox.collect() == []
        await _ask(door)
        assert len(await postbox.collect(now=datetime.now(UTC) + timedelta(minutes=16))) == 1

    @pytest.mark.parametrize("path", [RESET, RESEND])
    @pytest.mark.parametrize("email", [None, "", "  ", 5, [], "a" * 255, "a\x00@example.com", "a\n@example.com"])
    async def test_with_what_is_no_address_is_refused(self, door: httpx.AsyncClient, path: str, email: Any) -> None:
        answer = await door.post(path, json={"email": email})
        assert (answer.status_code, list(answer.json())) == (400, ["email"])
        assert (await door.post(path, json={})).json() == {"email": ["This field is required."]}


class TestTokens:
    @pytest.mark.parametrize("token", [None, "", " ", 5, [], "x" * 101, "x\x00", "\ud800", "x", "A" * 43, "é" * 43])
    async def test_that_are_none_are_refused(self, door: httpx.AsyncClient, token: Any) -> None:
        for path, body in ((CONFIRM, {"token": token, "password": NEW_PASSWORD}), (VERIFY, {"token": token})):
            answer = await door.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"})
            assert (answer.status_code, list(answer.json())) == (400, ["token"])


class TestVerification:
    async def test_begins_with_registering(self, door: httpx.AsyncClient, postbox: Any) -> None:
        body = {"email": "ada@example.com", "password": PASSWORD, "first_name": "Ada", "last_name": ""}
        registered = (await door.post("/api/auth/register/", json=body)).json()
        assert registered["user"]["is_email_verified"] is False
        token = await postbox.token()
        assert (await door.post(VERIFY, json={"token": token})).status_code == 204
        header = {"Authorization": f"Token {registered['token']}"}
        assert (await door.get("/api/user/", headers=header)).json()["is_email_verified"] is True

    async def test_works_once(self, door: httpx.AsyncClient, make_account: Any, postbox: Any) -> None:
        await make_account(is_email_verified=False)
        token = await postbox.token()
        answers = await asyncio.gather(*(door.post(VERIFY, json={"token": token}) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [204, 400, 400]

    async def test_can_be_asked_for_again_until_it_is_done(
        self, door: httpx.AsyncClient, make_account: Any, postbox: Any
    ) -> None:
        await make_account(is_email_verified=False)
        first = await postbox.token()
        await _ask(door, RESEND)
        second = await postbox.token()
        assert first != second
        assert (await door.post(VERIFY, json={"token": first})).status_code == 204
        await _ask(door, RESEND)
        assert await postbox.collect() == []

    async def test_a_link_expires(
        self, door: httpx.AsyncClient, gateway: ServiceUnderTest, make_account: Any, postbox: Any
    ) -> None:
        await make_account(is_email_verified=False)
        token = await postbox.token(now=datetime.now(UTC) + timedelta(minutes=1))
        async with gateway.database.transaction() as session:
            await session.execute(
                text(
                    "UPDATE mail_links SET expires_at = expires_at - CAST(:lifetime AS interval) - interval '1 minute'"
                ),
                {"lifetime": LIFETIME["email_verification"]},
            )
        assert (await door.post(VERIFY, json={"token": token})).status_code == 400
