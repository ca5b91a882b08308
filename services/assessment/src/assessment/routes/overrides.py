"""What follows an assessment once it runs: overrides for single learners, regrading, statistics."""

from datetime import UTC, datetime

from fastapi import APIRouter, Response

from assessment.commands import overrides as commands
from assessment.commands.regrading import start_regrade
from assessment.domain.describing import describe_override
from assessment.learn import learn_staff
from assessment.queries import overrides as queries
from assessment.queries.statistics import get_statistics
from assessment.routes.inputs import AskOwners
from assessment.schemas.overrides import OverrideView, OverrideWrite
from assessment.schemas.statistics import AssessmentStatistics
from shared.auth import Instructor
from shared.database import Reading, Transaction
from shared.fields import PathId
from shared.jobs import JobStarted
from shared.pagination import Page, Paging

router = APIRouter(prefix="/api/assessments", tags=["assessments"])


@router.get("/{assessment_id}/overrides/")
async def list_overrides(
    assessment_id: PathId, user: Instructor, session: Reading, owners: AskOwners, paging: Paging
) -> Page[OverrideView]:
    """What single learners are granted in an assessment of a course that you teach. `ordering` by `updated_date`."""
    await learn_staff(owners, user, assessment_id)
    return await queries.list_overrides(session, user, paging, assessment_id)


@router.put("/{assessment_id}/overrides/{user_id}/", responses={201: {"model": OverrideView}})
async def put_override(
    assessment_id: PathId,
    user_id: PathId,
    wanted: OverrideWrite,
    user: Instructor,
    session: Transaction,
    owners: AskOwners,
    response: Response,
) -> OverrideView:
    """Grant one learner more attempts, more time or another due date: 201 the first time, then 200.

    Fields left out keep their value. Extra time counts at once for an attempt under way. With a due date after
    `available_until` the learner may start until then.
    """
    await learn_staff(owners, user, assessment_id)
    now = datetime.now(UTC)
    override, is_first = await commands.put_override(session, user, assessment_id, user_id, wanted, now=now)
    response.status_code = 201 if is_first else 200
    return describe_override(override)


@router.delete("/{assessment_id}/overrides/{user_id}/", status_code=204)
async def delete_override(
    assessment_id: PathId, user_id: PathId, user: Instructor, session: Transaction, owners: AskOwners
) -> Response:
    """Take back what a learner was granted. An attempt under way keeps the time it has."""
    await learn_staff(owners, user, assessment_id)
    await commands.delete_override(session, user, assessment_id, user_id)
    return Response(status_code=204)


@router.post("/{assessment_id}/regrade/", status_code=202)
async def regrade_assessment(
    assessment_id: PathId, user: Instructor, session: Transaction, owners: AskOwners
) -> JobStarted:
    """Score all attempts by the key that the questions have now; `previous_score` keeps the score before.

    A job: its `results` have one row for each attempt, and `report` how many there were. What questions were worth
    stays, and what was graded by hand. Doing it twice changes nothing more.
    """
    await learn_staff(owners, user, assessment_id)
    return await start_regrade(session, user, assessment_id)


@router.get("/{assessment_id}/statistics/")
async def get_assessment_statistics(
    assessment_id: PathId, user: Instructor, session: Reading, owners: AskOwners
) -> AssessmentStatistics:
    """How an assessment of a course that you teach works: scores, and how hard and how telling each question is.

    Counted is the first graded attempt of each learner.
    """
    await learn_staff(owners, user, assessment_id)
    return await get_statistics(session, user, assessment_id)
