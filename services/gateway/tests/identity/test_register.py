import asyncio
import json
from typing import Any

import httpx
import pytest

from shared.contracts.gateway.events import UserRegistered
from shared.testing import ServiceUnderTest

ADA = {
    "email": "Ada@Example.com",
    "password": "quiet-harbour-lantern",
    "first_name": "  Ada ",
    "last_name": "Byron",
}


class TestRegister:
    async def test_makes_a_student_and_logs_in(self, door: httpx.AsyncClient, gateway: ServiceUnderTest) -> None:
        answer = await door.post("/api/auth/register/", json=ADA)
        assert answer.status_code == 201
        token, user = answer.json()["token"], answer.json()["user"]
        assert user["email"] == "Ada@Example.com"
        assert (user["first_name"], user["full_name"]) == ("Ada", "Ada Byron")
        assert (user["role"], user["is_active"], user["access_level"]) == ("student", True, "registered")
        assert user["subscription"] == {"tier": "free", "is_active": False, "expires_at": None}
        assert user["date_joined"].endswith("Z")
        assert "password" not in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        me = await door.get("/api/user/", headers={"Authorization": f"Token {token}"})
        assert me.json() == user
        (registered,) = await gateway.events()
        assert registered == UserRegistered(
            version=1, user_id=user["id"], full_name="Ada Byron", role="student", is_active=True
        )

    async def test_an_address_is_taken_in_whatever_case(self, door: httpx.AsyncClient) -> None:
        await door.post("/api/auth/register/", json=ADA)
        answer = await door.post("/api/auth/register/", json=ADA | {"email": "aDA@exAMPLE.com"})
        assert answer.status_code == 400
        assert list(answer.json()) == ["email"]

    async def test_of_several_at_once_one_gets_the_address(
        self, door: httpx.AsyncClient, gateway: ServiceUnderTest
    ) -> None:
        answers = await asyncio.gather(*(door.post("/api/auth/register/", json=ADA) for _ in range(6)))
        assert sorted(answer.status_code for answer in answers) == [201, 400, 400, 400, 400, 400]
        assert len(await gateway.events(UserRegistered)) == 1

    async def test_role_and_other_read_only_fields_are_ignored(self, door: httpx.AsyncClient) -> None:
        answer = await door.post(
            "/api/auth/register/", json=ADA | {"role": "administrator", "id": 1, "subscription": {"tier": "premium"}}
        )
        assert answer.json()["user"]["role"] == "student"
        assert answer.json()["user"]["access_level"] == "registered"

    async def test_a_person_may_have_one_name(self, door: httpx.AsyncClient) -> None:
        answer = await door.post("/api/auth/register/", json=ADA | {"last_name": ""})
        assert answer.json()["user"]["full_name"] == "Ada"

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("email", ""),
            ("email", "ada"),
            ("email", None),
            ("email", 5),
            ("email", "ada@example.com\x00"),
            ("email", "a" * 250 + "@example.com"),
            ("email", ["ada@example.com"]),
            ("password", "short"),
            ("password", "x9" * 65),
            ("password", "password123"),
            ("password", "ada@example.com"),
            ("password", "long enough \x00"),
            ("password", None),
            ("password", 12345678),
            ("first_name", ""),
            ("first_name", "   "),
            ("first_name", "A" * 151),
            ("first_name", "A\x00"),
            ("first_name", "A\ud800"),
            ("first_name", None),
            ("first_name", {"a": 1}),
            ("last_name", "B" * 151),
            ("last_name", "B\u202e"),
            ("last_name", None),
        ],
    )
    async def test_a_value_that_cannot_be_is_refused_by_name(
        self, door: httpx.AsyncClient, gateway: ServiceUnderTest, field: str, value: Any
    ) -> None:
        body = json.dumps(ADA | {field: value})
        answer = await door.post("/api/auth/register/", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400
        assert list(answer.json()) == [field]
        assert await gateway.events() == []

    @pytest.mark.parametrize("field", list(ADA))
    async def test_every_field_is_required(self, door: httpx.AsyncClient, field: str) -> None:
        body = {name: value for name, value in ADA.items() if name != field}
        answer = await door.post("/api/auth/register/", json=body)
        assert answer.status_code == 400
        assert answer.json() == {field: ["This field is required."]}

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b'{"email": NaN}'])
    async def test_a_body_that_is_no_object_is_refused(self, door: httpx.AsyncClient, body: bytes) -> None:
        answer = await door.post("/api/auth/register/", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400
