"""Questions and answers by themselves, read by the staff of their courses."""

from typing import TypeVarTuple

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from assessment.domain.describing import describe_answer, describe_question
from assessment.domain.rights import check_may_edit
from assessment.models import Answer, Assessment, Course, Question, QuestionType
from assessment.queries.access import get_access
from assessment.schemas.questions import AnswerDetail, QuestionDetail
from assessment.store import teaches
from shared.auth import Identity
from shared.errors import NotFound
from shared.pagination import Key, Page, PageRequest, order_of, paginate

Row = TypeVarTuple("Row")
QUESTIONS, ANSWERS = Question.__table__.c, Answer.__table__.c
QUESTION_ORDERING = {"order": QUESTIONS.order, "points": QUESTIONS.points}
ANSWER_ORDERING = {"order": ANSWERS.order}


async def find_assessment_of(
    session: AsyncSession, *, question_id: int | None = None, answer_id: int | None = None
) -> int | None:
    """The id of the assessment that the question or the answer belongs to."""
    statement = select(Question.assessment_id)
    if answer_id is not None:
        return await session.scalar(
            statement.join(Answer, Answer.question_id == Question.id).where(Answer.id == answer_id)
        )
    return await session.scalar(statement.where(Question.id == question_id))


async def get_question(session: AsyncSession, user: Identity, question_id: int) -> QuestionDetail:
    """Raises NotFound, or PermissionDenied unless staff of the course."""
    statement = select(Question).where(Question.id == question_id).options(selectinload(Question.answers))
    question = await session.scalar(statement)
    if question is None:
        raise NotFound
    check_may_edit(await get_access(session, user, question.assessment_id))
    return describe_question(question)


async def get_answer(session: AsyncSession, user: Identity, answer_id: int) -> AnswerDetail:
    """As `get_question`."""
    statement = select(Answer, Question.assessment_id).join(Question, Question.id == Answer.question_id)
    row = (await session.execute(statement.where(Answer.id == answer_id))).one_or_none()
    if row is None:
        raise NotFound
    check_may_edit(await get_access(session, user, row.assessment_id))
    return describe_answer(row[0])


async def list_questions(
    session: AsyncSession,
    user: Identity,
    request: PageRequest,
    *,
    assessment_id: int | None,
    question_type: QuestionType | None,
) -> Page[QuestionDetail]:
    """Those of the courses that the user teaches; all for administrators. By assessment, in their order."""
    statement = _taught(select(Question).join(Assessment, Assessment.id == Question.assessment_id), user)
    if assessment_id is not None:
        statement = statement.where(Question.assessment_id == assessment_id)
    if question_type is not None:
        statement = statement.where(Question.question_type == question_type)
    default = (Key(QUESTIONS.assessment_id), Key(QUESTIONS.order))
    keys = order_of(request, QUESTION_ORDERING, default, Key(QUESTIONS.id))
    statement = statement.options(selectinload(Question.answers))
    return await paginate(session, statement, request, keys, lambda row: describe_question(row[0]))


async def list_answers(
    session: AsyncSession, user: Identity, request: PageRequest, *, question_id: int | None
) -> Page[AnswerDetail]:
    """Those of the courses that the user teaches; all for administrators. By question, in their order."""
    joined = select(Answer).join(Question, Question.id == Answer.question_id)
    statement = _taught(joined.join(Assessment, Assessment.id == Question.assessment_id), user)
    if question_id is not None:
        statement = statement.where(Answer.question_id == question_id)
    default = (Key(ANSWERS.question_id), Key(ANSWERS.order))
    keys = order_of(request, ANSWER_ORDERING, default, Key(ANSWERS.id))
    return await paginate(session, statement, request, keys, lambda row: describe_answer(row[0]))


def _taught(statement: Select[*Row], user: Identity) -> Select[*Row]:
    statement = statement.where(~Assessment.is_deleted)
    if user.is_administrator:
        return statement
    return statement.join(Course, Course.course_id == Assessment.course_id).where(teaches(user))
