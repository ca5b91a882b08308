"""Assessments, read."""

import asyncio
from datetime import datetime
from typing import TypeVarTuple

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from assessment.domain.describing import describe_briefly, describe_for_learner, describe_for_staff
from assessment.domain.rights import check_may_read
from assessment.domain.standing import standing
from assessment.domain.travelling import content_of
from assessment.models import Assessment, Course, Question
from assessment.queries.access import get_access
from assessment.queries.overrides import get_override
from assessment.queries.standings import get_results
from assessment.schemas.assessments import AssessmentBrief, AssessmentView
from assessment.store import is_course, learns, oversees, with_questions
from shared.auth import Identity
from shared.contracts.assessment.content import AssessmentContent
from shared.errors import NotFound
from shared.pagination import Key, Page, PageRequest, order_of, paginate

Row = TypeVarTuple("Row")
COLUMNS = Assessment.__table__.c
ORDERING = {"created_date": COLUMNS.created_date, "title": COLUMNS.title}


async def get_assessment(session: AsyncSession, user: Identity, assessment_id: int, *, now: datetime) -> AssessmentView:
    """In full for the course's staff, for the enrolled without answers. Raises NotFound or EnrollmentRequired."""
    access = check_may_read(await get_access(session, user, assessment_id))
    present = select(Assessment).where(Assessment.id == assessment_id, ~Assessment.is_deleted)
    assessment = await session.scalar(with_questions(present))
    if assessment is None:
        raise NotFound
    if access.is_staff:
        return describe_for_staff(assessment)
    results, attempts_used = await get_results(session, assessment_id, user.user_id)
    override = await get_override(session, assessment_id, user.user_id)
    return describe_for_learner(assessment, standing(assessment.scoring_policy, results), attempts_used, override, now)


async def list_assessments(
    session: AsyncSession, user: Identity, request: PageRequest, *, course: str | None, lesson: int | None
) -> Page[AssessmentBrief]:
    """Those of the courses that the user teaches or learns in; all for administrators. Newest first."""
    count = select(func.count()).where(Question.assessment_id == Assessment.id).scalar_subquery()
    statement = (
        select(Assessment, count.label("questions_count"))
        .join(Course, Course.course_id == Assessment.course_id)
        .where(~Assessment.is_deleted, oversees(user) | learns(user))
    )
    statement = _in(statement, course, lesson)
    keys = order_of(request, ORDERING, (), Key(COLUMNS.id, descending=True))
    return await paginate(session, statement, request, keys, lambda row: describe_briefly(row[0], row[1]))


async def list_for_export(session: AsyncSession, course_id: int) -> list[AssessmentContent]:
    """All of a course with their keys, by lesson. Three statements."""
    own = select(Assessment).where(Assessment.course_id == course_id, ~Assessment.is_deleted)
    assessments = (await session.scalars(with_questions(own).order_by(Assessment.lesson_id))).all()
    # In a thread: there may be thousands of questions.
    return await asyncio.to_thread(lambda: [content_of(assessment) for assessment in assessments])


async def find_assessment(session: AsyncSession, *, course: str | None, lesson: int | None) -> int | None:
    """The id of one of a course's or lesson's assessments, for whoever may read it."""
    statement = select(Assessment.id).join(Course, Course.course_id == Assessment.course_id)
    found: int | None = await session.scalar(_in(statement.where(~Assessment.is_deleted), course, lesson).limit(1))
    return found


def _in(statement: Select[*Row], course: str | None, lesson: int | None) -> Select[*Row]:
    """Only those of the lesson, and of the course, an id or a slug."""
    if lesson is not None:
        statement = statement.where(Assessment.lesson_id == lesson)
    return statement if course is None else statement.where(is_course(course))
