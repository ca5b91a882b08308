"""Saving answers while an attempt is open."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from assessment.domain.answering import check_may_replace, check_open, chosen_in, item_of
from assessment.domain.paper import Item, Paper
from assessment.domain.scoring import grade_item
from assessment.domain.showing import show_answer
from assessment.models import AttemptAnswer
from assessment.schemas.attempts import AttemptAnswerSave, AttemptAnswerView
from assessment.store import lock_attempt
from shared.auth import Identity
from shared.errors import NotFound


@dataclass(frozen=True)
class Saved:
    """An answer, and whether it is the first to its question."""

    view: AttemptAnswerView
    is_first: bool


async def save_answer(session: AsyncSession, learner: Identity, wanted: AttemptAnswerSave, *, now: datetime) -> Saved:
    """Keep the answer to one question of one's open attempt, in place of an earlier one.

    Raises NotFound, AttemptExpired, AttemptNotOpen, or Invalid when the question does not take it.
    """
    attempt = await lock_attempt(session, wanted.attempt_id, learner.user_id)
    if attempt is None:
        raise NotFound
    check_open(attempt, now)
    paper = Paper.model_validate(attempt.paper)
    item = item_of(paper, wanted.question_id)
    chosen = chosen_in(item, wanted)
    before = await _get_before(session, attempt.id, item.question_id)
    check_may_replace(paper, before, chosen)
    answer = before or AttemptAnswer(attempt_id=attempt.id, question_id=item.question_id, feedback="")
    _write(answer, item, chosen, now)
    if paper.feedback_mode == "immediate":
        grade = grade_item(paper, item, chosen)
        answer.points_earned, answer.is_correct = grade.points, grade.is_correct
    session.add(answer)
    await session.flush()
    return Saved(show_answer(attempt, paper, item, answer), is_first=before is None)


async def _get_before(session: AsyncSession, attempt_id: int, question_id: int) -> AttemptAnswer | None:
    saved = select(AttemptAnswer).where(
        AttemptAnswer.attempt_id == attempt_id, AttemptAnswer.question_id == question_id
    )
    return await session.scalar(saved)


def _write(answer: AttemptAnswer, item: Item, chosen: frozenset[int], now: datetime) -> None:
    if item.question_type == "multiple_select":
        answer.selected_answer_ids = sorted(chosen)
    else:
        (answer.selected_answer_id,) = chosen
    answer.answered_at = now
