from typing import Any

import httpx

from shared.auth import ServiceCaller
from shared.contracts.gateway.http import UserState
from shared.testing import ServiceUnderTest


class TestUserState:
    async def test_services_are_told(self, gateway: ServiceUnderTest, make_account: Any) -> None:
        ada = await make_account(role="instructor")
        async with gateway.client(ServiceCaller("catalog")) as catalog:
            answer = await catalog.get(f"/internal/users/{ada.id}/")
            assert UserState.model_validate_json(answer.content) == UserState(
                version=1, user_id=ada.id, full_name="Ada Byron", role="instructor", is_active=True
            )
            assert (await catalog.get(f"/internal/users/{ada.id + 1}/")).status_code == 404

    async def test_services_find_users_by_address(self, gateway: ServiceUnderTest, make_account: Any) -> None:
        ada = await make_account(email="ada@example.com")
        async with gateway.client(ServiceCaller("catalog")) as catalog:
            for email, status in (("ADA@example.com", 200), ("nobody@example.com", 404), ("\0", 400), ("x" * 300, 400)):
                answer = await catalog.get("/internal/users/", params={"email": email})
                assert answer.status_code == status, email
                if status == 200:
                    assert UserState.model_validate_json(answer.content).user_id == ada.id

    async def test_nobody_else_is(self, gateway: ServiceUnderTest, make_account: Any) -> None:
        ada = await make_account(role="administrator")
        for caller, status in ((None, 401), (ada.identity, 404)):
            async with gateway.client(caller) as client:
                assert (await client.get(f"/internal/users/{ada.id}/")).status_code == status

    async def test_the_public_address_does_not_have_it(self, door: httpx.AsyncClient, make_account: Any) -> None:
        ada = await make_account(role="administrator")
        answer = await door.get(f"/internal/users/{ada.id}/", headers=ada.header)
        assert answer.status_code == 404
