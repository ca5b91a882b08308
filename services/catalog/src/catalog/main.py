"""The catalog's app: its routers and event handlers, put together."""

from fastapi import FastAPI

from catalog.consumers import HANDLERS
from catalog.routes import categories, courses, instructors, internal, lessons, modules, search, versions
from catalog.schedules import SCHEDULES
from catalog.settings import Settings
from shared.app import create_app


def create(settings: Settings | None = None) -> FastAPI:
    return create_app(
        settings or Settings(),
        routers=[
            categories.router,
            courses.router,
            versions.router,
            instructors.router,
            modules.router,
            lessons.router,
            search.router,
            internal.router,
        ],
        handlers=HANDLERS,
        schedules=SCHEDULES,
    )
