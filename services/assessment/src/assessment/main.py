"""The parts of assessment put together."""

from fastapi import FastAPI

from assessment.consumers import HANDLERS
from assessment.routes import assessments, attempts, banks, grading, internal, overrides, questions, search
from assessment.schedules import SCHEDULES
from assessment.settings import Settings
from shared import jobs
from shared.app import create_app

ROUTERS = (
    assessments.router,
    overrides.router,
    questions.router,
    banks.router,
    attempts.router,
    grading.router,
    search.router,
    jobs.router,
    internal.router,
)


def create(settings: Settings | None = None) -> FastAPI:
    return create_app(settings or Settings(), routers=ROUTERS, handlers=HANDLERS, schedules=SCHEDULES)
