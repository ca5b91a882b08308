"""The parts of assessment put together."""

from fastapi import FastAPI

from assessment.consumers import HANDLERS
from assessment.domain.attachments import LARGEST_ATTACHMENT
from assessment.routes import (
    answers,
    assessments,
    attachments,
    attempts,
    banks,
    grading,
    internal,
    overrides,
    questions,
    search,
    snapshots,
)
from assessment.schedules import SCHEDULES
from assessment.settings import Settings
from shared import jobs
from shared.app import LARGEST_BODY, create_app

ROUTERS = (
    assessments.router,
    overrides.router,
    questions.router,
    answers.router,
    banks.router,
    attempts.router,
    attachments.router,
    grading.router,
    search.router,
    jobs.router,
    internal.router,
    snapshots.router,
)


def create(settings: Settings | None = None) -> FastAPI:
    return create_app(
        settings or Settings(),
        routers=ROUTERS,
        handlers=HANDLERS,
        schedules=SCHEDULES,
        largest_body=LARGEST_ATTACHMENT + LARGEST_BODY // 10,
    )
