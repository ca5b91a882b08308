"""Question banks, read by the staff of their courses."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from assessment.domain.describing import describe_bank
from assessment.domain.rights import check_may_edit
from assessment.models import Course, Question, QuestionBank
from assessment.queries.access import get_access_to_bank
from assessment.schemas.banks import BankView
from assessment.store import is_course, oversees
from shared.auth import Identity
from shared.errors import NotFound
from shared.pagination import Key, Page, PageRequest, order_of, paginate

COLUMNS = QuestionBank.__table__.c
ORDERING = {"title": COLUMNS.title, "created_date": COLUMNS.created_date}
COUNT = select(func.count()).where(Question.bank_id == QuestionBank.id).scalar_subquery()


async def get_bank(session: AsyncSession, user: Identity, bank_id: int) -> BankView:
    """Raises NotFound unless staff of the course."""
    check_may_edit(await get_access_to_bank(session, user, bank_id))
    row = (await session.execute(select(QuestionBank, COUNT).where(QuestionBank.id == bank_id))).one_or_none()
    if row is None:
        raise NotFound
    return describe_bank(row[0], row[1])


async def list_banks(
    session: AsyncSession, user: Identity, request: PageRequest, *, course: str | None
) -> Page[BankView]:
    """Those of the courses that the user teaches; all for administrators. Newest first."""
    statement = select(QuestionBank, COUNT).join(Course, Course.course_id == QuestionBank.course_id)
    statement = statement.where(~QuestionBank.is_deleted, ~Course.is_deleted, oversees(user))
    if course is not None:
        statement = statement.where(is_course(course))
    keys = order_of(request, ORDERING, (), Key(COLUMNS.id, descending=True))
    return await paginate(session, statement, request, keys, lambda row: describe_bank(row[0], row[1]))


async def list_bank_questions(session: AsyncSession, user: Identity, bank_id: int) -> Sequence[Question]:
    """All of them, in their order. Raises NotFound unless staff of the course."""
    check_may_edit(await get_access_to_bank(session, user, bank_id))
    own = select(Question).where(Question.bank_id == bank_id).order_by(Question.order, Question.id)
    return (await session.scalars(own.options(selectinload(Question.answers)))).all()
