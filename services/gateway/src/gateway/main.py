"""The parts put together. The app has everything that the gateway itself answers; `front` is the door before it."""

import sys
from asyncio import create_task
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI

from gateway.aggregate import routes as aggregate
from gateway.aggregate.course import CoursePage
from gateway.aggregate.schema import PublicSchema
from gateway.aggregate.stats import ProgressStats
from gateway.analytics import routes as analytics
from gateway.authentication import Authentication
from gateway.bodies.intake import LARGEST_OWN_BODY
from gateway.cache.drops import follow
from gateway.cache.pages import Pages
from gateway.consumers import HANDLERS
from gateway.erasure import routes as erasure
from gateway.idempotency.once import Idempotency
from gateway.idempotency.vault import AnswerVault
from gateway.identity.hashing import Passwords
from gateway.identity.routes import ROUTERS
from gateway.identity.tokens import TokenVault
from gateway.limits.gate import Gate
from gateway.notifications import routes as notifications
from gateway.push import page, stream
from gateway.push.parts import pushing
from gateway.schedules import schedules
from gateway.settings import Settings
from gateway.upstream.client import Upstreams
from gateway.upstream.inside import Inside
from gateway.verify import routes as verify
from gateway.webhooks import routes as webhooks
from shared import jobs
from shared.app import create_app

PUBLIC = (
    *ROUTERS,
    erasure.router,
    jobs.router,
    aggregate.router,
    notifications.router,
    webhooks.router,
    analytics.router,
    stream.router,
    page.router,
    verify.router,
)
"""Everything that the gateway itself answers to users."""

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
        pages = app.state.pages = Pages(settings.cache_bytes)
        inside = app.state.inside = Inside(app.state.upstreams, app.state.signer)
        app.state.course_page = CoursePage(app.state.upstreams, inside, pages)
        app.state.progress_stats = ProgressStats(app.state.upstreams, inside)
        app.state.schema = PublicSchema(app)
        app.state.gate = Gate(settings)
        app.state.idempotency = Idempotency(app.state.database, AnswerVault(settings.token_key_file))
        watching = create_task(app.state.authentication.watch.run())
        following = create_task(follow(pages, settings.amqp_url, settings.bus_prefix)) if settings.cache_bytes else None
        try:
            async with pushing(app):
                yield
        finally:
            watching.cancel()
            if following:
                following.cancel()
            await app.state.gate.close()
            app.state.passwords.close()
            await app.state.upstreams.close()

    return create_app(
        settings,
        routers=PUBLIC,
        handlers=HANDLERS,
        schedules=schedules(settings),
        resources=resources,
        largest_body=LARGEST_OWN_BODY,
        larger_bodies={r"/verify/?": sys.maxsize},  # held to its limit by the route, which answers with a page
    )
