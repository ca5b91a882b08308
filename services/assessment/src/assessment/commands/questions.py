"""Changing one question, or one answer of it. The whole stays well-formed: a question is checked as it becomes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from assessment.commands.assessments import lock_to_edit, tell_changed
from assessment.commands.rubrics import check_rubrics
from assessment.commands.writing import as_written, write_question
from assessment.domain.questions import check_question, fill_orders
from assessment.models import Answer, Assessment, Question
from assessment.schemas.assessments import MOST_QUESTIONS
from assessment.schemas.questions import AnswerWrite, QuestionCreate, QuestionWrite
from shared.auth import Identity
from shared.errors import Invalid, NotFound


async def add_question(session: AsyncSession, user: Identity, wanted: QuestionCreate, *, now: datetime) -> Question:
    """Raises Invalid, NotFound, or PermissionDenied unless staff of the course."""
    assessment = await lock_to_edit(session, user, wanted.assessment)
    if len(assessment.questions) >= MOST_QUESTIONS:
        raise Invalid(assessment=f"An assessment has at most {MOST_QUESTIONS} questions.")
    await check_rubrics(session, user, (), [wanted], path="")
    alone = wanted.model_copy(update={"id": None})
    question = Question(answers=[])
    assessment.questions.append(question)
    await _write(session, assessment, question, alone, now)
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
    assessment, question = await _lock(session, user, question_id)
    assessment.questions.remove(question)
    await tell_changed(session, assessment, now=now)


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


async def _lock(session: AsyncSession, user: Identity, question_id: int) -> tuple[Assessment, Question]:
    assessment_id = await session.scalar(select(Question.assessment_id).where(Question.id == question_id))
    if assessment_id is None:
        raise NotFound
    assessment = await lock_to_edit(session, user, assessment_id)
    question = next((question for question in assessment.questions if question.id == question_id), None)
    if question is None:  # deleted while we waited
        raise NotFound
    return assessment, question


async def _lock_answer(session: AsyncSession, user: Identity, answer_id: int) -> tuple[Assessment, Question]:
    question_id = await session.scalar(select(Answer.question_id).where(Answer.id == answer_id))
    if question_id is None:
        raise NotFound
    assessment, question = await _lock(session, user, question_id)
    if all(answer.id != answer_id for answer in question.answers):
        raise NotFound
    return assessment, question


async def _write(
    session: AsyncSession, assessment: Assessment, question: Question, wanted: QuestionWrite, now: datetime
) -> None:
    check_question(wanted)
    others = [other.order for other in assessment.questions if other is not question]
    if wanted.order in others:
        raise Invalid(order="Another question has this place.")
    write_question(question, wanted, fill_orders([*others, wanted.order])[-1])
    await tell_changed(session, assessment, now=now)


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
