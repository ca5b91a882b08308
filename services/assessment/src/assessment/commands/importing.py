"""Making the assessments that came with an imported course."""

import asyncio
from datetime import datetime

import structlog
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from assessment.commands.writing import write_questions
from assessment.domain.facts import assessment_event
from assessment.domain.travelling import as_written
from assessment.domain.windows import check_window
from assessment.models import Assessment, Course, Import, Lesson
from assessment.schemas.assessments import AssessmentRules, AssessmentWrite
from shared import outbox
from shared.contracts.assessment.content import AssessmentContent
from shared.contracts.assessment.events import AssessmentCreated
from shared.errors import Invalid
from shared.fields import RowId

RULES = frozenset(AssessmentRules.model_fields)

_ID: TypeAdapter[int] = TypeAdapter(RowId)

log = structlog.get_logger()


async def take_import(session: AsyncSession, course_id: int, content: AssessmentContent, *, now: datetime) -> None:
    """Make the assessment once as long as its lesson has none: now, or when the copy of the course has the lesson.

    What could not have been written by a person is left out, and logged.
    """
    # In a thread: patterns are compiled.
    wanted, faults = await asyncio.to_thread(as_written, content)
    for fault in faults:
        log.warning("left out of an import", course_id=course_id, lesson_id=content.lesson_id, fault=fault)
    if wanted is None or not _is_id(course_id):
        return
    await lock_imports(session, course_id)
    row = insert(Import).values(
        lesson_id=wanted.lesson, course_id=course_id, content=wanted.model_dump(mode="json", exclude={"draws"})
    )
    taken = row.on_conflict_do_nothing(index_elements=[Import.lesson_id]).returning(Import.lesson_id)
    if await session.scalar(taken) is not None:
        await make_imported(session, course_id, now=now)


async def lock_imports(session: AsyncSession, course_id: int) -> None:
    """Let a course's copy and its imports arrive one after the other, so that the second sees the first.

    It is locked before the course, which may not be here yet.
    """
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("imports", course_id))))


async def make_imported(session: AsyncSession, course_id: int, *, now: datetime) -> None:
    """Make those imported assessments whose lessons the copy of the course has. Its imports are locked."""
    taken = select(Assessment.lesson_id).where(Assessment.course_id == course_id, ~Assessment.is_deleted)
    waiting = (
        select(Import)
        .join(Lesson, Lesson.lesson_id == Import.lesson_id)
        .where(Import.course_id == course_id, Lesson.course_id == course_id, Import.content.is_not(None))
        .order_by(Import.lesson_id)
    )
    imports = (await session.scalars(waiting.with_for_update(of=Import))).all()
    if not imports:
        return
    # Whoever puts an assessment on a lesson by hand holds the course.
    await session.execute(select(Course.course_id).where(Course.course_id == course_id).with_for_update())
    held = set(await session.scalars(taken))
    made = []
    for row in imports:
        wanted = AssessmentWrite.model_validate(row.content)
        row.content = None
        if row.lesson_id not in held:
            made.append(_make(course_id, wanted, now))
    session.add_all(made)
    await session.flush()
    facts = [assessment_event(AssessmentCreated, assessment, len(assessment.questions)) for assessment in made]
    await outbox.record(session, *facts)


def _make(course_id: int, wanted: AssessmentWrite, now: datetime) -> Assessment:
    assessment = Assessment(
        revision=1,
        lesson_id=wanted.lesson,
        course_id=course_id,
        title=wanted.title,
        created_date=now,
        updated_date=now,
        is_deleted=False,
        questions=[],
        draws=[],
        **wanted.model_dump(include=set(RULES)),
    )
    try:
        check_window(assessment)
    except Invalid as fault:
        log.warning("left out of an import", course_id=course_id, lesson_id=wanted.lesson, fault=str(fault))
        assessment.available_from = assessment.due_date = assessment.available_until = None
    write_questions(assessment, wanted.questions)
    return assessment


def _is_id(value: int) -> bool:
    try:
        _ID.validate_python(value)
    except ValidationError:
        return False
    return True
