"""The parts put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from certificate.anchoring import ANCHORING
from certificate.consumers import HANDLERS
from certificate.jobs import JOBS
from certificate.rendering.renderer import Renderer
from certificate.routes import (
    bulk,
    certificates,
    credentials,
    documents,
    internal,
    keys,
    log,
    revocation,
    snapshots,
    template_images,
    template_previews,
    templates,
    verification,
)
from certificate.schedules import SCHEDULES
from certificate.settings import Settings
from certificate.upkeep import UPKEEP
from shared import jobs
from shared.app import create_app

# A certificate's own route comes last: its number would otherwise take `keys`, `log` and `verify` for ids. So do images
# of templates, by place, after what else a template has.
ROUTERS = (
    keys.router,
    log.router,
    verification.router,
    documents.router,
    credentials.router,
    revocation.router,
    templates.router,
    template_previews.router,
    template_images.router,
    bulk.router,
    internal.router,
    snapshots.router,
    jobs.router,
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
        settings or Settings(),
        routers=ROUTERS,
        handlers=HANDLERS,
        schedules=SCHEDULES + UPKEEP + JOBS + ANCHORING,
        resources=resources,
    )
