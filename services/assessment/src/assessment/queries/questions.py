"""Questions and answers by themselves, read by the staff of their courses."""

from typing import TypeVarTuple

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from assessment.domain.describing import describe_answer, describe_question
from assessment.domain.rights import Access, check_may_edit
from assessment.models import Answer, Assessment, Course, Question, QuestionBank, QuestionType
from assessment.queries.access import get_access, get_access_to_bank
from assessment.schemas.questions import AnswerDetail, QuestionDetail
from assessment.store import oversees
from shared.auth import Identity
from shared.errors import NotFound
from shared.pagination import Key, Page, PageRequest, order_of, paginate

Row = TypeVarTuple("Row")
QUESTIONS, ANSWERS = Question.__table__.c, Answer.__table__.c
QUESTION_ORDERING = {"order": QUESTIONS.order, "points": QUESTIONS.points}
ANSWER_ORDERING = {"order": ANSWERS.order}


async def get_access_to_question(
    session: AsyncSession, user: Identity, *, question_id: int | None = None, answer_id: int | None = None
) -> Access | None:
    """To the course that the question, or the answer's question, belongs to; None when there is no such question."""
    statement = select(Question.assessment_id, Question.bank_id)
    if answer_id is not None:
        statement = statement.join(Answer, Answer.question_id == Question.id).where(Answer.id == answer_id)
    else:
        statement = statement.where(Question.id == question_id)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        return None
    if row.bank_id is not None:
        return await get_access_to_bank(session, user, row.bank_id)
    return await get_access(session, user, row.assessment_id)


async def get_question(session: AsyncSession, user: Identity, question_id: int) -> QuestionDetail:
    """Raises NotFound, or PermissionDenied unless staff of the course."""
    statement = select(Question).where(Question.id == question_id).options(selectinload(Question.answers))
    question = await session.scalar(statement)
    check_may_edit(await get_access_to_question(session, user, question_id=question_id))
    if question is None:
        raise NotFound
    return describe_question(question)


async def get_answer(session: AsyncSession, user: Identity, answer_id: int) -> AnswerDetail:
    """As `get_question`."""
    answer = await session.get(Answer, answer_id)
    check_may_edit(await get_access_to_question(session, user, answer_id=answer_id))
    if answer is None:
        raise NotFound
    return describe_answer(answer)


async def list_questions(
    session: AsyncSession,
    user: Identity,
    request: PageRequest,
    *,
    assessment_id: int | None,
    bank_id: int | None,
    question_type: QuestionType | None,
) -> Page[QuestionDetail]:
    """Those of the courses that the user teaches; all for administrators. Newest first, or of one
    assessment or bank in their order.
    """
    statement = _taught(select(Question), user)
    if assessment_id is not None:
        statement = statement.where(Question.assessment_id == assessment_id)
    if bank_id is not None:
        statement = statement.where(Question.bank_id == bank_id)
    if question_type is not None:
        statement = statement.where(Question.question_type == question_type)
    in_one = assessment_id is not None or bank_id is not None
    default = (Key(QUESTIONS.order),) if in_one else ()
    keys = order_of(request, QUESTION_ORDERING, default, Key(QUESTIONS.id, descending=not in_one))
    statement = statement.options(selectinload(Question.answers))
    return await paginate(session, statement, request, keys, lambda row: describe_question(row[0]))


async def list_answers(
    session: AsyncSession, user: Identity, request: PageRequest, *, question_id: int | None
) -> Page[AnswerDetail]:
    """Those of the courses that the user teaches; all for administrators. By question, in their order."""
    statement = _taught(select(Answer).join(Question, Question.id == Answer.question_id), user)
    if question_id is not None:
        statement = statement.where(Answer.question_id == question_id)
    default = (Key(ANSWERS.question_id), Key(ANSWERS.order))
    keys = order_of(request, ANSWER_ORDERING, default, Key(ANSWERS.id))
    return await paginate(session, statement, request, keys, lambda row: describe_answer(row[0]))


def _taught(statement: Select[*Row], user: Identity) -> Select[*Row]:
    """Only questions that are there, in courses that the user teaches."""
    return (
        statement.outerjoin(Assessment, Assessment.id == Question.assessment_id)
        .outerjoin(QuestionBank, QuestionBank.id == Question.bank_id)
        .join(Course, Course.course_id == func.coalesce(Assessment.course_id, QuestionBank.course_id))
        .where(~func.coalesce(Assessment.is_deleted, QuestionBank.is_deleted), ~Course.is_deleted, oversees(user))
    )
