import asyncio
from typing import Any

import httpx
import pytest
from pwdlib import PasswordHash
from sqlalchemy import text

from gateway.identity.hashing import Passwords
from shared.contracts.gateway.events import UserLoggedIn
from shared.errors import ServiceUnavailable
from shared.testing import ServiceUnderTest

PASSWORD = "quiet-harbour-lantern"
NEW_PASSWORD = "louder-harbour-lantern"


async def _login(door: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    return await door.post("/api/auth/login/", json={"email": email, "password": password})


class TestLogin:
    async def test_gives_the_existing_token(self, door: httpx.AsyncClient, make_account: Any) -> None:
        ada = await make_account()
        first, second = await _login(door, "ADA@example.com"), await _login(door, " ada@example.com ")
        assert first.status_code == second.status_code == 200
        assert first.json()["token"] == second.json()["token"] == ada.token
        assert first.json()["user"]["id"] == ada.id
        assert first.headers["Cache-Control"] == "no-store"

    async def test_each_login_is_told_once_without_the_address(
        self, gateway: ServiceUnderTest, door: httpx.AsyncClient, make_account: Any
    ) -> None:
        ada = await make_account()
        assert await gateway.events(UserLoggedIn) == []
        for password in (PASSWORD, "not-the-password", PASSWORD):
            await _login(door, "ada@example.com", password)
        told = await gateway.events(UserLoggedIn)
        assert [event.user_id for event in told] == [ada.id, ada.id]
        assert len({event.login_id for event in told}) == 2
        assert "ada" not in told[0].model_dump_json()

    @pytest.mark.parametrize(
        ("email", "password"), [("ada@example.com", "not-the-password"), ("bea@example.com", PASSWORD)]
    )
    async def test_wrong_is_the_same_whatever_is_wrong(
        self, door: httpx.AsyncClient, make_account: Any, email: str, password: str
    ) -> None:
        await make_account()
        answer = await _login(door, email, password)
        assert answer.status_code == 401
        assert answer.json()["code"] == "INVALID_CREDENTIALS"
        assert answer.headers["WWW-Authenticate"] == "Token"

    async def test_an_unknown_address_costs_as_much_as_a_wrong_password(
        self, door: httpx.AsyncClient, make_account: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await make_account()
        compared = []
        original = PasswordHash.verify_and_update

        def recorded(self: PasswordHash, password: str, known: str) -> Any:
            compared.append(known.rpartition("$")[0].rpartition("$")[0])  # without salt and digest
            return original(self, password, known)

        monkeypatch.setattr(PasswordHash, "verify_and_update", recorded)
        for email in ("ada@example.com", "bea@example.com"):
            await _login(door, email, "not-the-password")
        known, unknown = compared
        assert known == unknown
        assert known.startswith("$argon2id$")

    async def test_deactivated_is_told_with_the_right_password_only(
        self, door: httpx.AsyncClient, make_account: Any
    ) -> None:
        await make_account(is_active=False)
        right, wrong = await _login(door, "ada@example.com"), await _login(door, "ada@example.com", "wrong-password")
        assert (right.status_code, right.json()["code"]) == (401, "ACCOUNT_DEACTIVATED")
        assert (wrong.status_code, wrong.json()["code"]) == (401, "INVALID_CREDENTIALS")

    async def test_a_token_sealed_with_a_lost_key_is_replaced(
        self, door: httpx.AsyncClient, gateway: ServiceUnderTest, make_account: Any
    ) -> None:
        ada = await make_account()
        async with gateway.database.transaction() as session:
            await session.execute(text("UPDATE tokens SET sealed = decode(repeat('00', 60), 'hex')"))
        answer = await _login(door, "ada@example.com")
        assert answer.status_code == 200
        assert answer.json()["token"] != ada.token
        assert (await door.get("/api/user/", headers=ada.header)).status_code == 401

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"email": "ada@example.com"},
            {"email": "", "password": "x"},
            {"email": "ada@example.com", "password": ""},
            {"email": "ada\x00@example.com", "password": "x"},
            {"email": "ada@example.com", "password": "x\x00"},
            {"email": "ada@example.com", "password": "x" * 129},
            {"email": "a" * 255, "password": "x"},
            {"email": 1, "password": "x"},
        ],
    )
    async def test_what_can_be_no_login_is_refused(self, door: httpx.AsyncClient, body: dict[str, Any]) -> None:
        assert (await door.post("/api/auth/login/", json=body)).status_code == 400

    async def test_too_many_at_once_are_put_off(self) -> None:
        passwords = Passwords(threads=1, queue=1)
        outcomes = await asyncio.gather(
            *(passwords.verify("some password", None) for _ in range(6)), return_exceptions=True
        )
        passwords.close()
        assert sum(isinstance(outcome, ServiceUnavailable) for outcome in outcomes) == 4

    async def test_a_place_in_the_queue_is_free_again(self) -> None:
        passwords = Passwords(threads=1, queue=0)
        for _ in range(3):
            assert not (await passwords.verify("some password", None)).right
        passwords.close()


