"""The HTTP entrance of analytics. With `Accept: text/csv`, the same figures as a table."""

from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from gateway.analytics.domain import days_of, table_of, wants_csv
from gateway.analytics.queries import find_course, get_course_analytics, get_learner_analytics, get_system_analytics
from gateway.analytics.schemas import CourseAnalytics, LearnerAnalytics, SystemAnalytics
from shared.auth import HEADER, Administrator, Instructor, SignedIn
from shared.database import OpenDatabase
from shared.fields import FIRST_YEAR, LAST_YEAR, PathRef
from shared.peers import AskPeers

router = APIRouter(prefix="/api/analytics", tags=["Analytics"])

_FIRST, _LAST = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)
From = Annotated[
    date | None, Query(alias="from", ge=_FIRST, le=_LAST, description="First day, in UTC; default: 30 days in all.")
]
To = Annotated[date | None, Query(alias="to", ge=_FIRST, le=_LAST, description="Last day; default: today.")]
_CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}


@router.get("/courses/{ref}/", response_model=CourseAnalytics, responses=_CSV)
async def course_analytics(
    ref: PathRef, request: Request, caller: Instructor, peers: AskPeers, first: From = None, last: To = None
) -> Response | CourseAnalytics:
    """How learners fare in a course: for its staff and administrators. 366 days at most.

    A part whose service does not answer is null, and named in `degraded`. CSV with `Accept: text/csv`.
    """
    days = days_of(first, last, today=datetime.now(UTC).date())
    course = await find_course(peers, ref, caller)
    return _shown(request, await get_course_analytics(peers, course.course_id, days), f"course-{course.course_id}")


@router.get("/learner/", response_model=LearnerAnalytics, responses=_CSV)
async def learner_analytics(
    request: Request, caller: SignedIn, peers: AskPeers, first: From = None, last: To = None
) -> Response | LearnerAnalytics:
    """One's own learning: where one stands, and what one did by day. CSV with `Accept: text/csv`."""
    days = days_of(first, last, today=datetime.now(UTC).date())
    upstreams, signature = request.app.state.upstreams, request.headers[HEADER]
    return _shown(request, await get_learner_analytics(peers, upstreams, caller.user_id, signature, days), "learner")


@router.get("/system/", response_model=SystemAnalytics, responses=_CSV)
async def system_analytics(
    request: Request,
    caller: Administrator,
    peers: AskPeers,
    database: OpenDatabase,
    first: From = None,
    last: To = None,
) -> Response | SystemAnalytics:
    """How much there is of everything, and what was done by day. CSV with `Accept: text/csv`."""
    days = days_of(first, last, today=datetime.now(UTC).date())
    return _shown(request, await get_system_analytics(peers, database, days), "system")


def _shown(request: Request, figures: BaseModel, name: str) -> Response:
    """As the client wants it."""
    headers = {"Vary": "Accept"}
    if not wants_csv(request.headers.get("accept", "")):
        return Response(figures.model_dump_json(by_alias=True), media_type="application/json", headers=headers)
    headers["Content-Disposition"] = f'attachment; filename="{name}-analytics.csv"'
    table = table_of(figures.model_dump(mode="json", by_alias=True))
    return Response(table, media_type="text/csv; charset=utf-8", headers=headers)
