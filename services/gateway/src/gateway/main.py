"""The parts put together. The app has everything that the gateway itself answers; `front` is the door before it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI

from gateway.aggregate import routes as aggregate
from gateway.aggregate.schema import PublicSchema
from gateway.authentication import Authentication
from gateway.bodies.intake import LARGEST_OWN_BODY
from gateway.consumers import HANDLERS
from gateway.idempotency.once import Idempotency
from gateway.idempotency.vault import AnswerVault
from gateway.identity.hashing import Passwords
from gateway.identity.routes import ROUTERS
from gateway.identity.tokens import TokenVault
from gateway.limits.gate import Gate
from gateway.push import page, stream
from gateway.push.parts import pushing
from gateway.schedules import schedules
from gateway.settings import Settings
from gateway.upstream.client import Upstreams
from gateway.verify import routes as verify
from shared.app import create_app

log = structlog.get_logger()


def create(settings: Settings | None = None) -> FastAPI:
    """The private app. Beside the usual, `app.state` has what `resources` opens."""
    settings = settings or Settings()

    @asynccontextmanager
    async def resources(app: FastAPI) -> AsyncIterator[None]:
        if app.state.signer is None:
            log.error("no SYLLABUS_IDENTITY_KEY_FILE: nobody can be signed in")
        vault = TokenVault.of_file(settings.token_key_file)
        app.state.authentication = Authentication(app.state.database, vault, app.state.signer)
        app.state.passwords = Passwords(threads=settings.password_threads, queue=settings.password_queue)
        app.state.upstreams = Upstreams(settings)
        app.state.schema = PublicSchema(app)
        app.state.gate = Gate(settings)
        app.state.idempotency = Idempotency(app.state.database, AnswerVault(settings.token_key_file))
        try:
            async with pushing(app):
                yield
        finally:
            await app.state.gate.close()
            app.state.passwords.close()
            await app.state.upstreams.close()

    return create_app(
        settings,
        routers=[*ROUTERS, aggregate.router, stream.router, page.router, verify.router],
        handlers=HANDLERS,
        schedules=schedules(settings),
        resources=resources,
        largest_body=LARGEST_OWN_BODY,
    )