class TestLogout:
    async def test_ends_the_token_at_once_and_the_next_login_makes_another(
        self, door: httpx.AsyncClient, make_account: Any
    ) -> None:
        ada = await make_account()
        assert (await door.get("/api/user/", headers=ada.header)).status_code == 200
        assert (await door.post("/api/auth/logout/", headers=ada.header)).status_code == 204
        answer = await door.get("/api/user/", headers=ada.header)
        assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_TOKEN")
        fresh = (await _login(door, "ada@example.com")).json()["token"]
        assert fresh != ada.token
        assert (await door.get("/api/user/", headers={"Authorization": f"Token {fresh}"})).status_code == 200

    async def test_a_guest_cannot(self, door: httpx.AsyncClient) -> None:
        answer = await door.post("/api/auth/logout/")
        assert (answer.status_code, answer.json()["code"]) == (401, "AUTHENTICATION_REQUIRED")


class TestRegenerate:
    async def test_the_old_token_stops_at_once(self, door: httpx.AsyncClient, make_account: Any) -> None:
        ada = await make_account()
        await door.get("/api/user/", headers=ada.header)
        answer = await door.post("/api/auth/token/regenerate/", headers=ada.header)
        assert answer.status_code == 200
        fresh = answer.json()["token"]
        assert (await door.get("/api/user/", headers=ada.header)).status_code == 401
        assert (await door.get("/api/user/", headers={"Authorization": f"Token {fresh}"})).status_code == 200
        assert (await _login(door, "ada@example.com")).json()["token"] == fresh

    async def test_logins_at_once_get_one_token(self, door: httpx.AsyncClient, make_account: Any) -> None:
        ada = await make_account()
        await door.post("/api/auth/logout/", headers=ada.header)
        answers = await asyncio.gather(*(_login(door, "ada@example.com") for _ in range(6)))
        assert len({answer.json()["token"] for answer in answers}) == 1


class TestChangePassword:
    async def test_keeps_the_token_and_ends_the_old_password(self, door: httpx.AsyncClient, make_account: Any) -> None:
        ada = await make_account()
        body = {"old_password": PASSWORD, "new_password": NEW_PASSWORD}
        answer = await door.post("/api/user/change-password/", json=body, headers=ada.header)
        assert answer.status_code == 204
        assert (await door.get("/api/user/", headers=ada.header)).status_code == 200
        assert (await _login(door, "ada@example.com")).status_code == 401
        assert (await _login(door, "ada@example.com", NEW_PASSWORD)).json()["token"] == ada.token

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"old_password": "not-the-password", "new_password": NEW_PASSWORD}, "old_password"),
            ({"old_password": PASSWORD, "new_password": "password1"}, "new_password"),
            ({"old_password": PASSWORD, "new_password": "ADA@example.com"}, "new_password"),
            ({"old_password": PASSWORD, "new_password": "short"}, "new_password"),
            ({"old_password": PASSWORD}, "new_password"),
            ({"new_password": NEW_PASSWORD}, "old_password"),
        ],
    )
    async def test_what_is_wrong_is_named(
        self, door: httpx.AsyncClient, make_account: Any, body: dict[str, str], field: str
    ) -> None:
        ada = await make_account()
        answer = await door.post("/api/user/change-password/", json=body, headers=ada.header)
        assert answer.status_code == 400
        assert list(answer.json()) == [field]
        assert (await _login(door, "ada@example.com")).status_code == 200

    async def test_of_two_at_once_one_is_wrong(self, door: httpx.AsyncClient, make_account: Any) -> None:
        ada = await make_account()
        answers = await asyncio.gather(
            *(
                door.post(
                    "/api/user/change-password/",
                    json={"old_password": PASSWORD, "new_password": f"{NEW_PASSWORD}-{number}"},
                    headers=ada.header,
                )
                for number in range(2)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [204, 400]
