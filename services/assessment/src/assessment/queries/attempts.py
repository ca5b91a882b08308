"""Attempts, read."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from assessment.domain.paper import feedback_mode_of
from assessment.domain.rights import check_may_read_attempt
from assessment.domain.showing import show_attempt, show_brief
from assessment.models import Assessment, Attempt, AttemptAnswer
from assessment.queries.access import get_access, get_access_to_attempt
from assessment.schemas.attempts import Attachment, AttemptBrief, AttemptView
from assessment.store import get_answers
from shared.auth import Identity
from shared.errors import NotFound
from shared.pagination import Key, Page, PageRequest, order_of, paginate

COLUMNS = Attempt.__table__.c
ORDERING = {"start_time": COLUMNS.start_time}


async def get_attempt(session: AsyncSession, user: Identity, attempt_id: int, *, now: datetime) -> AttemptView:
    """One's own attempt, with what may be told; all of it for the course's staff. Others are told NotFound."""
    statement = select(Attempt, Assessment).join(Assessment, Assessment.id == Attempt.assessment_id)
    row = (await session.execute(statement.where(Attempt.id == attempt_id))).one_or_none()
    if row is None:
        raise NotFound
    attempt, assessment = row
    access = await get_access_to_attempt(session, user, attempt_id)
    to_staff = check_may_read_attempt(access, is_own=attempt.user_id == user.user_id)
    answers = await get_answers(session, [attempt_id])
    mode = feedback_mode_of(assessment)
    return show_attempt(attempt, answers, feedback_mode=mode, to_staff=to_staff, now=now)


async def list_attempts(
    session: AsyncSession, user: Identity, request: PageRequest, *, assessment_id: int | None
) -> Page[AttemptBrief]:
    """One's own; with `assessment_id` everybody's at it, if one is its course's staff. Newest first."""
    statement = select(Attempt).options(defer(Attempt.paper, raiseload=True))
    access = await get_access(session, user, assessment_id) if assessment_id is not None else None
    if assessment_id is not None:
        statement = statement.where(Attempt.assessment_id == assessment_id)
    if access is None or not access.is_staff:
        statement = statement.where(Attempt.user_id == user.user_id)
    newest = Key(COLUMNS.start_time, descending=True)
    keys = order_of(request, ORDERING, (newest,), Key(COLUMNS.id, descending=True))
    return await paginate(session, statement, request, keys, lambda row: show_brief(row[0]))


async def get_attachment(session: AsyncSession, user: Identity, answer_id: int) -> tuple[str, Attachment]:
    """Key and description of the file attached to one's own answer, or for staff to one in their course.

    Others are told NotFound.
    """
    statement = select(AttemptAnswer.attachment_key, AttemptAnswer.attachment, Attempt.id, Attempt.user_id)
    statement = statement.join(Attempt, Attempt.id == AttemptAnswer.attempt_id).where(AttemptAnswer.id == answer_id)
    row = (await session.execute(statement)).one_or_none()
    if row is None or row.attachment_key is None:
        raise NotFound
    access = await get_access_to_attempt(session, user, row.id)
    check_may_read_attempt(access, is_own=row.user_id == user.user_id)
    return row.attachment_key, Attachment.model_validate(row.attachment)
