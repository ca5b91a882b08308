"""How the system is: every service asked at once, none waited for longer than a second."""

import asyncio
import time
from datetime import datetime
from typing import Literal, get_args

from pydantic import BaseModel, Field
from sqlalchemy import text

from gateway import VERSION
from shared.database import Database
from shared.errors import ServiceUnavailable
from shared.peers import Peers
from shared.settings import ServiceName

LIMIT_S = 1.0
SERVICES: tuple[ServiceName, ...] = get_args(ServiceName)


class Readiness(BaseModel):
    """What `/readyz` of a service says when it is."""

    status: Literal["ready"]


class ServiceHealth(BaseModel):
    status: Literal["healthy", "unavailable"]
    latency_ms: float | None = Field(description="How long it took to answer; null when it did not.")


class Health(BaseModel):
    status: Literal["healthy", "degraded"] = Field(
        description="Degraded: what needs a missing service is answered 503."
    )
    timestamp: datetime
    version: str
    services: dict[str, ServiceHealth]


async def get_health(peers: Peers, database: Database, *, now: datetime) -> Health:
    """How each service is, the gateway's own database included."""
    found = await asyncio.gather(*(_look_at(service, peers, database) for service in SERVICES))
    healthy = all(health.status == "healthy" for health in found)
    return Health(
        status="healthy" if healthy else "degraded",
        timestamp=now,
        version=VERSION,
        services=dict(zip(SERVICES, found, strict=True)),
    )


async def _look_at(service: ServiceName, peers: Peers, database: Database) -> ServiceHealth:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(LIMIT_S):
            ready = await (_database_answers(database) if service == "gateway" else _peer_is_ready(service, peers))
    except TimeoutError:
        ready = False
    if not ready:
        return ServiceHealth(status="unavailable", latency_ms=None)
    return ServiceHealth(status="healthy", latency_ms=round((time.perf_counter() - started) * 1000, 1))


async def _peer_is_ready(service: ServiceName, peers: Peers) -> bool:
    try:
        return await peers.get(service, "/readyz", Readiness) is not None
    except ServiceUnavailable:
        return False


async def _database_answers(database: Database) -> bool:
    try:
        async with database.reading() as session:
            await session.execute(text("SELECT 1"))
    except TimeoutError:
        raise
    except Exception:
        return False  # for whatever reason: this question is whether
    return True
