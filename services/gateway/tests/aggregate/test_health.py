import asyncio
from datetime import datetime
from typing import Any

import httpx
import pytest

from gateway.aggregate import health
from gateway.aggregate.health import Readiness
from shared.database import Database
from shared.testing import ServiceUnderTest

OTHERS = ("catalog", "enrollment", "assessment", "certificate")


class TestHealth:
    async def test_all_well(self, door: httpx.AsyncClient, gateway: ServiceUnderTest) -> None:
        for name in OTHERS:
            gateway.peers.answer(name, "/readyz", Readiness(status="ready"))
        answer = await door.get("/api/health")
        assert answer.status_code == 200
        found = answer.json()
        assert found["status"] == "healthy"
        assert found["version"]
        assert datetime.fromisoformat(found["timestamp"]).tzinfo is not None
        assert list(found["services"]) == ["gateway", *OTHERS]
        for one in found["services"].values():
            assert one["status"] == "healthy"
            assert one["latency_ms"] >= 0

    async def test_a_service_that_is_down_degrades(self, door: httpx.AsyncClient, gateway: ServiceUnderTest) -> None:
        for name in OTHERS[1:]:
            gateway.peers.answer(name, "/readyz", Readiness(status="ready"))
        answer = await door.get("/api/health/")
        assert answer.status_code == 200
        assert answer.json()["status"] == "degraded"
        assert answer.json()["services"]["catalog"] == {"status": "unavailable", "latency_ms": None}
        assert answer.json()["services"]["enrollment"]["status"] == "healthy"

    async def test_none_is_waited_for(
        self, door: httpx.AsyncClient, gateway: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def never(*_: Any) -> None:
            await asyncio.Event().wait()

        monkeypatch.setattr(health, "LIMIT_S", 0.05)
        monkeypatch.setattr(gateway.peers, "get", never)
        answer = await door.get("/api/health/")
        assert answer.status_code == 200
        assert {answer.json()["services"][name]["status"] for name in OTHERS} == {"unavailable"}

    async def test_its_own_database_counts(self, door: httpx.AsyncClient, gateway: ServiceUnderTest) -> None:
        kept = gateway.app.state.database
        gateway.app.state.database = Database("postgresql://nobody:x@127.0.0.1:1/none", pool_size=1, name="gateway")
        answer = await door.get("/api/health/")
        await gateway.app.state.database.close()
        gateway.app.state.database = kept
        assert answer.status_code == 200
        assert answer.json()["services"]["gateway"]["status"] == "unavailable"
