"""`/internal/`: what other services ask (`shared.contracts.assessment.http`)."""

from typing import Annotated

from fastapi import APIRouter, Query

from assessment.queries.assessments import list_for_export
from assessment.queries.standings import get_course_standing
from shared.auth import FromService
from shared.contracts.assessment.http import AssessmentContent, CourseStanding
from shared.database import Reading
from shared.fields import PathId, RowId

router = APIRouter(prefix="/internal", include_in_schema=False)


@router.get("/courses/{course_id}/standing/")
async def read_course_standing(
    caller: FromService, session: Reading, course_id: PathId, user_id: Annotated[RowId, Query()]
) -> CourseStanding:
    """What the course requires of its learners, and what of that this one has passed."""
    return await get_course_standing(session, course_id, user_id)


@router.get("/courses/{course_id}/assessments/")
async def read_course_assessments(caller: FromService, session: Reading, course_id: PathId) -> list[AssessmentContent]:
    """The course's assessments with their right answers, for its archive."""
    return await list_for_export(session, course_id)
