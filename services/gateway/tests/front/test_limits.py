import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
import pytest

from gateway.front import Front
from gateway.limits.gate import Gate
from shared.testing import ServiceUnderTest

Limited = Callable[..., AbstractAsyncContextManager[Callable[..., httpx.AsyncClient]]]


@pytest.fixture
def limited(gateway: ServiceUnderTest, upstreams: Any) -> Limited:
    """`async with limited(limit_guest=3) as client_at:` and `client_at("198.51.100.1")` is a client there."""

    @asynccontextmanager
    async def make(**changes: Any) -> AsyncIterator[Callable[..., httpx.AsyncClient]]:
        settings = gateway.settings.model_copy(update=changes)
        gateway.app.state.settings = settings
        gateway.app.state.gate = Gate(settings)  # type: ignore[arg-type]
        front = Front(gateway.app)

        def client_at(address: str, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
            transport = httpx.ASGITransport(front, client=(address, 4711))
            return httpx.AsyncClient(transport=transport, base_url="http://gateway", headers=headers)

        yield client_at

    return make


async def statuses(client: httpx.AsyncClient, times: int, path: str = "/api/courses/") -> list[int]:
    return [(await client.get(path)).status_code for _ in range(times)]


class TestGuests:
    async def test_every_answer_tells_how_much_is_left(self, limited: Limited) -> None:
        async with limited(limit_guest=3) as client_at:
            client = client_at("198.51.100.1")
            first, second = await client.get("/api/courses/"), await client.get("/api/nothing/")
            assert second.status_code == 404
            assert [first.headers["RateLimit-Remaining"], second.headers["RateLimit-Remaining"]] == ["2", "1"]
            assert first.headers["RateLimit-Limit"] == "3"
            assert first.headers["RateLimit-Policy"] == "3;w=60"
            assert 0 < int(first.headers["RateLimit-Reset"]) <= 60

    async def test_one_too_many_is_429(self, limited: Limited, upstreams: Any) -> None:
        async with limited(limit_guest=3) as client_at:
            client = client_at("198.51.100.1")
            assert await statuses(client, 3) == [200, 200, 200]
            refused = await client.get("/api/courses/")
            assert refused.status_code == 429
            assert refused.json()["code"] == "RATE_LIMITED"
            assert refused.json()["details"] == {"limit": 3, "period_seconds": 60}
            assert 0 < int(refused.headers["Retry-After"]) <= 60
            assert refused.headers["RateLimit-Remaining"] == "0"
            assert refused.headers["X-Request-ID"]
            assert len(upstreams["catalog"].asked) == 3
            assert await statuses(client, 1, "/") == [429]
            assert await statuses(client_at("198.51.100.2"), 1) == [200]

    async def test_an_ipv6_household_is_one_guest(self, limited: Limited) -> None:
        async with limited(limit_guest=1) as client_at:
            assert await statuses(client_at("2001:db8::1"), 1) == [200]
            assert await statuses(client_at("2001:db8::2"), 1) == [429]
            assert await statuses(client_at("2001:db8:0:1::1"), 1) == [200]

    async def test_forwarded_addresses_count_behind_a_trusted_proxy_only(self, limited: Limited) -> None:
        async with limited(limit_guest=1, trusted_proxies="10.0.0.0/8") as client_at:
            for proxy, expected in (("10.0.0.1", [200, 200]), ("203.0.113.1", [200, 429])):
                found = []
                for client in ("198.51.100.1", "198.51.100.2"):
                    found += await statuses(client_at(proxy, {"X-Forwarded-For": client}), 1)
                assert found == expected

    async def test_a_service_is_told_the_forwarded_address(self, limited: Limited, upstreams: Any) -> None:
        async with limited(trusted_proxies="10.0.0.0/8") as client_at:
            await client_at("10.0.0.1", {"X-Forwarded-For": "1.1.1.1, 198.51.100.7"}).get("/api/courses/")
        assert upstreams["catalog"].asked[0]["headers"]["x-syllabus-client-ip"] == "198.51.100.7"

    async def test_trying_tokens_has_a_limit_too(self, limited: Limited) -> None:
        async with limited(limit_guest=2) as client_at:
            client = client_at("198.51.100.1", {"Authorization": "Token " + "0" * 40})
            assert await statuses(client, 3) == [401, 401, 429]


class TestUsers:
    async def test_are_counted_wherever_they_are(self, limited: Limited, make_account: Any) -> None:
        ada, bob = await make_account(), await make_account("bob@example.com")
        async with limited(limit_user=2, limit_guest=1) as client_at:
            assert await statuses(client_at("198.51.100.1", ada.header), 1) == [200]
            assert await statuses(client_at("198.51.100.2", ada.header), 2) == [200, 429]
            assert await statuses(client_at("198.51.100.1", bob.header), 1) == [200]
            assert await statuses(client_at("198.51.100.1"), 1) == [200]


class TestStricter:
    async def test_the_nearest_limit_is_told(self, limited: Limited) -> None:
        async with limited(limit_guest=100, limit_search=2) as client_at:
            client = client_at("198.51.100.1")
            found = await client.get("/api/search/courses/?q=python")
            assert found.headers["RateLimit-Limit"] == "2"
            assert found.headers["RateLimit-Policy"] == "100;w=60, 2;w=60"
            assert await statuses(client, 2, "/api/search/suggest/?q=py") == [200, 429]
            assert await statuses(client, 1) == [200]

    async def test_verification_has_one_for_the_page_and_the_api(self, limited: Limited) -> None:
        async with limited(limit_verification=2) as client_at:
            client = client_at("198.51.100.1")
            assert await statuses(client, 1, "/api/certificates/verify/?certificate_number=x") == [200]
            assert await statuses(client, 1, "/verify/") == [200]
            assert await statuses(client, 1, "/verify/CERT-1") == [429]

    async def test_registration(self, limited: Limited) -> None:
        async with limited(limit_registration=1) as client_at:
            client = client_at("198.51.100.1")
            found = [(await client.post("/api/auth/register/", json={})).status_code for _ in range(2)]
            assert found == [400, 429]


class TestWrongPasswords:
    async def test_of_one_address_are_few(self, limited: Limited, make_account: Any) -> None:
        ada, bob = await make_account(), await make_account("bob@example.com")
        async with limited(limit_wrong_password=2) as client_at:
            client = client_at("198.51.100.1")

            async def log_in(email: str, password: str, at: httpx.AsyncClient = client) -> int:
                return (await at.post("/api/auth/login/", json={"email": email, "password": password})).status_code

            assert [await log_in(ada.email, "wrong-wrong") for _ in range(2)] == [401, 401]
            assert await log_in(ada.email.upper() + " ", ada.password) == 429
            assert await log_in(bob.email, bob.password) == 200
            assert await log_in(ada.email, ada.password, client_at("198.51.100.2")) == 200

    async def test_are_forgotten_by_the_right_one(self, limited: Limited, make_account: Any) -> None:
        ada = await make_account()
        async with limited(limit_wrong_password=2) as client_at:
            client = client_at("198.51.100.1")
            found = [
                (await client.post("/api/auth/login/", json={"email": ada.email, "password": password})).status_code
                for password in ("wrong-wrong", ada.password, "wrong-wrong", ada.password, ada.password)
            ]
            assert found == [401, 200, 401, 200, 200]

    @pytest.mark.parametrize("body", [b"{}", b"[]", b"nonsense", b'{"email": 5, "password": "x"}', b'"\xff"', b"5"])
    async def test_bodies_that_name_no_address_are_the_routes_business(self, limited: Limited, body: bytes) -> None:
        async with limited() as client_at:
            answer = await client_at("198.51.100.1", {"Content-Type": "application/json"}).post(
                "/api/auth/login/", content=body
            )
            assert answer.status_code == 400


class TestSwitchedOff:
    async def test_nothing_is_counted(self, limited: Limited, make_account: Any) -> None:
        ada = await make_account()
        async with limited(rate_limits=False, limit_guest=1, limit_login=1, limit_wrong_password=1) as client_at:
            client = client_at("198.51.100.1")
            assert await statuses(client, 3) == [200, 200, 200]
            for _ in range(3):
                answer = await client.post("/api/auth/login/", json={"email": ada.email, "password": "wrong-wrong"})
                assert answer.status_code == 401
                assert "RateLimit-Limit" not in answer.headers


class TestCost:
    async def test_counting_takes_microseconds(self, gateway: ServiceUnderTest) -> None:
        """10 µs by measurement; the limit leaves room for a busy machine."""
        gate: Gate = gateway.app.state.gate
        started = time.perf_counter()
        for number in range(2000):
            await gate.enter("GET", "/api/search/courses/", None, f"198.51.{number % 100}.1")
        assert (time.perf_counter() - started) / 2000 < 100e-6
