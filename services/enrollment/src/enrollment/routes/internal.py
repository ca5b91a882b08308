"""What other services ask (`shared.contracts.enrollment.http`)."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from enrollment.queries.enrollments import get_state
from enrollment.queries.export import get_export
from enrollment.queries.overlay import get_overlay
from enrollment.queries.policies import get_lesson_lock
from shared.auth import FromService
from shared.contracts.enrollment.http import EnrollmentState, LessonLock
from shared.database import OpenDatabase, Reading
from shared.fields import LARGEST_ID, PathId, QueryId

router = APIRouter(include_in_schema=False)

IdQuery = Annotated[int, Query(ge=1, le=LARGEST_ID)]


@router.get("/internal/enrollments/")
async def get_enrollment_state(
    service: FromService, session: Reading, user_id: IdQuery, course_id: IdQuery
) -> EnrollmentState:
    """A user's enrollment in a course; 404 when the user never enrolled."""
    return await get_state(session, user_id, course_id)


@router.get("/internal/lessons/{lesson_id}/lock/")
async def get_lock(lesson_id: PathId, service: FromService, session: Reading, user_id: IdQuery) -> LessonLock:
    """Whether a learner must complete other lessons before this one; 404 when they never enrolled in its course."""
    return await get_lesson_lock(session, user_id, lesson_id)


@router.get("/internal/courses/{course_id}/overlay/")
async def get_course_overlay(
    course_id: PathId, service: FromService, database: OpenDatabase, user_id: QueryId = None
) -> Response:
    """A `CourseOverlay`: the newest reviews, and the progress of the user, who is left out for guests."""
    return Response(await get_overlay(database, course_id, user_id), media_type="application/json")


@router.get("/internal/users/{user_id}/export/")
async def export_user(user_id: PathId, service: FromService, session: Reading) -> Response:
    """All that is held here about a user: `profile`, and lists by kind, of 10,000 at most."""
    return Response(await get_export(session, user_id), media_type="application/json")
