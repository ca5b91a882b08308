"""The parts of enrollment put together."""

from fastapi import FastAPI

from enrollment.consumers import HANDLERS
from enrollment.routes import (
    analytics,
    course_enrollments,
    enrollments,
    internal,
    notes,
    policies,
    progress,
    replies,
    reviews,
    snapshots,
    stats,
    topics,
)
from enrollment.routes.hot import HOT
from enrollment.schedules import SCHEDULES
from enrollment.settings import Settings
from shared import jobs
from shared.app import create_app

ROUTERS = (
    enrollments.router,
    course_enrollments.router,
    progress.router,
    policies.router,
    stats.router,
    reviews.router,
    notes.router,
    topics.router,
    replies.router,
    analytics.router,
    internal.router,
    snapshots.router,
    jobs.router,
)


def create(settings: Settings | None = None) -> FastAPI:
    return create_app(settings or Settings(), routers=ROUTERS, handlers=HANDLERS, hot=HOT, schedules=SCHEDULES)
