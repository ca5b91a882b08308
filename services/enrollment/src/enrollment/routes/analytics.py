"""What learners' activity comes to, for the gateway, which serves it (`shared.contracts.enrollment.http`)."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from enrollment.domain.analytics import range_of
from enrollment.queries.analytics import get_course_analytics, get_system_analytics, get_user_analytics
from enrollment.schemas.analytics import CourseAnalytics, SystemAnalytics, UserAnalytics
from shared.auth import FromService
from shared.database import Reading
from shared.fields import FIRST_YEAR, LAST_YEAR, PathId

router = APIRouter(prefix="/internal/analytics", include_in_schema=False)

FIRST, LAST = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)
From = Annotated[date | None, Query(alias="from", ge=FIRST, le=LAST)]
To = Annotated[date | None, Query(alias="to", ge=FIRST, le=LAST)]


@router.get("/courses/{course_id}/")
async def course(
    course_id: PathId, service: FromService, session: Reading, first: From = None, last: To = None
) -> CourseAnalytics:
    """Engagement, patterns by hour and weekday, funnel and drop-off; of the last 30 days, of 366 at most."""
    now = datetime.now(UTC)
    return await get_course_analytics(session, course_id, range_of(first, last, today=now.date()), now=now)


@router.get("/users/{user_id}/")
async def user(
    user_id: PathId, service: FromService, session: Reading, first: From = None, last: To = None
) -> UserAnalytics:
    """What a user did, by day."""
    return await get_user_analytics(session, user_id, range_of(first, last, today=datetime.now(UTC).date()))


@router.get("/system/")
async def system(service: FromService, session: Reading, first: From = None, last: To = None) -> SystemAnalytics:
    """Enrollments and completions since the beginning, and all activity by day."""
    return await get_system_analytics(session, range_of(first, last, today=datetime.now(UTC).date()))
