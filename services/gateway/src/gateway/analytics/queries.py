"""Asking the services at the same time. One that does not answer is named, and the rest is given."""

import asyncio
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from sqlalchemy import func, select

from gateway.analytics.domain import Days
from gateway.analytics.schemas import (
    CatalogCounts,
    CertificateCounts,
    CourseActivity,
    CourseAnalytics,
    CourseScores,
    EnrollmentCounts,
    LearnerActivity,
    LearnerAnalytics,
    LearnerStats,
    SystemAnalytics,
)
from gateway.models import User
from gateway.upstream.client import UpstreamDown, Upstreams
from shared.auth import HEADER, Identity
from shared.contracts.catalog.http import CourseState
from shared.database import Database
from shared.errors import NotFound, PermissionDenied, ServiceUnavailable
from shared.peers import Params, Peers
from shared.settings import ServiceName

LARGEST_STATS = 64 * 1024
STATS_LIMIT_S = 3.0

M = TypeVar("M", bound=BaseModel)


async def find_course(peers: Peers, ref: str, caller: Identity) -> CourseState:
    """The course, for its staff and administrators; `ref` is its id or slug.

    Raises NotFound, also where the caller may not know of it, PermissionDenied, and ServiceUnavailable.
    """
    if ref.isdecimal() and ref.isascii():
        course = await peers.get("catalog", f"/internal/courses/{int(ref)}/", CourseState) if int(ref) < 2**63 else None
    else:
        course = await peers.get("catalog", "/internal/courses/", CourseState, {"slug": ref})
    if course is None or course.is_deleted:
        raise NotFound
    if caller.is_administrator or course.is_staff(caller.user_id):
        return course
    raise PermissionDenied("This is for the course's staff.") if course.is_published else NotFound


async def get_course_analytics(peers: Peers, course_id: int, days: Days) -> CourseAnalytics:
    path = f"/internal/analytics/courses/{course_id}/"
    activity, scores = await asyncio.gather(
        _ask(peers, "enrollment", path, CourseActivity, days.as_dates),
        _ask(peers, "assessment", f"{path}scores/", CourseScores, days.as_times),
    )
    return CourseAnalytics(
        course=course_id,
        first=days.first,
        last=days.last,
        engagement=activity.engagement if activity else None,
        learning_patterns=activity.learning_patterns if activity else None,
        funnel=activity.funnel if activity else None,
        score_distribution=scores.score_distribution if scores else None,
        performance=scores.performance if scores else None,
        drop_off=activity.drop_off if activity else None,
        degraded=_missing(enrollment=activity, assessment=scores),
    )


async def get_learner_analytics(
    peers: Peers, upstreams: Upstreams, user_id: int, signature: str, days: Days
) -> LearnerAnalytics:
    """Raises ServiceUnavailable when there is nothing to show."""
    activity, stats = await asyncio.gather(
        _ask(peers, "enrollment", f"/internal/analytics/users/{user_id}/", LearnerActivity, days.as_dates),
        _stats(upstreams, signature),
    )
    if activity is None and stats is None:
        raise ServiceUnavailable
    return LearnerAnalytics(
        **(stats or LearnerStats()).model_dump(),
        first=days.first,
        last=days.last,
        totals=activity.totals if activity else None,
        days=activity.days if activity else None,
        degraded=_missing(enrollment=activity and stats),
    )


async def get_system_analytics(peers: Peers, database: Database, days: Days) -> SystemAnalytics:
    path = "/internal/analytics/system/"
    catalog, enrollment, certificate = await asyncio.gather(
        _ask(peers, "catalog", path, CatalogCounts),
        _ask(peers, "enrollment", path, EnrollmentCounts, days.as_dates),
        _ask(peers, "certificate", path, CertificateCounts),
    )
    async with database.reading() as session:
        users = await session.scalar(select(func.count()).select_from(User)) or 0
    return SystemAnalytics(
        first=days.first,
        last=days.last,
        users=users,
        courses=catalog.courses if catalog else None,
        enrollments=enrollment.enrollments if enrollment else None,
        completions=enrollment.completions if enrollment else None,
        certificates=certificate.certificates if certificate else None,
        days=enrollment.days if enrollment else None,
        degraded=_missing(catalog=catalog, enrollment=enrollment, certificate=certificate),
    )


async def _ask(peers: Peers, service: ServiceName, path: str, model: type[M], params: Params | None = None) -> M | None:
    try:
        return await peers.get(service, path, model, params)
    except ServiceUnavailable:
        return None


async def _stats(upstreams: Upstreams, signature: str) -> LearnerStats | None:
    """As the learner, for whom the route is."""
    headers = [(HEADER, signature), ("Accept", "application/json")]
    try:
        async with (
            asyncio.timeout(STATS_LIMIT_S),
            upstreams.ask("enrollment", "GET", "/api/user/progress-stats/", headers) as answer,
        ):
            body = await answer.whole(LARGEST_STATS)
            return LearnerStats.model_validate_json(body) if answer.status == 200 else None
    except (UpstreamDown, TimeoutError, ValidationError):
        return None


def _missing(**parts: BaseModel | None) -> list[str]:
    return [service for service, part in parts.items() if part is None]
