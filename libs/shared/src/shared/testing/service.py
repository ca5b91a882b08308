"""One service, as its tests see it."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psycopg
from aiormq.abc import DeliveredMessage
from fastapi import FastAPI
from pamqp.commands import Basic
from pamqp.header import ContentHeader
from pydantic import BaseModel
from sqlalchemy import text
from uuid_utils import uuid7

from shared.auth import HEADER, Identity, ServiceCaller, Signer
from shared.broker import Envelope, Publisher, Topology
from shared.contracts import EVENTS, Event
from shared.contracts.gateway.events import Role
from shared.database import Database
from shared.errors import ServiceUnavailable
from shared.inbox import Consumer, Handlers, claim
from shared.peers import Params
from shared.runtime.keys import JWKS
from shared.settings import ServiceName, ServiceSettings
from shared.telemetry import begin
from shared.testing.environment import Environment

E = TypeVar("E", bound=Event)
M = TypeVar("M", bound=BaseModel)


def user(user_id: int, role: Role = "student", *, premium: bool = False, name: str = "Ada Learner") -> Identity:
    """A signed-in user."""
    return Identity(user_id, role, name, premium)


@dataclass
class FakePeers:
    """The other services: what a test says they answer. One it says nothing of is down."""

    answers: dict[tuple[str, str], BaseModel | None] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str | int | Sequence[str]]]] = field(default_factory=list)
    """Every (service, path, params) asked, in order."""

    def answer(self, service: ServiceName, path: str, model: BaseModel | None) -> None:
        """Let `service` answer at `path`, whatever the parameters; None is a 404."""
        self.answers[service, path] = model

    async def get(self, service: ServiceName, path: str, model: type[M], params: Params | None = None) -> M | None:
        self.asked.append((service, path, dict(params or {})))
        if (service, path) not in self.answers:
            raise ServiceUnavailable
        answer = self.answers[service, path]
        return None if answer is None else model.model_validate_json(answer.model_dump_json())

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class ServiceUnderTest:
    """A service's app over a database of its own. Its worker does not run: `events` reads the outbox, `deliver` is
    the bus.
    """

    app: FastAPI
    settings: ServiceSettings
    handlers: Handlers
    peers: FakePeers
    keys: Path

    @property
    def database(self) -> Database:
        database: Database = self.app.state.database
        return database

    def client(self, caller: Identity | ServiceCaller | None = None) -> httpx.AsyncClient:
        """An HTTP client of the app: a guest, a user as the gateway would sign them, or another service."""
        headers = {}
        if isinstance(caller, Identity):
            headers[HEADER] = Signer("gateway", self.keys / "gateway.pem").for_user(caller)
        elif caller is not None:
            headers[HEADER] = Signer(caller.name, self.keys / f"{caller.name}.pem").for_service()
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://service", headers=headers)

    async def events(self, *types: type[E]) -> list[E]:
        """The events recorded so far, in order; of the given types, or all."""
        async with self.database.reading() as session:
            rows = await session.execute(text("SELECT type, data FROM outbox ORDER BY id"))
            recorded = [EVENTS[row.type].model_validate(row.data) for row in rows]
        return [event for event in recorded if not types or isinstance(event, types)]  # type: ignore[misc]

    async def deliver(self, *events: Event, event_id: str | None = None) -> None:
        """Hand events to the service's consumers, each in a transaction of its own, through its inbox.

        With an `event_id` delivered before, it is the same delivery again.
        """
        queues = Topology(self.settings.SERVICE, tuple(self.handlers)).queues
        for event in events:
            queue = next(name for name, key in queues.items() if event.TYPE.startswith(key.removesuffix("#")))
            identifier = event_id or str(uuid7())
            async with self.database.transaction() as session:
                if await claim(session, queue, [identifier]):
                    begin(None, cause_id=identifier)
                    await self.handlers[type(event)](session, event)

    async def deliver_at_once(self, *events: Event) -> None:
        """Hand events of one queue to the service's consumer, as one batch. Raises when one of them fails alone."""
        topology = Topology(self.settings.SERVICE, tuple(self.handlers))
        [queue] = {name for name, key in topology.queues.items() if events[0].TYPE.startswith(key.removesuffix("#"))}
        consumer = Consumer(self.database, _NoRetries(), url="", topology=topology, handlers=self.handlers)
        await consumer.handle(queue, [delivered(event) for event in events])


async def end_connections(database: Database, name: str) -> int:
    """End all connections to this database that have this application name, and wait until they are gone; how many."""
    async with await psycopg.AsyncConnection.connect(database.url, autocommit=True) as own:
        ended = await own.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE usename = current_user AND datname = current_database() AND application_name = %s",
            [name],
        )
        return [gone async for (gone,) in ended].count(True)


class _NoRetries(Publisher):
    def __init__(self) -> None:
        super().__init__("", "")

    async def publish(self, messages: object, exchange: str = "") -> None:
        raise AssertionError("an event failed alone; why is in the log")


def delivered(event: Event, *, event_id: str | None = None, traceparent: str | None = None) -> DeliveredMessage:
    """An event as the broker hands it out."""
    message = Envelope(
        event_id=event_id or str(uuid7()), type=event.TYPE, source=event.owner(), aggregate_id=event.aggregate_id,
        version=event.version, time=datetime.now(UTC), data=event.model_dump_json().encode(), traceparent=traceparent,
    ).to_message()  # fmt: skip
    header = ContentHeader(properties=message.properties, body_size=len(message.body))
    return DeliveredMessage(delivery=Basic.Deliver(), header=header, body=message.body, channel=None)  # type: ignore[arg-type]


@asynccontextmanager
async def serve_for_tests(
    settings: Callable[..., ServiceSettings],
    create: Callable[[Any], FastAPI],
    handlers: Handlers,
    environment: Environment,
    **changes: Any,
) -> AsyncIterator[ServiceUnderTest]:
    """The service, on an empty database; `changes` are settings that differ."""
    service: ServiceName = settings.SERVICE  # type: ignore[attr-defined]
    keys = environment.keys
    made = settings(
        database_url=environment.database(service).url,
        run_worker=False,
        identity_key_file=keys / f"{service}.pem",
        identity_jwks_file=keys / JWKS,
        log_format="console",
        log_level="warning",
        **changes,
    )
    app = create(made)
    peers = FakePeers()
    app.state.peers = peers
    async with app.router.lifespan_context(app):
        yield ServiceUnderTest(app, made, handlers, peers, keys)
