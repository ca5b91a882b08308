from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from gateway.accounts import DEMO_ACCOUNTS, DEMO_PASSWORD, Refused, create_administrator, make_demo_accounts
from gateway.settings import Settings
from shared.contracts.gateway.events import UserRegistered, UserUpdated
from shared.testing import ServiceUnderTest

PASSWORD = "quiet-harbour-lantern"


def _settings(gateway: ServiceUnderTest, **changes: Any) -> Settings:
    return Settings(database_url=gateway.settings.database_url, **changes)


async def _login(door: httpx.AsyncClient, email: str, password: str) -> httpx.Response:
    return await door.post("/api/auth/login/", json={"email": email, "password": password})


class TestCreateAdministrator:
    async def test_makes_one(self, gateway: ServiceUnderTest, door: httpx.AsyncClient) -> None:
        settings = _settings(gateway, admin_password=SecretStr(PASSWORD))
        await create_administrator(settings, "root@example.com")
        user = (await _login(door, "root@example.com", PASSWORD)).json()["user"]
        assert (user["role"], user["is_active"]) == ("administrator", True)
        assert len(await gateway.events(UserRegistered)) == 1

    async def test_promotes_one_who_is_there(
        self, gateway: ServiceUnderTest, door: httpx.AsyncClient, make_account: Any
    ) -> None:
        await make_account(is_active=False)
        for _ in range(2):
            await create_administrator(_settings(gateway), "ADA@example.com")
        user = (await _login(door, "ada@example.com", PASSWORD)).json()["user"]
        assert user["role"] == "administrator"
        assert [event.role for event in await gateway.events(UserUpdated)] == ["student", "administrator"]

    @pytest.mark.parametrize(
        ("email", "password", "why"),
        [
            ("root@example.com", "short", "8 to 128"),
            ("root@example.com", "password1", "too common"),
            ("root", PASSWORD, "e-mail address"),
            ("root@example.com", None, "SYLLABUS_ADMIN_PASSWORD"),
        ],
    )
    async def test_what_cannot_be_is_refused_in_words(
        self, gateway: ServiceUnderTest, email: str, password: str | None, why: str
    ) -> None:
        settings = _settings(gateway, admin_password=SecretStr(password) if password else None)
        with pytest.raises(Refused, match=why):
            await create_administrator(settings, email)
        assert await gateway.events() == []


class TestDemoAccounts:
    async def test_are_made_once(self, gateway: ServiceUnderTest, door: httpx.AsyncClient) -> None:
        settings = _settings(gateway, demo=True)
        assert await make_demo_accounts(settings) == [account.email for account in DEMO_ACCOUNTS]
        assert await make_demo_accounts(settings) == []
        for account in DEMO_ACCOUNTS:
            user = (await _login(door, account.email, DEMO_PASSWORD)).json()["user"]
            assert user["role"] == account.role
            assert user["access_level"] == ("premium" if account.premium else "registered")
            assert user["subscription"]["expires_at"] is None

    async def test_are_not_made_unasked(self, gateway: ServiceUnderTest) -> None:
        with pytest.raises(Refused, match="SYLLABUS_DEMO"):
            await make_demo_accounts(_settings(gateway))
        assert await gateway.events() == []
