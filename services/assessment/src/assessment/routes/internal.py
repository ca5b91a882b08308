"""`/internal/`: what other services ask (`shared.contracts.assessment.http`)."""

from typing import Annotated

from fastapi import APIRouter, Query

from assessment.queries.standings import get_course_standing
from shared.auth import FromService
from shared.contracts.assessment.http import CourseStanding
from shared.database import Reading
from shared.fields import PathId, RowId

router = APIRouter(prefix="/internal", include_in_schema=False)


@router.get("/courses/{course_id}/standing/")
async def read_course_standing(
    caller: FromService, session: Reading, course_id: PathId, user_id: Annotated[RowId, Query()]
) -> CourseStanding:
    """What the course requires of its learners, and what of that this one has passed."""
    return await get_course_standing(session, course_id, user_id)
