"""Copying assessments along with their course."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from assessment.commands.writing import as_written, write_question
from assessment.domain.facts import assessment_event
from assessment.models import Assessment, Course, Lesson, Question
from assessment.schemas.assessments import AssessmentRules
from assessment.store import with_questions
from shared import outbox
from shared.contracts.assessment.events import AssessmentCreated


async def clone_assessments(
    session: AsyncSession, source_course_id: int, course_id: int, lesson_ids: Mapping[int, int], *, now: datetime
) -> None:
    """Put a copy of each assessment of the source on the lesson that its own lesson became in the copied course.

    `lesson_ids` is lesson in the source → lesson in the copy. Lessons that left the copy meanwhile, have an assessment,
    or were given a copy before are passed over: repeating it does nothing, also after a copy was deleted.
    """
    course = await session.scalar(select(Course).where(Course.course_id == course_id).with_for_update())
    if course is None or course.is_deleted:
        return
    free = await _free_lessons(session, course_id, lesson_ids)
    wanted = select(Assessment).where(
        Assessment.course_id == source_course_id, Assessment.lesson_id.in_(free), ~Assessment.is_deleted
    )
    sources = (await session.scalars(with_questions(wanted).order_by(Assessment.id))).all()
    copies = [_copy(source, course_id, free[source.lesson_id], now) for source in sources]
    if copies:
        session.add_all(copies)
        await session.flush()
        facts = [assessment_event(AssessmentCreated, copy, len(copy.questions)) for copy in copies]
        await outbox.record(session, *facts)


async def _free_lessons(session: AsyncSession, course_id: int, lesson_ids: Mapping[int, int]) -> dict[int, int]:
    """Those of the lessons that a copy can be put on."""
    there = set(await session.scalars(select(Lesson.lesson_id).where(Lesson.course_id == course_id)))
    held = select(Assessment.lesson_id).where(
        Assessment.lesson_id.in_(lesson_ids.values()), ~Assessment.is_deleted | Assessment.cloned_from.is_not(None)
    )
    free = there - set(await session.scalars(held))
    return {source: copy for source, copy in lesson_ids.items() if copy in free}


def _copy(source: Assessment, course_id: int, lesson_id: int, now: datetime) -> Assessment:
    return Assessment(
        revision=1,
        lesson_id=lesson_id,
        course_id=course_id,
        title=source.title,
        cloned_from=source.id,
        created_date=now,
        updated_date=now,
        is_deleted=False,
        draws=source.draws,
        questions=[_copy_question(question) for question in source.questions],
        **{name: getattr(source, name) for name in AssessmentRules.model_fields},
    )


def _copy_question(source: Question) -> Question:
    written = as_written(source)
    answers = [answer.model_copy(update={"id": None}) for answer in written.answers]
    question = Question(answers=[])
    write_question(question, written.model_copy(update={"id": None, "answers": answers}), source.order)
    return question
