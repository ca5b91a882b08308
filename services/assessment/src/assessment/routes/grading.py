"""Grading by hand: the queue, the grades, and rubrics."""

from datetime import UTC, datetime

from fastapi import APIRouter, Response

from assessment.commands import grading as commands
from assessment.commands import rubrics as rubric_commands
from assessment.domain.describing import describe_grade, describe_rubric
from assessment.learn import learn_staff, learn_staff_of_attempt_answer
from assessment.queries import grading as queries
from assessment.queries import rubrics as rubric_queries
from assessment.routes.inputs import AskOwners
from assessment.schemas.grading import GradeView, GradeWrite, QueueEntry
from assessment.schemas.rubrics import RubricPatch, RubricView, RubricWrite
from shared.auth import Instructor
from shared.database import Reading, Transaction
from shared.fields import PathId, QueryId, QueryRef
from shared.pagination import Page, Paging

router = APIRouter(tags=["grading"])


@router.get("/api/grading-queue/")
async def list_grading_queue(
    user: Instructor,
    session: Reading,
    owners: AskOwners,
    paging: Paging,
    course: QueryRef = None,
    assessment: QueryId = None,
) -> Page[QueueEntry]:
    """Answers in the courses that you teach which wait for a person to grade them, longest first.

    `ordering` by `submitted_at`. Grade one with `PUT /api/attempt-answers/{id}/grade/`.
    """
    if assessment is not None:
        await learn_staff(owners, user, assessment)
    return await queries.list_queue(session, user, paging, course=course, assessment_id=assessment)


@router.put("/api/attempt-answers/{answer_id}/grade/")
async def grade_answer(
    answer_id: PathId, wanted: GradeWrite, user: Instructor, session: Transaction, owners: AskOwners
) -> GradeView:
    """Grade an answer in a completed attempt, with points from 0 to what the question is worth, and feedback.

    When it was the last one waiting, the attempt is graded and its score told. An answer that was graded already, by a
    machine too, can be graded again; a regrade by machine leaves it as you graded it.
    """
    await learn_staff_of_attempt_answer(owners, user, answer_id)
    return describe_grade(*await commands.grade_answer(session, user, answer_id, wanted, now=datetime.now(UTC)))


@router.get("/api/rubrics/")
async def list_rubrics(user: Instructor, session: Reading, paging: Paging) -> Page[RubricView]:
    """Your rubrics, newest first; administrators see all. `ordering` by `title` or `created_date`."""
    return await rubric_queries.list_rubrics(session, user, paging)


@router.post("/api/rubrics/", status_code=201)
async def create_rubric(wanted: RubricWrite, user: Instructor, session: Transaction) -> RubricView:
    """Make a rubric, to be named in `config.rubric_id` of essay questions.

    Each criterion has the ratings to choose from; a rating gives at most its criterion's points.
    """
    return describe_rubric(await rubric_commands.create_rubric(session, user, wanted, now=datetime.now(UTC)))


@router.get("/api/rubrics/{rubric_id}/")
async def get_rubric(rubric_id: PathId, user: Instructor, session: Reading) -> RubricView:
    """One of your rubrics, in its present version."""
    return await rubric_queries.get_rubric(session, user, rubric_id)


@router.put("/api/rubrics/{rubric_id}/")
async def replace_rubric(rubric_id: PathId, wanted: RubricWrite, user: Instructor, session: Transaction) -> RubricView:
    """Change a rubric. If an attempt was asked by it, this makes a new version, and that attempt keeps the old one."""
    return describe_rubric(await rubric_commands.change_rubric(session, user, rubric_id, wanted, now=datetime.now(UTC)))


@router.patch("/api/rubrics/{rubric_id}/")
async def update_rubric(rubric_id: PathId, wanted: RubricPatch, user: Instructor, session: Transaction) -> RubricView:
    """Change some fields of a rubric; as PUT, with nothing required."""
    return describe_rubric(await rubric_commands.change_rubric(session, user, rubric_id, wanted, now=datetime.now(UTC)))


@router.delete("/api/rubrics/{rubric_id}/", status_code=204)
async def delete_rubric(rubric_id: PathId, user: Instructor, session: Transaction) -> Response:
    """Take a rubric out of your list. Questions that name it go on being graded by it."""
    await rubric_commands.delete_rubric(session, user, rubric_id, now=datetime.now(UTC))
    return Response(status_code=204)
