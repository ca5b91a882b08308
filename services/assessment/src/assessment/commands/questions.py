"""Changing one question, or one answer of it. The whole stays well-formed: a question is checked as it becomes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from assessment.commands.assessments import lock_to_edit, tell_changed
from assessment.commands.banks import lock_bank, next_order
from assessment.commands.rubrics import check_rubrics
from assessment.commands.writing import as_written, write_question
from assessment.domain.questions import check_question, fill_orders
from assessment.models import Answer, Assessment, Question, QuestionBank
from assessment.schemas.assessments import MOST_QUESTIONS
from assessment.schemas.questions import AnswerWrite, QuestionCreate, QuestionWrite
from shared.auth import Identity
from shared.errors import Invalid, NotFound

Place = Assessment | QuestionBank
"""Where a question belongs; it is locked for a change of the question."""


async def add_question(session: AsyncSession, user: Identity, wanted: QuestionCreate, *, now: datetime) -> Question:
    """Raises Invalid, NotFound, or PermissionDenied unless staff of the course."""
    if (wanted.assessment is None) == (wanted.bank is None):
        raise Invalid(assessment="Name an assessment, or a bank in its place.")
    question, alone = Question(answers=[]), wanted.model_copy(update={"id": None})
    place: Place
    if wanted.assessment is not None:
        place = await lock_to_edit(session, user, wanted.assessment)
        if len(place.questions) >= MOST_QUESTIONS:
            raise Invalid(assessment=f"An assessment has at most {MOST_QUESTIONS} questions.")
    else:
        place = await lock_bank(session, user, wanted.bank or 0)
        order = await next_order(session, place, 1)
        alone = alone.model_copy(update={"order": order if wanted.order is None else wanted.order})
    await check_rubrics(session, user, (), [wanted], path="")
    check_question(alone)
    if isinstance(place, Assessment):
        place.questions.append(question)
    else:
        question.bank_id = place.id
    await _write(session, place, question, alone, now)
    session.add(question)
    await session.flush()
    return question


async def change_question(
    session: AsyncSession, user: Identity, question_id: int, wanted: QuestionWrite, *, now: datetime
) -> Question:
    """Give the fields that were sent their new values. Raises Invalid, NotFound or PermissionDenied."""
    assessment, question = await _lock(session, user, question_id)
    merged = _merged(as_written(question), wanted, without={"id", "order"} if wanted.order is None else {"id"})
    await check_rubrics(session, user, [question], [merged], path="")
    await _write(session, assessment, question, merged, now)
    return question


async def delete_question(session: AsyncSession, user: Identity, question_id: int, *, now: datetime) -> None:
    """Attempts keep it in their papers. Raises NotFound or PermissionDenied."""
    place, question = await _lock(session, user, question_id)
    if isinstance(place, Assessment):
        place.questions.remove(question)
    else:
        await session.delete(question)
    await _finish(session, place, now)


async def add_answer(
    session: AsyncSession, user: Identity, question_id: int, wanted: AnswerWrite, *, now: datetime
) -> Answer:
    """A correct one more of a `multiple_choice` takes the place of the correct one. As `add_question`."""
    assessment, question = await _lock(session, user, question_id)
    _check_offers(question)
    known = {answer.id for answer in question.answers}
    written = as_written(question)
    new = wanted.model_copy(update={"id": None})
    await _write(session, assessment, question, _with_answers(written, [*written.answers, new], new), now)
    return next(answer for answer in question.answers if answer.id not in known)


async def change_answer(
    session: AsyncSession, user: Identity, answer_id: int, wanted: AnswerWrite, *, now: datetime
) -> Answer:
    """Making one of a `multiple_choice` or `true_false` correct makes the others not. As `change_question`."""
    assessment, question = await _lock_answer(session, user, answer_id)
    written = as_written(question)
    before = next(answer for answer in written.answers if answer.id == answer_id)
    after = _merged(before, wanted, without={"id", "order"} if wanted.order is None else {"id"})
    answers = [after if answer.id == answer_id else answer for answer in written.answers]
    await _write(session, assessment, question, _with_answers(written, answers, after), now)
    return next(answer for answer in question.answers if answer.id == answer_id)


async def delete_answer(session: AsyncSession, user: Identity, answer_id: int, *, now: datetime) -> None:
    """Raises Invalid when the question could not do without it, NotFound or PermissionDenied."""
    assessment, question = await _lock_answer(session, user, answer_id)
    _check_offers(question)
    written = as_written(question)
    answers = [answer for answer in written.answers if answer.id != answer_id]
    await _write(session, assessment, question, written.model_copy(update={"answers": answers}), now)


async def _lock(session: AsyncSession, user: Identity, question_id: int) -> tuple[Place, Question]:
    where = select(Question.assessment_id, Question.bank_id).where(Question.id == question_id)
    row = (await session.execute(where)).one_or_none()
    if row is None:
        raise NotFound
    place: Place
    if row.assessment_id is not None:
        place = await lock_to_edit(session, user, row.assessment_id)
    else:
        place = await lock_bank(session, user, row.bank_id)
    # Asked only now: it may have been deleted while we waited for the lock.
    own = select(Question).where(Question.id == question_id).options(selectinload(Question.answers))
    question = await session.scalar(own.execution_options(populate_existing=True))
    if question is None:
        raise NotFound
    return place, question


async def _lock_answer(session: AsyncSession, user: Identity, answer_id: int) -> tuple[Place, Question]:
    question_id = await session.scalar(select(Answer.question_id).where(Answer.id == answer_id))
    if question_id is None:
        raise NotFound
    assessment, question = await _lock(session, user, question_id)
    if all(answer.id != answer_id for answer in question.answers):
        raise NotFound
    return assessment, question


async def _write(session: AsyncSession, place: Place, question: Question, wanted: QuestionWrite, now: datetime) -> None:
    check_question(wanted)
    neighbours = place.questions if isinstance(place, Assessment) else ()
    others = [other.order for other in neighbours if other is not question]
    if wanted.order in others:
        raise Invalid(order="Another question has this place.")
    write_question(question, wanted, fill_orders([*others, wanted.order])[-1])
    await _finish(session, place, now)


async def _finish(session: AsyncSession, place: Place, now: datetime) -> None:
    if isinstance(place, Assessment):
        await tell_changed(session, place, now=now)
    else:
        place.updated_date = now
        await session.flush()


def _with_answers(question: QuestionWrite, answers: Sequence[AnswerWrite], last: AnswerWrite) -> QuestionWrite:
    """The question with these answers; where only one may be correct, it is the last one that was said to be."""
    if question.question_type == "true_false":
        config = question.config.model_copy(update={"correct_answer": _says_true(answers, last)})
        return question.model_copy(update={"answers": list(answers), "config": config})
    if question.question_type == "multiple_choice" and last.is_correct:
        answers = [answer.model_copy(update={"is_correct": answer is last}) for answer in answers]
    return question.model_copy(update={"answers": list(answers)})


def _says_true(answers: Sequence[AnswerWrite], last: AnswerWrite) -> bool:
    return last.is_correct if last is answers[0] else not last.is_correct


def _check_offers(question: Question) -> None:
    if question.question_type == "true_false":
        raise Invalid(question="A true_false question has its two answers, made from config.correct_answer.")


def _merged(before: Any, wanted: BaseModel, *, without: set[str]) -> Any:
    sent = wanted.model_fields_set & set(type(before).model_fields) - without
    return before.model_copy(update={name: getattr(wanted, name) for name in sent})
