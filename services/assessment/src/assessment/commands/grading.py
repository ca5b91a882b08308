"""Giving closed attempts their scores."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from assessment.domain.answering import chosen_before
from assessment.domain.facts import attempt_event
from assessment.domain.paper import Paper
from assessment.domain.scoring import grade_item, is_passed, total
from assessment.domain.standing import standing
from assessment.models import Assessment, Attempt, AttemptAnswer
from assessment.queries.standings import list_results
from assessment.store import get_answers
from shared import outbox
from shared.contracts.assessment.events import AttemptGraded


async def grade_attempts(session: AsyncSession, attempts: Collection[Attempt]) -> None:
    """Grade attempts that were just closed, and tell it. They are locked by the caller."""
    if not attempts:
        return
    given: dict[int, list[AttemptAnswer]] = defaultdict(list)
    for answer in await get_answers(session, [attempt.id for attempt in attempts]):
        given[answer.attempt_id].append(answer)
    for attempt in attempts:
        _grade(attempt, given[attempt.id])
    await session.flush()
    await _tell(session, attempts)


def _grade(attempt: Attempt, answers: Sequence[AttemptAnswer]) -> None:
    paper = Paper.model_validate(attempt.paper)
    items = {item.question_id: item for item in paper.items}
    for answer in answers:
        grade = grade_item(paper, items[answer.question_id], chosen_before(answer))
        answer.points_earned, answer.is_correct = grade.points, grade.is_correct
    attempt.score = total(answer.points_earned or Decimal(0) for answer in answers)
    attempt.passed = is_passed(attempt.score, attempt.max_score, attempt.passing_score)
    attempt.status = "graded"
    attempt.revision += 1


async def _tell(session: AsyncSession, attempts: Collection[Attempt]) -> None:
    results = await list_results(session, {(attempt.assessment_id, attempt.user_id) for attempt in attempts})
    asked = select(Assessment).where(Assessment.id.in_({attempt.assessment_id for attempt in attempts}))
    assessments = {assessment.id: assessment for assessment in await session.scalars(asked)}
    facts = []
    for attempt in attempts:
        assessment = assessments[attempt.assessment_id]
        own = results[attempt.assessment_id, attempt.user_id]
        has_passed = standing(assessment.scoring_policy, own).passed
        facts.append(attempt_event(AttemptGraded, attempt, assessment, has_passed=has_passed))
    await outbox.record(session, *facts)
