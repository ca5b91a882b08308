"""Giving closed attempts their scores: by machine, and by hand what a machine cannot grade."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from assessment.commands.standings import tell_graded
from assessment.domain.given import Given, given_before
from assessment.domain.paper import Item, Paper
from assessment.domain.rights import check_may_grade
from assessment.domain.rubrics import points_by_rubric
from assessment.domain.scoring import Grade, grade_item, is_passed, total
from assessment.models import Attempt, AttemptAnswer
from assessment.queries.access import get_access_to_attempt
from assessment.schemas.grading import GradeWrite
from assessment.store import get_answers, with_assessment
from shared.auth import Identity
from shared.errors import Invalid, NotFound


async def grade_attempts(session: AsyncSession, attempts: Collection[Attempt]) -> Sequence[AttemptAnswer]:
    """Grade attempts that were just closed, and tell it; returns their answers. They are locked by the caller."""
    if not attempts:
        return ()
    answers = await score_attempts(session, attempts)
    for attempt in attempts:
        attempt.revision += 1
    await session.flush()
    await tell_graded(session, attempts)
    return answers


async def score_attempts(session: AsyncSession, attempts: Collection[Attempt]) -> Sequence[AttemptAnswer]:
    """Give every answer its points, save those that a person graded, and the attempts what follows from them.

    Returns the answers.
    """
    with session.no_autoflush:  # the attempts are written once, with their scores
        answers = await get_answers(session, [attempt.id for attempt in attempts])
    papers = {attempt.id: Paper.model_validate(attempt.paper) for attempt in attempts}
    by_machine = [answer for answer in answers if answer.graded_by is None]
    asked = [(papers[answer.attempt_id], answer.question_id, given_before(answer)) for answer in by_machine]
    # In a thread: patterns may take milliseconds.
    for answer, grade in zip(by_machine, await asyncio.to_thread(_grade_all, asked), strict=True):
        answer.awaits_grade = grade is None
        answer.points_earned, answer.is_correct = (grade.points, grade.is_correct) if grade else (None, None)
    given: dict[int, list[AttemptAnswer]] = defaultdict(list)
    for answer in answers:
        given[answer.attempt_id].append(answer)
    for attempt in attempts:
        settle(attempt, given[attempt.id])
    return answers


async def grade_answer(
    session: AsyncSession, user: Identity, answer_id: int, wanted: GradeWrite, *, now: datetime
) -> tuple[Attempt, AttemptAnswer]:
    """Grade an answer by hand, also one that was graded before. The last one that was missing closes the attempt.

    Raises NotFound, PermissionDenied, or Invalid while the attempt is under way.
    """
    attempt, answer = await _lock_answer(session, user, answer_id)
    item = Paper.model_validate(attempt.paper).item(answer.question_id)
    if item is None:
        raise NotFound
    answer.points_earned = _points_of(item, wanted)
    answer.is_correct = answer.points_earned == item.worth
    if "feedback" in wanted.model_fields_set:
        answer.feedback = wanted.feedback
    if wanted.rubric_grades is not None:
        answer.rubric_grades = [grade.model_dump(mode="json") for grade in wanted.rubric_grades]
    answer.awaits_grade, answer.graded_by, answer.graded_at = False, user.user_id, now
    before = attempt.score
    settle(attempt, await get_answers(session, [attempt.id]))
    if before is not None and before != attempt.score:
        attempt.previous_score = before
    attempt.revision += 1
    await session.flush()
    if attempt.status == "graded":
        await tell_graded(session, [attempt])
    return attempt, answer


def _grade_all(asked: Sequence[tuple[Paper, int, Given]]) -> list[Grade | None]:
    grades = []
    for paper, question_id, given in asked:
        item = paper.item(question_id)
        grades.append(grade_item(paper, item, given) if item else Grade(Decimal(0), is_correct=False))
    return grades


def settle(attempt: Attempt, answers: Sequence[AttemptAnswer]) -> None:
    """Status, score and pass of a closed attempt, as its answers are graded now."""
    if any(answer.awaits_grade for answer in answers):
        attempt.status, attempt.score, attempt.passed = "pending_review", None, None
        return
    attempt.status = "graded"
    attempt.score = total(answer.points_earned or Decimal(0) for answer in answers)
    attempt.passed = is_passed(attempt.score, attempt.max_score, attempt.passing_score)


def _points_of(item: Item, wanted: GradeWrite) -> Decimal:
    by_rubric = None
    if wanted.rubric_grades is not None:
        if item.rubric is None:
            raise Invalid(rubric_grades="The question has no rubric.")
        by_rubric = points_by_rubric(item.rubric, wanted.rubric_grades, item.worth)
    points = by_rubric if wanted.points_earned is None else wanted.points_earned
    if points is None:
        raise Invalid(points_earned="Give the points, or a grade for each criterion of the rubric.")
    if points > item.worth:
        raise Invalid(points_earned=f"The question is worth {item.worth} points.")
    return points


async def _lock_answer(session: AsyncSession, user: Identity, answer_id: int) -> tuple[Attempt, AttemptAnswer]:
    attempt_id = await session.scalar(select(AttemptAnswer.attempt_id).where(AttemptAnswer.id == answer_id))
    if attempt_id is None:
        raise NotFound
    attempt = await session.scalar(with_assessment(select(Attempt).where(Attempt.id == attempt_id)))
    if attempt is None:
        raise NotFound
    check_may_grade(await get_access_to_attempt(session, user, attempt_id), is_own=attempt.user_id == user.user_id)
    if attempt.status == "in_progress":
        raise Invalid(non_field_errors="The attempt is under way; its answers can be graded once it is completed.")
    answer = await session.get(AttemptAnswer, answer_id, populate_existing=True)
    if answer is None:
        raise NotFound
    return attempt, answer
