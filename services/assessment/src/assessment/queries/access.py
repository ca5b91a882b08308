"""What a user is to the course of an assessment, as far as our copies know."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from assessment.domain.rights import Access
from assessment.models import Assessment, Attempt, Course, QuestionBank
from assessment.store import learns, oversees
from shared.auth import Identity


async def get_access(session: AsyncSession, user: Identity, assessment_id: int) -> Access | None:
    """None when there is no such assessment."""
    return await _get(session, user, Assessment.id == assessment_id)


async def get_access_to_attempt(session: AsyncSession, user: Identity, attempt_id: int) -> Access | None:
    """To the course of the attempt's assessment, which may be deleted; None when there is no such attempt."""
    of_attempt = select(Attempt.assessment_id).where(Attempt.id == attempt_id).scalar_subquery()
    return await _get(session, user, Assessment.id == of_attempt, with_deleted=True)


async def get_access_to_bank(session: AsyncSession, user: Identity, bank_id: int) -> Access | None:
    """As staff of the bank's course, or as nobody: only staff are to know that there is a bank."""
    in_course = select(Course.course_id, oversees(user).label("oversees"))
    in_course = in_course.join(QuestionBank, QuestionBank.course_id == Course.course_id)
    present = in_course.where(QuestionBank.id == bank_id, ~QuestionBank.is_deleted, ~Course.is_deleted)
    row = (await session.execute(present)).one_or_none()
    if row is None:
        return None
    return Access(row.course_id, row.oversees, is_enrolled=False, is_published=False)


async def _get(
    session: AsyncSession, user: Identity, which: ColumnElement[bool], *, with_deleted: bool = False
) -> Access | None:
    statement = (
        select(
            Course.course_id,
            oversees(user).label("oversees"),
            learns(user).label("learns"),
            Course.is_published,
        )
        .join(Assessment, Assessment.course_id == Course.course_id)
        .where(which)
    )
    if not with_deleted:
        statement = statement.where(~Assessment.is_deleted)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        return None
    return Access(row.course_id, row.oversees, row.learns, row.is_published)
