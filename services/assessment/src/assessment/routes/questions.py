"""`/api/questions/`: one at a time, for staff. Learners meet them in attempts only."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from assessment.commands import questions as commands
from assessment.domain.describing import describe_question
from assessment.learn import learn_staff, learn_staff_of_bank, learn_staff_of_question
from assessment.models import QuestionType
from assessment.queries import questions as queries
from assessment.routes.inputs import AskOwners
from assessment.schemas.questions import (
    QuestionCreate,
    QuestionDetail,
    QuestionPatch,
    QuestionWrite,
)
from shared.auth import Instructor
from shared.database import Reading, Transaction
from shared.fields import PathId, QueryId
from shared.pagination import Page, Paging

router = APIRouter(prefix="/api/questions", tags=["questions"])

OfType = Annotated[QuestionType | None, Query(description="Only questions of this type.")]


@router.get("/")
async def list_questions(
    user: Instructor,
    session: Reading,
    owners: AskOwners,
    paging: Paging,
    assessment: QueryId = None,
    bank: QueryId = None,
    question_type: OfType = None,
) -> Page[QuestionDetail]:
    """Questions of the courses that you teach, with their answers and the key; administrators see all.

    `ordering` by `order` or `points`; without it, newest first, or of one `assessment` or `bank` in their order.
    """
    if assessment is not None:
        await learn_staff(owners, user, assessment)
    if bank is not None:
        await learn_staff_of_bank(owners, user, bank)
    return await queries.list_questions(
        session, user, paging, assessment_id=assessment, bank_id=bank, question_type=question_type
    )


@router.post("/", status_code=201)
async def create_question(
    wanted: QuestionCreate, user: Instructor, session: Transaction, owners: AskOwners
) -> QuestionDetail:
    """Add a question to an `assessment` or to a `bank` of a course that you teach; `order` left out is the next one.

    `multiple_choice` and `multiple_select` need their `answers` with it, the other types their `config`.
    """
    if wanted.assessment is not None:
        await learn_staff(owners, user, wanted.assessment)
    elif wanted.bank is not None:
        await learn_staff_of_bank(owners, user, wanted.bank)
    return describe_question(await commands.add_question(session, user, wanted, now=datetime.now(UTC)))


@router.get("/{question_id}/")
async def get_question(question_id: PathId, user: Instructor, session: Reading, owners: AskOwners) -> QuestionDetail:
    """A question of a course that you teach, with the key."""
    await learn_staff_of_question(owners, user, question_id=question_id)
    return await queries.get_question(session, user, question_id)


@router.put("/{question_id}/")
async def replace_question(
    question_id: PathId, wanted: QuestionWrite, user: Instructor, session: Transaction, owners: AskOwners
) -> QuestionDetail:
    """Change a question; optional fields left out keep their value. `answers`, when given, are all there are to be.

    Attempts under way or done keep the question as they were asked it.
    """
    await learn_staff_of_question(owners, user, question_id=question_id)
    return describe_question(await commands.change_question(session, user, question_id, wanted, now=datetime.now(UTC)))


@router.patch("/{question_id}/")
async def update_question(
    question_id: PathId, wanted: QuestionPatch, user: Instructor, session: Transaction, owners: AskOwners
) -> QuestionDetail:
    """Change some fields of a question; as PUT, with nothing required."""
    await learn_staff_of_question(owners, user, question_id=question_id)
    return describe_question(await commands.change_question(session, user, question_id, wanted, now=datetime.now(UTC)))


@router.delete("/{question_id}/", status_code=204)
async def delete_question(question_id: PathId, user: Instructor, session: Transaction, owners: AskOwners) -> Response:
    """Take a question away. Attempts under way or done keep it."""
    await learn_staff_of_question(owners, user, question_id=question_id)
    await commands.delete_question(session, user, question_id, now=datetime.now(UTC))
    return Response(status_code=204)
