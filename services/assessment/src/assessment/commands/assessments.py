"""Writing assessments. They are whole: an assessment, its questions and their answers change together."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from assessment.commands.banks import check_draws
from assessment.commands.rubrics import check_rubrics
from assessment.commands.writing import write_questions
from assessment.domain.facts import assessment_event
from assessment.domain.rights import check_may_edit, may_build
from assessment.domain.windows import check_window
from assessment.models import Assessment, Course, Lesson, Question
from assessment.queries.access import get_access
from assessment.schemas.assessments import AssessmentRules, AssessmentWrite
from assessment.store import lock_assessment
from shared import outbox
from shared.auth import Identity
from shared.contracts.assessment.events import AssessmentCreated, AssessmentDeleted, AssessmentUpdated
from shared.errors import Invalid, NotFound

RULES = frozenset(AssessmentRules.model_fields)


async def create_assessment(
    session: AsyncSession, user: Identity, wanted: AssessmentWrite, *, now: datetime
) -> Assessment:
    """Put an assessment on a lesson that has none. Raises Invalid, or PermissionDenied unless staff of the course."""
    course = await _lock_course_of(session, user, wanted.lesson)
    assessment = Assessment(
        revision=1,
        lesson_id=wanted.lesson,
        course_id=course.course_id,
        title=wanted.title,
        created_date=now,
        updated_date=now,
        is_deleted=False,
        questions=[],
        draws=await check_draws(session, user, (), wanted.draws),
        **wanted.model_dump(include=set(RULES)),
    )
    check_window(assessment)
    await check_rubrics(session, user, (), wanted.questions, path="questions.{}.")
    write_questions(assessment, wanted.questions)
    session.add(assessment)
    await session.flush()
    await outbox.record(session, assessment_event(AssessmentCreated, assessment, len(assessment.questions)))
    return assessment


async def change_assessment(
    session: AsyncSession, user: Identity, assessment_id: int, wanted: AssessmentWrite, *, now: datetime
) -> Assessment:
    """Give the fields that were sent their new values; `questions`, if sent, are all there are to be.

    Attempts, under way or done, are not touched: each has its own paper and passing score. What another scoring policy
    makes of them is told in the background. Raises NotFound, PermissionDenied or Invalid.
    """
    assessment = await lock_to_edit(session, user, assessment_id)
    sent = wanted.model_fields_set
    if "lesson" in sent and wanted.lesson != assessment.lesson_id:
        raise Invalid(lesson="An assessment stays on its lesson; make a new one on the other.")
    if "scoring_policy" in sent and wanted.scoring_policy != assessment.scoring_policy:
        assessment.policy_changed_at = now
    for name, value in _sent(wanted, sent & (RULES | {"title"})).items():
        setattr(assessment, name, value)
    check_window(assessment)
    if "draws" in sent:
        assessment.draws = await check_draws(session, user, assessment.draws, wanted.draws)
    if "questions" in sent:
        await check_rubrics(session, user, assessment.questions, wanted.questions, path="questions.{}.")
        write_questions(assessment, wanted.questions)
    await tell_changed(session, assessment, now=now)
    return assessment


async def tell_changed(session: AsyncSession, assessment: Assessment, *, now: datetime) -> None:
    """Finish a change of an assessment or its questions: write it, and record that it happened."""
    assessment.updated_date = now
    assessment.revision += 1
    await session.flush()
    await outbox.record(session, assessment_event(AssessmentUpdated, assessment, len(assessment.questions)))


async def delete_assessment(session: AsyncSession, user: Identity, assessment_id: int, *, now: datetime) -> None:
    """Take the assessment away; attempts under way can be finished. Raises NotFound or PermissionDenied."""
    assessment = await lock_to_edit(session, user, assessment_id)
    await _delete(session, [assessment], now)


async def delete_assessments_off(
    session: AsyncSession, course_id: int, lesson_ids: Collection[int], *, now: datetime
) -> None:
    """Take away the assessments of a course whose lessons are not among these. The course is locked by the caller."""
    stray = select(Assessment).where(
        Assessment.course_id == course_id, ~Assessment.is_deleted, Assessment.lesson_id.not_in(lesson_ids)
    )
    gone = await session.scalars(
        stray.order_by(Assessment.id).with_for_update().execution_options(populate_existing=True)
    )
    await _delete(session, gone.all(), now)


async def _delete(session: AsyncSession, assessments: Collection[Assessment], now: datetime) -> None:
    if not assessments:
        return
    counts = await _count_questions(session, [assessment.id for assessment in assessments])
    for assessment in assessments:
        assessment.is_deleted = True
        assessment.updated_date = now
        assessment.revision += 1
    await session.flush()
    facts = [assessment_event(AssessmentDeleted, one, counts.get(one.id, 0)) for one in assessments]
    await outbox.record(session, *facts)


async def _count_questions(session: AsyncSession, assessment_ids: Collection[int]) -> dict[int | None, int]:
    counted = select(Question.assessment_id, func.count()).where(Question.assessment_id.in_(assessment_ids))
    return {row[0]: row[1] for row in await session.execute(counted.group_by(Question.assessment_id))}


def _sent(wanted: AssessmentWrite, names: Collection[str]) -> dict[str, Any]:
    return {name: getattr(wanted, name) for name in names}


async def lock_to_edit(session: AsyncSession, user: Identity, assessment_id: int) -> Assessment:
    """The assessment with its questions, locked for the course's staff. Raises NotFound or PermissionDenied."""
    check_may_edit(await get_access(session, user, assessment_id))
    assessment = await lock_assessment(session, assessment_id)
    if assessment is None:
        raise NotFound
    return assessment


async def _lock_course_of(session: AsyncSession, user: Identity, lesson_id: int) -> Course:
    """The lesson's course, locked: its lessons stay, and nobody else puts an assessment on them meanwhile."""
    of_lesson = select(Lesson.course_id).where(Lesson.lesson_id == lesson_id).scalar_subquery()
    course = await session.scalar(select(Course).where(Course.course_id == of_lesson).with_for_update())
    taken = exists().where(Assessment.lesson_id == lesson_id, ~Assessment.is_deleted)
    # Asked only now: what was there before the lock may have changed while waiting for it.
    is_taken = await session.scalar(select(taken).select_from(Lesson).where(Lesson.lesson_id == lesson_id))
    if course is None or is_taken is None or not may_build(user, course.staff, is_published=course.is_published):
        raise Invalid(lesson="There is no such lesson.")
    if is_taken:
        raise Invalid(lesson="This lesson has an assessment already.")
    return course
