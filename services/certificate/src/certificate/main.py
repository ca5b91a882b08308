"""The parts put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from certificate.consumers import HANDLERS
from certificate.rendering.renderer import Renderer
from certificate.routes import certificates, credentials, documents, earned, keys, log, revocation, verification
from certificate.schedules import SCHEDULES
from certificate.settings import Settings
from certificate.upkeep import UPKEEP
from shared.app import create_app

# A certificate's own route comes last: its number would otherwise take `keys`, `log` and `verify` for ids.
ROUTERS = (
    earned.router,
    keys.router,
    log.router,
    verification.router,
    documents.router,
    credentials.router,
    revocation.router,
    certificates.router,
)


@asynccontextmanager
async def resources(app: FastAPI) -> AsyncIterator[None]:
    """`app.state` has, beside the usual, `renderer`."""
    app.state.renderer = Renderer()
    try:
        yield
    finally:
        app.state.renderer.close()


def create(settings: Settings | None = None) -> FastAPI:
    """The service's app."""
    return create_app(
        settings or Settings(), routers=ROUTERS, handlers=HANDLERS, schedules=SCHEDULES + UPKEEP, resources=resources
    )
