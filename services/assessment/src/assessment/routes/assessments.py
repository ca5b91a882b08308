"""`/api/assessments/`."""

from datetime import UTC, datetime

from fastapi import APIRouter, Response

from assessment.commands import assessments as commands
from assessment.domain.describing import describe_for_staff
from assessment.learn import learn_lesson, learn_reader, learn_reader_of, learn_staff
from assessment.queries import assessments as queries
from assessment.routes.inputs import AskOwners
from assessment.schemas.assessments import AssessmentBrief, AssessmentPatch, AssessmentView, AssessmentWrite
from shared.auth import Instructor, SignedIn
from shared.database import Reading, Transaction
from shared.fields import PathId, QueryId, QueryRef
from shared.pagination import Page, Paging

router = APIRouter(prefix="/api/assessments", tags=["assessments"])


@router.get("/")
async def list_assessments(
    user: SignedIn,
    session: Reading,
    owners: AskOwners,
    paging: Paging,
    course: QueryRef = None,
    lesson: QueryId = None,
) -> Page[AssessmentBrief]:
    """Assessments of the courses that you teach or are enrolled in, newest first; administrators see all.

    `ordering` by `created_date` or `title`.
    """
    await learn_reader_of(owners, user, course=course, lesson=lesson)
    return await queries.list_assessments(session, user, paging, course=course, lesson=lesson)


@router.post("/", status_code=201)
async def create_assessment(
    wanted: AssessmentWrite, user: Instructor, session: Transaction, owners: AskOwners
) -> AssessmentView:
    """Put an assessment on a lesson of a course that you teach, with its questions and their answers.

    A lesson has at most one. `multiple_choice` takes 2 to 10 answers, exactly one of them correct; `multiple_select`
    one or more correct; `true_false` takes `config: {"correct_answer": true}` and makes its two answers.
    """
    await learn_lesson(owners, user, wanted.lesson)
    return describe_for_staff(await commands.create_assessment(session, user, wanted, now=datetime.now(UTC)))


@router.get("/{assessment_id}/")
async def get_assessment(assessment_id: PathId, user: SignedIn, session: Reading, owners: AskOwners) -> AssessmentView:
    """An assessment. Its course's staff see everything.

    The enrolled see no answers, and the questions only where there is no time limit and an attempt could start now;
    `result` is what they have reached.
    """
    await learn_reader(owners, user, assessment_id)
    return await queries.get_assessment(session, user, assessment_id, now=datetime.now(UTC))


@router.put("/{assessment_id}/")
async def replace_assessment(
    assessment_id: PathId, wanted: AssessmentWrite, user: Instructor, session: Transaction, owners: AskOwners
) -> AssessmentView:
    """Change an assessment of a course that you teach; optional fields left out keep their value.

    `questions`, when given, are all that there are to be: one with its `id` is changed, one without is new, one that is
    missing is deleted. Attempts under way or done are not touched.
    """
    await learn_staff(owners, user, assessment_id)
    changed = await commands.change_assessment(session, user, assessment_id, wanted, now=datetime.now(UTC))
    return describe_for_staff(changed)


@router.patch("/{assessment_id}/")
async def update_assessment(
    assessment_id: PathId, wanted: AssessmentPatch, user: Instructor, session: Transaction, owners: AskOwners
) -> AssessmentView:
    """Change some fields of an assessment; as PUT, with nothing required."""
    await learn_staff(owners, user, assessment_id)
    changed = await commands.change_assessment(session, user, assessment_id, wanted, now=datetime.now(UTC))
    return describe_for_staff(changed)


@router.delete("/{assessment_id}/", status_code=204)
async def delete_assessment(
    assessment_id: PathId, user: Instructor, session: Transaction, owners: AskOwners
) -> Response:
    """Take an assessment of a course that you teach away. Attempts stay, and one under way can be finished."""
    await learn_staff(owners, user, assessment_id)
    await commands.delete_assessment(session, user, assessment_id, now=datetime.now(UTC))
    return Response(status_code=204)
