"""`/api/answers/`: those that questions offer, one at a time, for staff."""

from datetime import UTC, datetime

from fastapi import APIRouter, Response

from assessment.commands import questions as commands
from assessment.domain.describing import describe_answer
from assessment.learn import learn_staff_of_question
from assessment.queries import questions as queries
from assessment.routes.inputs import AskOwners
from assessment.schemas.questions import AnswerCreate, AnswerDetail, AnswerPatch, AnswerWrite
from shared.auth import Instructor
from shared.database import Reading, Transaction
from shared.fields import PathId, QueryId
from shared.pagination import Page, Paging

router = APIRouter(prefix="/api/answers", tags=["questions"])


@router.get("/")
async def list_answers(
    user: Instructor, session: Reading, owners: AskOwners, paging: Paging, question: QueryId = None
) -> Page[AnswerDetail]:
    """Answers that questions of the courses you teach offer, with the key; administrators see all."""
    if question is not None:
        await learn_staff_of_question(owners, user, question_id=question)
    return await queries.list_answers(session, user, paging, question_id=question)


@router.post("/", status_code=201)
async def create_answer(
    wanted: AnswerCreate, user: Instructor, session: Transaction, owners: AskOwners
) -> AnswerDetail:
    """Let a `multiple_choice` or `multiple_select` question offer one answer more, 10 at most.

    In `multiple_choice` a correct one takes the place of the answer that was correct.
    """
    await learn_staff_of_question(owners, user, question_id=wanted.question)
    answer = await commands.add_answer(session, user, wanted.question, wanted, now=datetime.now(UTC))
    return describe_answer(answer)


@router.get("/{answer_id}/")
async def get_answer(answer_id: PathId, user: Instructor, session: Reading, owners: AskOwners) -> AnswerDetail:
    """An answer of a question of a course that you teach."""
    await learn_staff_of_question(owners, user, answer_id=answer_id)
    return await queries.get_answer(session, user, answer_id)


@router.put("/{answer_id}/")
async def replace_answer(
    answer_id: PathId, wanted: AnswerWrite, user: Instructor, session: Transaction, owners: AskOwners
) -> AnswerDetail:
    """Change an answer; where one only may be correct, `is_correct: true` makes the others not."""
    await learn_staff_of_question(owners, user, answer_id=answer_id)
    return describe_answer(await commands.change_answer(session, user, answer_id, wanted, now=datetime.now(UTC)))


@router.patch("/{answer_id}/")
async def update_answer(
    answer_id: PathId, wanted: AnswerPatch, user: Instructor, session: Transaction, owners: AskOwners
) -> AnswerDetail:
    """Change some fields of an answer; as PUT, with nothing required."""
    await learn_staff_of_question(owners, user, answer_id=answer_id)
    return describe_answer(await commands.change_answer(session, user, answer_id, wanted, now=datetime.now(UTC)))


@router.delete("/{answer_id}/", status_code=204)
async def delete_answer(answer_id: PathId, user: Instructor, session: Transaction, owners: AskOwners) -> Response:
    """Offer an answer no more. A question keeps at least two, and a correct one."""
    await learn_staff_of_question(owners, user, answer_id=answer_id)
    await commands.delete_answer(session, user, answer_id, now=datetime.now(UTC))
    return Response(status_code=204)
