"""`/internal/`: what other services ask (`shared.contracts.assessment.http`)."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from assessment.queries.analytics import get_course_scores
from assessment.queries.assessments import list_for_export
from assessment.queries.export import export_user
from assessment.queries.standings import get_course_standing
from assessment.schemas.export import UserExport
from shared.auth import FromService
from shared.contracts.assessment.http import AssessmentContent, CourseScores, CourseStanding
from shared.database import Reading
from shared.fields import Moment, PathId, RowId

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


@router.get("/analytics/courses/{course_id}/scores/")
async def read_course_scores(
    caller: FromService,
    session: Reading,
    course_id: PathId,
    since: Annotated[Moment | None, Query(alias="from")] = None,
    until: Annotated[Moment | None, Query(alias="to")] = None,
) -> CourseScores:
    """How learners did in the attempts that ended in this time."""
    return await get_course_scores(session, course_id, since=since, until=until)


@router.get("/users/{user_id}/export/")
async def read_user_export(caller: FromService, session: Reading, user_id: PathId) -> UserExport:
    """What is held about a user, as they may have it."""
    return await export_user(session, user_id, now=datetime.now(UTC))
