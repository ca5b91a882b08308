"""Being forgotten: here at once, and in every service, which the job follows."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from gateway.accounts import Refused, erase
from shared.contracts.assessment.events import AssessmentUserDataErased
from shared.contracts.catalog.events import CatalogUserDataErased
from shared.contracts.certificate.events import CertificateUserDataErased
from shared.contracts.enrollment.events import EnrollmentUserDataErased
from shared.contracts.gateway.events import UserErased
from shared.testing import ServiceUnderTest

PASSWORD = "quiet-harbour-lantern"
ANSWERS = (CatalogUserDataErased, EnrollmentUserDataErased, AssessmentUserDataErased, CertificateUserDataErased)


async def ask(door: httpx.AsyncClient, account: Any, password: str = PASSWORD) -> httpx.Response:
    return await door.request("DELETE", "/api/user/", json={"password": password}, headers=account.header)


async def erased(door: httpx.AsyncClient, account: Any) -> dict[str, Any]:
    answer = await ask(door, account)
    assert answer.status_code == 202, answer.text
    started: dict[str, Any] = answer.json()
    return started


@pytest.fixture
async def administrator(make_account: Any) -> Any:
    return await make_account("admin@example.com", role="administrator")


class TestHere:
    async def test_the_account_is_closed_at_once(self, door: httpx.AsyncClient, make_account: Any) -> None:
        account = await make_account()
        login = {"email": account.email, "password": PASSWORD, "session": True}
        cookie = (await door.post("/api/auth/login/", json=login)).cookies["sessionid"]
        door.cookies.clear()
        await erased(door, account)
        assert (await door.get("/api/user/", headers=account.header)).status_code == 401
        assert (await door.get("/api/user/", headers={"Cookie": f"sessionid={cookie}"})).status_code == 401
        answer = await door.post("/api/auth/login/", json=login)
        assert answer.json()["code"] == "INVALID_CREDENTIALS"

    async def test_nothing_personal_is_left(
        self, door: httpx.AsyncClient, gateway: ServiceUnderTest, make_account: Any
    ) -> None:
        account = await make_account("secret.person@example.com", first_name="Zelda", last_name="Quill", premium=True)
        key = {**account.header, "Idempotency-Key": "k"}
        await door.post("/api/auth/token/regenerate/", headers=key)
        token = (await door.post("/api/auth/login/", json={"email": account.email, "password": PASSWORD})).json()
        await door.post("/api/auth/password-reset/", json={"email": account.email})
        header = {"Authorization": f"Token {token['token']}"}
        await door.request("DELETE", "/api/user/", json={"password": PASSWORD}, headers=header)
        async with gateway.database.reading() as session:
            tables = await session.scalars(
                text(
                    "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
                    " AND relkind = 'r' AND relname !~ '^(outbox|inbox)'"
                )
            )
            for table in tables:
                rows = str((await session.execute(text(f"SELECT * FROM {table}"))).all())
                for word in ("secret.person", "Zelda", "Quill"):
                    assert word not in rows, table

    async def test_others_are_told_without_a_name(
        self, door: httpx.AsyncClient, gateway: ServiceUnderTest, make_account: Any
    ) -> None:
        account = await make_account()
        await erased(door, account)
        (event,) = await gateway.events(UserErased)
        assert (event.user_id, event.full_name, event.is_active, event.version) == (account.id, "", False, 2)

    async def test_the_address_is_free_again(self, door: httpx.AsyncClient, make_account: Any) -> None:
        account = await make_account()
        await erased(door, account)
        person = {"email": account.email, "password": PASSWORD, "first_name": "Ada", "last_name": ""}
        assert (await door.post("/api/auth/register/", json=person)).status_code == 201

    async def test_administrators_see_and_revive_nobody(
        self, door: httpx.AsyncClient, make_account: Any, administrator: Any
    ) -> None:
        account = await make_account()
        await erased(door, account)
        listed = (await door.get("/api/users/", headers=administrator.header)).json()
        assert [user["id"] for user in listed["results"]] == [administrator.id]
        path = f"/api/users/{account.id}/"
        assert (await door.get(path, headers=administrator.header)).status_code == 404
        for method, target, body in (
            ("PATCH", path, {"is_active": True}),
            ("PUT", f"{path}subscription/", {"tier": "premium"}),
        ):
            answer = await door.request(method, target, json=body, headers=administrator.header)
            assert answer.status_code == 404


class TestRefused:
    async def test_with_a_wrong_password(
        self, door: httpx.AsyncClient, gateway: ServiceUnderTest, make_account: Any
    ) -> None:
        account = await make_account()
        answer = await ask(door, account, "not this one")
        assert (answer.status_code, list(answer.json())) == (400, ["password"])
        assert await gateway.events(UserErased) == []

    @pytest.mark.parametrize(
        "body", [{}, {"password": None}, {"password": ""}, {"password": "\0"}, {"password": 5}, []]
    )
    async def test_with_no_password(self, door: httpx.AsyncClient, make_account: Any, body: Any) -> None:
        account = await make_account()
        answer = await door.request("DELETE", "/api/user/", json=body, headers=account.header)
        assert answer.status_code == 400

    async def test_to_the_last_administrator(self, door: httpx.AsyncClient, administrator: Any) -> None:
        answer = await ask(door, administrator)
        assert (answer.status_code, list(answer.json())) == (400, ["non_field_errors"])

    async def test_twice_at_once_is_done_once(
        self, door: httpx.AsyncClient, gateway: ServiceUnderTest, make_account: Any
    ) -> None:
        account = await make_account()
        answers = await asyncio.gather(*(ask(door, account) for _ in range(3)))
        assert [answer.status_code for answer in answers].count(202) == 1
        assert all(answer.status_code < 500 for answer in answers)
        assert len(await gateway.events(UserErased)) == 1


class TestTheJob:
    async def test_is_complete_when_every_service_has_answered(
        self, door: httpx.AsyncClient, gateway: ServiceUnderTest, make_account: Any, administrator: Any
    ) -> None:
        account = await make_account()
        started = await erased(door, account)
        assert started["url"] == f"/api/jobs/{started['job_id']}/"
        assert started["job_id"] % 10 == 0
        for number, answer in enumerate(ANSWERS, 1):
            job = (await door.get(started["url"], headers=administrator.header)).json()
            assert (job["state"], job["completion"], len(job["results"])) == ("running", 20 * number, number)
            event = answer(version=2, user_id=account.id, erased={"notes": number})
            await gateway.deliver(event)
            await gateway.deliver(event)
        job = (await door.get(started["url"], headers=administrator.header)).json()
        assert (job["kind"], job["state"], job["completion"]) == ("gateway.erasure", "completed", 100)
        found = {row["service"]: row["erased"] for row in job["results"]}
        assert list(found) == ["gateway", "catalog", "enrollment", "assessment", "certificate"]
        assert (found["gateway"]["users"], found["certificate"]) == (1, {"notes": 4})

    async def test_an_answer_that_nobody_waits_for_is_nothing(self, gateway: ServiceUnderTest) -> None:
        await gateway.deliver(CatalogUserDataErased(version=2, user_id=404, erased={}))

    async def test_two_answers_at_once_both_count(
        self, door: httpx.AsyncClient, gateway: ServiceUnderTest, make_account: Any, administrator: Any
    ) -> None:
        account = await make_account()
        started = await erased(door, account)
        events = [answer(version=2, user_id=account.id, erased={}) for answer in ANSWERS]
        await asyncio.gather(*(gateway.deliver(event) for event in events))
        assert (await door.get(started["url"], headers=administrator.header)).json()["state"] == "completed"


class TestTheCommand:
    async def test_does_the_same(self, door: httpx.AsyncClient, gateway: ServiceUnderTest, make_account: Any) -> None:
        account = await make_account()
        assert "/api/jobs/" in await erase(gateway.settings, account.id)  # type: ignore[arg-type]
        assert len(await gateway.events(UserErased)) == 1

    @pytest.mark.parametrize("user_id", [404, 2**63 - 1])
    async def test_of_nobody_says_so(self, gateway: ServiceUnderTest, user_id: int) -> None:
        with pytest.raises(Refused, match="no user"):
            await erase(gateway.settings, user_id)  # type: ignore[arg-type]
