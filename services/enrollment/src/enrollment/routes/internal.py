"""What other services ask (`shared.contracts.enrollment.http`)."""

from typing import Annotated

from fastapi import APIRouter, Query

from enrollment.queries.enrollments import get_state
from shared.auth import FromService
from shared.contracts.enrollment.http import EnrollmentState
from shared.database import Reading
from shared.fields import LARGEST_ID

router = APIRouter(include_in_schema=False)

IdQuery = Annotated[int, Query(ge=1, le=LARGEST_ID)]


@router.get("/internal/enrollments/")
async def get_enrollment_state(
    service: FromService, session: Reading, user_id: IdQuery, course_id: IdQuery
) -> EnrollmentState:
    """A user's enrollment in a course; 404 when the user never enrolled."""
    return await get_state(session, user_id, course_id)
