"""`/api/questions/` and `/api/answers/`: one at a time, for staff. Learners meet them in attempts only."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from assessment.commands import questions as commands
from assessment.domain.describing import describe_answer, describe_question
from assessment.learn import learn_staff, learn_staff_of_bank, learn_staff_of_question
from assessment.models import QuestionType
from assessment.queries import questions as queries
from assessment.schemas.questions import (
    AnswerCreate,
    AnswerDetail,
    AnswerPatch,
    AnswerWrite,
    QuestionCreate,
    QuestionDetail,
    QuestionPatch,
    QuestionWrite,
)
from shared.auth import Instructor
from shared.database import OpenDatabase, Reading, Transaction
from shared.fields import PathId, QueryId
from shared.pagination import Page, Paging
from shared.peers import AskPeers

router = APIRouter(tags=["questions"])

OfType = Annotated[QuestionType | None, Query(description="Only questions of this type.")]


@router.get("/api/questions/")
async def list_questions(
    user: Instructor,
    session: Reading,
    database: OpenDatabase,
    peers: AskPeers,
    paging: Paging,
    assessment: QueryId = None,
    bank: QueryId = None,
    question_type: OfType = None,
) -> Page[QuestionDetail]:
    """Questions of the courses that you teach, with their answers and the key; administrators see all.

    `ordering` by `order` or `points`; without it, newest first, or of one `assessment` or `bank` in their order.
    """
    if assessment is not None:
        await learn_staff(database, peers, user, assessment)
    if bank is not None:
        await learn_staff_of_bank(database, peers, user, bank)
    return await queries.list_questions(
        session, user, paging, assessment_id=assessment, bank_id=bank, question_type=question_type
    )


@router.post("/api/questions/", status_code=201)
async def create_question(
    wanted: QuestionCreate, user: Instructor, session: Transaction, database: OpenDatabase, peers: AskPeers
) -> QuestionDetail:
    """Add a question to an `assessment` or to a `bank` of a course that you teach; `order` left out is the next one.

    `multiple_choice` and `multiple_select` need their `answers` with it, the other types their `config`.
    """
    if wanted.assessment is not None:
        await learn_staff(database, peers, user, wanted.assessment)
    elif wanted.bank is not None:
        await learn_staff_of_bank(database, peers, user, wanted.bank)
    return describe_question(await commands.add_question(session, user, wanted, now=datetime.now(UTC)))


@router.get("/api/questions/{question_id}/")
async def get_question(
    question_id: PathId, user: Instructor, session: Reading, database: OpenDatabase, peers: AskPeers
) -> QuestionDetail:
    """A question of a course that you teach, with the key."""
    await learn_staff_of_question(database, peers, user, question_id=question_id)
    return await queries.get_question(session, user, question_id)


@router.put("/api/questions/{question_id}/")
async def replace_question(
    question_id: PathId,
    wanted: QuestionWrite,
    user: Instructor,
    session: Transaction,
    database: OpenDatabase,
    peers: AskPeers,
) -> QuestionDetail:
    """Change a question; optional fields left out keep their value. `answers`, when given, are all there are to be.

    Attempts under way or done keep the question as they were asked it.
    """
    await learn_staff_of_question(database, peers, user, question_id=question_id)
    return describe_question(await commands.change_question(session, user, question_id, wanted, now=datetime.now(UTC)))


@router.patch("/api/questions/{question_id}/")
async def update_question(
    question_id: PathId,
    wanted: QuestionPatch,
    user: Instructor,
    session: Transaction,
    database: OpenDatabase,
    peers: AskPeers,
) -> QuestionDetail:
    """Change some fields of a question; as PUT, with nothing required."""
    await learn_staff_of_question(database, peers, user, question_id=question_id)
    return describe_question(await commands.change_question(session, user, question_id, wanted, now=datetime.now(UTC)))


@router.delete("/api/questions/{question_id}/", status_code=204)
async def delete_question(
    question_id: PathId, user: Instructor, session: Transaction, database: OpenDatabase, peers: AskPeers
) -> Response:
    """Take a question away. Attempts under way or done keep it."""
    await learn_staff_of_question(database, peers, user, question_id=question_id)
    await commands.delete_question(session, user, question_id, now=datetime.now(UTC))
    return Response(status_code=204)


@router.get("/api/answers/")
async def list_answers(
    user: Instructor,
    session: Reading,
    database: OpenDatabase,
    peers: AskPeers,
    paging: Paging,
    question: QueryId = None,
) -> Page[AnswerDetail]:
    """Answers that questions of the courses you teach offer, with the key; administrators see all."""
    if question is not None:
        await learn_staff_of_question(database, peers, user, question_id=question)
    return await queries.list_answers(session, user, paging, question_id=question)


@router.post("/api/answers/", status_code=201)
async def create_answer(
    wanted: AnswerCreate, user: Instructor, session: Transaction, database: OpenDatabase, peers: AskPeers
) -> AnswerDetail:
    """Let a `multiple_choice` or `multiple_select` question offer one answer more, 10 at most.

    In `multiple_choice` a correct one takes the place of the answer that was correct.
    """
    await learn_staff_of_question(database, peers, user, question_id=wanted.question)
    answer = await commands.add_answer(session, user, wanted.question, wanted, now=datetime.now(UTC))
    return describe_answer(answer)


@router.get("/api/answers/{answer_id}/")
async def get_answer(
    answer_id: PathId, user: Instructor, session: Reading, database: OpenDatabase, peers: AskPeers
) -> AnswerDetail:
    """An answer of a question of a course that you teach."""
    await learn_staff_of_question(database, peers, user, answer_id=answer_id)
    return await queries.get_answer(session, user, answer_id)


@router.put("/api/answers/{answer_id}/")
async def replace_answer(
    answer_id: PathId,
    wanted: AnswerWrite,
    user: Instructor,
    session: Transaction,
    database: OpenDatabase,
    peers: AskPeers,
) -> AnswerDetail:
    """Change an answer; where one only may be correct, `is_correct: true` makes the others not."""
    await learn_staff_of_question(database, peers, user, answer_id=answer_id)
    return describe_answer(await commands.change_answer(session, user, answer_id, wanted, now=datetime.now(UTC)))


@router.patch("/api/answers/{answer_id}/")
async def update_answer(
    answer_id: PathId,
    wanted: AnswerPatch,
    user: Instructor,
    session: Transaction,
    database: OpenDatabase,
    peers: AskPeers,
) -> AnswerDetail:
    """Change some fields of an answer; as PUT, with nothing required."""
    await learn_staff_of_question(database, peers, user, answer_id=answer_id)
    return describe_answer(await commands.change_answer(session, user, answer_id, wanted, now=datetime.now(UTC)))


@router.delete("/api/answers/{answer_id}/", status_code=204)
async def delete_answer(
    answer_id: PathId, user: Instructor, session: Transaction, database: OpenDatabase, peers: AskPeers
) -> Response:
    """Offer an answer no more. A question keeps at least two, and a correct one."""
    await learn_staff_of_question(database, peers, user, answer_id=answer_id)
    await commands.delete_answer(session, user, answer_id, now=datetime.now(UTC))
    return Response(status_code=204)
