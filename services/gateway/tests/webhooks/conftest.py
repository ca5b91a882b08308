"""A receiver that really listens, and what a webhook's own processes do."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import text

from gateway.consumers import HANDLERS
from gateway.main import create
from gateway.settings import Settings
from gateway.webhooks.caller import open_caller
from gateway.webhooks.commands.collecting import collect
from gateway.webhooks.commands.delivering import deliver_next
from gateway.webhooks.domain.addresses import networks_in
from gateway.webhooks.vault import SecretVault
from shared import outbox
from shared.contracts.gateway.events import UserRegistered
from shared.contracts.log import LogPage
from shared.testing import Environment, ServiceUnderTest, serve_for_tests, user

HERE = "127.0.0.0/8"
MARK = "UPDATE outbox SET published_at = now(), position = nextval('outbox_position') WHERE position IS NULL"


@dataclass
class Receiver:
    """Takes what is sent, and answers as a test says."""

    url: str = ""
    answers: Callable[[web.Request], web.StreamResponse] = lambda _: web.Response(status=204)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.got]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.got.append(({name.lower(): value for name, value in request.headers.items()}, await request.read()))
        return self.answers(request)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", made.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"{site.name.replace('[', '').replace(']', '')}/hook"
    yield made
    await runner.cleanup()


@pytest.fixture
async def gateway(environment: Environment) -> AsyncIterator[ServiceUnderTest]:
    async with serve_for_tests(Settings, create, HANDLERS, environment, webhook_allowed_networks=HERE) as service:
        for other in ("catalog", "enrollment", "assessment", "certificate"):
            service.peers.answer(other, "/internal/events/", LogPage(results=[], next=0))
        yield service


@dataclass
class Hooks:
    """What administrators and the clock do about webhooks."""

    gateway: ServiceUnderTest
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    networks: str = HERE

    @property
    def client(self) -> Any:
        return self.gateway.client(user(1, "administrator"))

    async def make(self, url: str, *event_types: str) -> dict[str, Any]:
        body = {"url": url, "event_types": list(event_types or ("gateway.user.*",))}
        answer = await self.client.post("/api/webhooks/", json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def happen(self, *versions: int) -> None:
        """Users register, and the relay publishes it."""
        async with self.gateway.database.transaction() as session:
            events = [
                UserRegistered(version=one, user_id=1, full_name="A", role="student", is_active=True)
                for one in versions
            ]
            await outbox.record(session, *events)
            await session.execute(text(MARK))

    async def collect(self) -> None:
        while await collect(self.gateway.database, self.gateway.peers, now=self.now):  # type: ignore[arg-type]
            pass

    async def deliver(self, *, after: timedelta = timedelta()) -> None:
        self.now += after
        async with open_caller(networks_in(self.networks)) as caller:
            while await deliver_next(self.gateway.database, caller, SecretVault(None), lambda: self.now):
                pass

    async def run(self) -> None:
        await self.collect()
        self.now = max(self.now, datetime.now(UTC)) + timedelta(milliseconds=1)
        await self.deliver()

    async def deliveries(self, webhook_id: int, **query: Any) -> list[dict[str, Any]]:
        answer = await self.client.get(f"/api/webhooks/{webhook_id}/deliveries/", params=query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["results"]
        return found


@pytest.fixture
def hooks(gateway: ServiceUnderTest) -> Hooks:
    return Hooks(gateway)
