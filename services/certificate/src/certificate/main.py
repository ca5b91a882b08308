"""The parts put together."""

from fastapi import FastAPI

from certificate.consumers import HANDLERS
from certificate.routes import certificates, keys, verification
from certificate.schedules import SCHEDULES
from certificate.settings import Settings
from shared.app import create_app

# A certificate's own route comes last: its number would otherwise take `keys` and `verify` for ids.
ROUTERS = (keys.router, verification.router, certificates.router)


def create(settings: Settings | None = None) -> FastAPI:
    """The service's app."""
    return create_app(settings or Settings(), routers=ROUTERS, handlers=HANDLERS, schedules=SCHEDULES)
