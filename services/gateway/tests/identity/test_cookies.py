"""Browsers: logged in by cookie, with a CSRF token beside it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from gateway.front import Front
from gateway.identity.domain.sessions import MOST_SESSIONS
from shared.testing import ServiceUnderTest

PASSWORD = "quiet-harbour-lantern"
FORTNIGHT = 14 * 24 * 3600


@asynccontextmanager
async def _browser(gateway: ServiceUnderTest, email: str = "ada@example.com") -> AsyncIterator[httpx.AsyncClient]:
    """Keeps cookies as a browser does, and sends the CSRF token as its page would."""
    transport = httpx.ASGITransport(Front(gateway.app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        answer = await client.post("/api/auth/login/", json={"email": email, "password": PASSWORD, "session": True})
        assert answer.status_code == 200
        client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
        yield client


async def _is_in(browser: httpx.AsyncClient) -> bool:
    return (await browser.get("/api/user/")).status_code == 200


async def _count(gateway: ServiceUnderTest) -> int:
    async with gateway.database.reading() as session:
        return int(await session.scalar(text("SELECT count(*) FROM sessions")) or 0)


async def _age(gateway: ServiceUnderTest, interval: str) -> None:
    """As if the sessions had been used so much longer ago."""
    async with gateway.database.transaction() as session:
        await session.execute(text(f"UPDATE sessions SET expires_at = expires_at - interval '{interval}'"))


class TestLogin:
    async def test_sets_two_cookies(self, door: httpx.AsyncClient, make_account: Any) -> None:
        ada = await make_account()
        body = {"email": ada.email, "password": PASSWORD, "session": True}
        answer = await door.post("/api/auth/login/", json=body)
        assert answer.json()["token"] == ada.token
        session, csrf = answer.headers.get_list("set-cookie")
        assert session.startswith("sessionid=")
        assert csrf.startswith("csrftoken=")
        for cookie, scripts in ((session, False), (csrf, True)):
            assert f"Max-Age={FORTNIGHT}" in cookie
            assert "Path=/" in cookie
            assert "SameSite=lax" in cookie
            assert ("HttpOnly" not in cookie) is scripts
            assert "Secure" not in cookie

    async def test_over_https_the_cookies_stay_there(
        self, door: httpx.AsyncClient, gateway: ServiceUnderTest, make_account: Any
    ) -> None:
        gateway.app.state.settings = gateway.settings.model_copy(update={"public_url": "https://learn.example.com"})
        ada = await make_account()
        body = {"email": ada.email, "password": PASSWORD, "session": True}
        answer = await door.post("/api/auth/login/", json=body)
        assert all("Secure" in cookie for cookie in answer.headers.get_list("set-cookie"))

    @pytest.mark.parametrize("asked", [{}, {"session": False}])
    async def test_sets_none_unasked(
        self, door: httpx.AsyncClient, gateway: ServiceUnderTest, make_account: Any, asked: Any
    ) -> None:
        ada = await make_account()
        answer = await door.post("/api/auth/login/", json={"email": ada.email, "password": PASSWORD} | asked)
        assert "set-cookie" not in answer.headers
        assert await _count(gateway) == 0

    @pytest.mark.parametrize("value", [None, "perhaps", 2, [], {}])
    async def test_a_wish_that_is_none_is_refused(self, door: httpx.AsyncClient, value: Any) -> None:
        body = {"email": "ada@example.com", "password": PASSWORD, "session": value}
        answer = await door.post("/api/auth/login/", json=body)
        assert (answer.status_code, list(answer.json())) == (400, ["session"])

    async def test_works_where_a_session_is_and_its_csrf_token_is_lost(
        self, gateway: ServiceUnderTest, make_account: Any
    ) -> None:
        await make_account()
        async with _browser(gateway) as browser:
            del browser.headers["X-CSRFToken"]
            body = {"email": "ada@example.com", "password": PASSWORD, "session": True}
            assert (await browser.post("/api/auth/login/", json=body)).status_code == 200
            assert await _is_in(browser)

    async def test_the_oldest_of_too_many_end(self, gateway: ServiceUnderTest, make_account: Any) -> None:
        await make_account()
        await make_account("bea@example.com")
        async with _browser(gateway, "bea@example.com") as bea, _browser(gateway) as oldest, _browser(gateway) as next_:
            async with gateway.database.transaction() as session:
                await session.execute(
                    text(
                        "INSERT INTO sessions SELECT sha256(n::text::bytea), user_id, created_date,"
                        " expires_at + interval '1 minute' FROM sessions, generate_series(1, :n) AS n"
                        " WHERE expires_at = (SELECT max(expires_at) FROM sessions)"
                    ),
                    {"n": MOST_SESSIONS - 2},
                )
            async with _browser(gateway) as newest:
                assert not await _is_in(oldest)
                assert await _is_in(next_)
                assert await _is_in(newest)
                assert await _is_in(bea)
        assert await _count(gateway) == MOST_SESSIONS + 1

    async def test_a_database_gives_no_session_away(self, gateway: ServiceUnderTest, make_account: Any) -> None:
        await make_account()
        async with _browser(gateway) as browser, gateway.database.reading() as session:
            row = (await session.execute(text("SELECT * FROM sessions"))).one()
            for value in (browser.cookies["sessionid"], browser.cookies["csrftoken"]):
                assert value.encode() not in row.digest
                assert value not in row.digest.hex()


class TestRequests:
    async def test_of_a_session_are_its_users(self, gateway: ServiceUnderTest, make_account: Any) -> None:
        ada = await make_account()
        async with _browser(gateway) as browser:
            del browser.headers["X-CSRFToken"]
            assert (await browser.get("/api/user/")).json()["id"] == ada.id

    async def test_that_change_something_need_its_csrf_token(
        self, gateway: ServiceUnderTest, make_account: Any
    ) -> None:
        await make_account()
        await make_account("bea@example.com")
        async with _browser(gateway) as browser, _browser(gateway, "bea@example.com") as bea:
            right = browser.headers.pop("X-CSRFToken")
            for sent in ({}, {"X-CSRFToken": ""}, {"X-CSRFToken": "x"}, {"X-CSRFToken": bea.headers["X-CSRFToken"]}):
                for method, path in (
                    ("PATCH", "/api/user/"),
                    ("POST", "/api/auth/logout"),
                    ("DELETE", "/api/courses/1/"),
                ):
                    answer = await browser.request(method, path, headers=sent)
                    assert (answer.status_code, answer.json()["code"]) == (403, "CSRF_FAILED"), (method, path, sent)
            both = [("X-CSRFToken", right), ("X-CSRFToken", right)]
            assert (await browser.patch("/api/user/", json={}, headers=both)).status_code == 403
            changed = await browser.patch("/api/user/", json={"last_name": "King"}, headers={"X-CSRFToken": right})
            assert (changed.status_code, changed.json()["last_name"]) == (200, "King")

    async def test_with_a_token_go_by_the_token(self, gateway: ServiceUnderTest, make_account: Any) -> None:
        await make_account()
        bea = await make_account("bea@example.com")
        async with _browser(gateway) as browser:
            del browser.headers["X-CSRFToken"]
            answer = await browser.patch("/api/user/", json={}, headers=bea.header)
            assert (answer.status_code, answer.json()["id"]) == (200, bea.id)
            answer = await browser.get("/api/user/", headers={"Authorization": "Token x"})
            assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_TOKEN")

    @pytest.mark.parametrize("cookie", ["sessionid=", "sessionid=x", "sessionid=" + "a" * 43, "sessionid=\xe9", "x"])
    async def test_of_no_session_are_a_guests(self, door: httpx.AsyncClient, cookie: str) -> None:
        headers = {"Cookie": cookie.encode("latin-1")}
        answer = await door.get("/api/user/", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "AUTHENTICATION_REQUIRED")
        assert (await door.get("/api/health/", headers=headers)).status_code == 200
        assert (await door.patch("/api/user/", headers=headers, json={})).status_code == 401


class TestEnd:
    async def test_comes_with_logout(self, gateway: ServiceUnderTest, make_account: Any) -> None:
        ada = await make_account()
        async with _browser(gateway) as browser, _browser(gateway) as elsewhere:
            stolen = browser.cookies["sessionid"]
            assert await _is_in(browser)
            answer = await browser.post("/api/auth/logout/")
            assert answer.status_code == 204
            assert not list(browser.cookies.jar)
            assert (await browser.get("/api/user/", headers={"Cookie": f"sessionid={stolen}"})).status_code == 401
            assert (await browser.get("/api/user/", headers=ada.header)).status_code == 401
            assert await _is_in(elsewhere)

    async def test_comes_with_logout_by_token_too(self, gateway: ServiceUnderTest, make_account: Any) -> None:
        ada = await make_account()
        async with _browser(gateway) as browser:
            stolen = browser.cookies["sessionid"]
            assert (await browser.post("/api/auth/logout/", headers=ada.header)).status_code == 204
            assert (await browser.get("/api/user/", headers={"Cookie": f"sessionid={stolen}"})).status_code == 401

    async def test_no_logout_ends_the_session_of_another(self, gateway: ServiceUnderTest, make_account: Any) -> None:
        await make_account()
        bea = await make_account("bea@example.com")
        async with _browser(gateway) as browser:
            cookie = {"Cookie": f"sessionid={browser.cookies['sessionid']}"}
            assert (await browser.post("/api/auth/logout/", headers=bea.header | cookie)).status_code == 204
            assert (await browser.get("/api/user/", headers=cookie)).status_code == 200

    async def test_of_the_others_comes_with_another_password(
        self, gateway: ServiceUnderTest, make_account: Any
    ) -> None:
        ada = await make_account()
        body = {"old_password": PASSWORD, "new_password": "louder-harbour-lantern"}
        async with _browser(gateway) as browser, _browser(gateway) as elsewhere:
            assert await _is_in(elsewhere)
            assert (await browser.post("/api/user/change-password/", json=body)).status_code == 204
            assert await _is_in(browser)
            assert not await _is_in(elsewhere)
            assert (await browser.get("/api/user/", headers=ada.header)).status_code == 200

    async def test_of_all_comes_with_deactivation(self, gateway: ServiceUnderTest, make_account: Any) -> None:
        ada = await make_account()
        admin = await make_account("root@example.com", role="administrator")
        async with _browser(gateway) as browser:
            assert await _is_in(browser)
            for active in (False, True):
                body = {"is_active": active}
                answer = await browser.patch(f"/api/users/{ada.id}/", json=body, headers=admin.header)
                assert answer.status_code == 200
                assert not await _is_in(browser)

    async def test_comes_after_a_fortnight_of_rest(self, gateway: ServiceUnderTest, make_account: Any) -> None:
        await make_account()
        async with _browser(gateway) as browser:
            await _age(gateway, "14 days")
            assert not await _is_in(browser)


class TestUse:
    async def test_prolongs_once_a_day_and_tells_the_browser(
        self, gateway: ServiceUnderTest, make_account: Any
    ) -> None:
        ada = await make_account()
        async with _browser(gateway) as browser:
            assert "set-cookie" not in (await browser.get("/api/user/")).headers
            gateway.app.state.authentication.forget({ada.id})
            await _age(gateway, "13 days 23 hours")
            before = dict(browser.cookies)
            answer = await browser.get("/api/user/")
            assert answer.status_code == 200
            assert len(answer.headers.get_list("set-cookie")) == 2
            assert "private" in answer.headers["cache-control"]
            assert dict(browser.cookies) == before
            gateway.app.state.authentication.forget({ada.id})
            assert "set-cookie" not in (await browser.get("/api/user/")).headers
            await _age(gateway, "13 days")
            gateway.app.state.authentication.forget({ada.id})
            assert await _is_in(browser)

    async def test_at_once_writes_once(self, gateway: ServiceUnderTest, make_account: Any) -> None:
        await make_account()
        async with _browser(gateway) as browser:
            await _age(gateway, "2 days")
            answers = await asyncio.gather(*(browser.get("/api/health/") for _ in range(6)))
            assert sum("set-cookie" in answer.headers for answer in answers) >= 1
            async with gateway.database.reading() as session:
                ends = await session.scalar(
                    text("SELECT expires_at - now() > interval '13 days 23 hours' FROM sessions")
                )
            assert ends is True

    async def test_a_logout_that_prolongs_logs_out(self, gateway: ServiceUnderTest, make_account: Any) -> None:
        await make_account()
        async with _browser(gateway) as browser:
            await _age(gateway, "2 days")
            assert (await browser.post("/api/auth/logout/")).status_code == 204
            assert not list(browser.cookies.jar)
