import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from gateway import authentication
from shared.auth import Identity
from shared.testing import ServiceUnderTest


class TestTokens:
    @pytest.mark.parametrize("path", ["/api/courses/", "/api/user/", "/api/health/", "/api/auth/login/"])
    @pytest.mark.parametrize(
        "sent",
        [
            "Token",
            "Token ",
            "Token x",
            "Token " + "0" * 40,
            "Token " + "0" * 41,
            "Token " + "g" * 40,
            "Bearer " + "0" * 40,
            "Basic YTpi",
            "0" * 40,
            "",
            "Token " + "\xe9" * 40,
        ],
    )
    async def test_one_that_is_none_is_refused_everywhere(
        self, door: httpx.AsyncClient, upstreams: Any, path: str, sent: str
    ) -> None:
        answer = await door.get(path, headers={"Authorization": sent.encode("latin-1")})
        assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_TOKEN")
        assert answer.headers["WWW-Authenticate"] == "Token"
        assert answer.headers["X-Request-ID"]
        assert upstreams["catalog"].asked == []

    async def test_two_are_none(self, door: httpx.AsyncClient, make_account: Any) -> None:
        ada = await make_account()
        both = [("Authorization", f"Token {ada.token}"), ("Authorization", f"Token {ada.token}")]
        assert (await door.get("/api/user/", headers=both)).status_code == 401

    async def test_of_a_deactivated_user_are_refused(
        self, door: httpx.AsyncClient, upstreams: Any, make_account: Any
    ) -> None:
        ada = await make_account(is_active=False)
        answer = await door.get("/api/courses/", headers=ada.header)
        assert (answer.status_code, answer.json()["code"]) == (401, "ACCOUNT_DEACTIVATED")
        assert upstreams["catalog"].asked == []

    async def test_pages_ask_for_none(self, door: httpx.AsyncClient) -> None:
        assert (await door.get("/", headers={"Authorization": "Token x"})).status_code == 200


class TestSessions:
    async def test_reach_services_as_an_identity_and_without_the_cookie(
        self, door: httpx.AsyncClient, upstreams: Any, gateway: ServiceUnderTest, make_account: Any
    ) -> None:
        ada = await make_account()
        body = {"email": ada.email, "password": ada.password, "session": True}
        await door.post("/api/auth/login/", json=body)
        assert (await door.get("/api/courses/")).status_code == 200
        assert (await door.post("/api/courses/", json={})).status_code == 403
        csrf = {"X-CSRFToken": door.cookies["csrftoken"]}
        assert (await door.post("/api/courses/", json={}, headers=csrf)).status_code == 200
        assert [asked["method"] for asked in upstreams["catalog"].asked] == ["GET", "POST"]
        for asked in upstreams["catalog"].asked:
            assert gateway.app.state.verifier.verify(asked["headers"]["x-syllabus-identity"]) == ada.identity
            assert "cookie" not in asked["headers"]

    async def test_are_no_business_of_pages(self, door: httpx.AsyncClient) -> None:
        assert (await door.get("/", headers={"Cookie": "sessionid=" + "a" * 43})).status_code == 200


class TestMemory:
    async def test_a_change_elsewhere_shows_within_seconds(
        self, gateway: ServiceUnderTest, make_account: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ada = await make_account()
        known = gateway.app.state.authentication
        assert await known.signature(f"Token {ada.token}")
        async with gateway.database.transaction() as session:  # as another process would
            await session.execute(text("DELETE FROM tokens"))
        assert await known.signature(f"Token {ada.token}")
        monkeypatch.setattr(authentication, "REMEMBERED_S", 0.0)
        with pytest.raises(authentication.InvalidToken):
            await known.signature(f"Token {ada.token}")

    async def test_what_was_read_before_a_change_is_not_remembered_after_it(
        self, gateway: ServiceUnderTest, make_account: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ada = await make_account()
        known = gateway.app.state.authentication
        read, go_on, original = asyncio.Event(), asyncio.Event(), known._read

        async def slow(token: str) -> Any:
            holder = await original(token)
            read.set()
            await go_on.wait()
            return holder

        monkeypatch.setattr(known, "_read", slow)
        early = asyncio.create_task(known.signature(f"Token {ada.token}"))
        await read.wait()
        async with known.changing(ada.id) as session:
            await session.execute(text("DELETE FROM tokens"))
        go_on.set()
        assert await early
        with pytest.raises(authentication.InvalidToken):
            await known.signature(f"Token {ada.token}")

    async def test_one_signature_serves_many_requests(self, gateway: ServiceUnderTest, make_account: Any) -> None:
        ada = await make_account()
        known = gateway.app.state.authentication
        assert await known.signature(f"Token {ada.token}") is await known.signature(f"Token {ada.token}")

    async def test_premium_is_judged_at_the_moment(self, gateway: ServiceUnderTest, make_account: Any) -> None:
        """Although the holder is remembered, and the signature for longer."""
        end = datetime.now(UTC) + timedelta(days=1)
        ada = await make_account(premium=True, expires_at=end)
        known, verifier = gateway.app.state.authentication, gateway.app.state.verifier
        assert verifier.verify(await known.signature(f"Token {ada.token}")).is_premium
        holder = await known._holder(ada.token)
        assert holder.identity(now=end - timedelta(microseconds=1)).is_premium
        over = holder.identity(now=end)
        assert over == Identity(ada.id, "student", "Ada Byron", False)
        assert verifier.verify(known._sign(over)) == over

    async def test_a_database_that_is_down_is_503(
        self, door: httpx.AsyncClient, upstreams: Any, gateway: ServiceUnderTest, make_account: Any
    ) -> None:
        ada = await make_account()
        down = gateway.database.__class__("postgresql://nobody:x@127.0.0.1:1/none", pool_size=1, name="gateway")
        gateway.app.state.authentication._database = down
        answer = await door.get("/api/courses/", headers=ada.header)
        assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert (await door.get("/api/courses/")).status_code == 200
        await down.close()
