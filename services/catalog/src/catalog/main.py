"""The catalog's app: its routers and event handlers, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from catalog.archive.limits import LARGEST_ARCHIVE, MEBIBYTE
from catalog.consumers import HANDLERS
from catalog.domain.media import LARGEST_FORM, LARGEST_THUMBNAIL, LARGEST_VIDEO
from catalog.routes import (
    archives,
    categories,
    courses,
    instructors,
    internal,
    lessons,
    media,
    modules,
    resources,
    search,
    snapshots,
    versions,
)
from catalog.routes.hot import HOT
from catalog.schedules import SCHEDULES
from catalog.settings import Settings
from catalog.storage import storage_of
from shared import jobs
from shared.app import create_app

ROUTERS = (
    categories.router,
    archives.router,
    courses.router,
    versions.router,
    instructors.router,
    modules.router,
    lessons.router,
    resources.router,
    media.router,
    search.router,
    jobs.router,
    internal.router,
    snapshots.router,
)


def create(settings: Settings | None = None) -> FastAPI:
    """The app. Beside the usual, `app.state.storage` is where files are kept."""
    settings = settings or Settings()

    @asynccontextmanager
    async def open_storage(app: FastAPI) -> AsyncIterator[None]:
        app.state.storage = storage_of(settings)
        try:
            yield
        finally:
            await app.state.storage.close()

    return create_app(
        settings,
        routers=ROUTERS,
        handlers=HANDLERS,
        hot=HOT,
        schedules=SCHEDULES,
        resources=open_storage,
        larger_bodies={
            "/api/courses/import/": LARGEST_ARCHIVE + MEBIBYTE,
            "/api/courses/([^/]+/)?": LARGEST_THUMBNAIL + 2 * LARGEST_FORM,
            "/api/resources/([^/]+/)?": LARGEST_VIDEO + 2 * LARGEST_FORM,
        },
    )
