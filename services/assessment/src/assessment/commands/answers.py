"""Saving answers while an attempt is open."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from assessment.domain.answering import check_may_replace, check_open, item_of
from assessment.domain.given import Given, check_attachment, given_in
from assessment.domain.paper import Item, Paper
from assessment.domain.scoring import grade_item
from assessment.domain.showing import show_answer
from assessment.models import AttemptAnswer
from assessment.schemas.attempts import Attachment, AttemptAnswerSave, AttemptAnswerView
from assessment.store import lock_attempt
from shared.auth import Identity
from shared.errors import NotFound


@dataclass(frozen=True)
class Saved:
    """An answer, and whether it is the first to its question."""

    view: AttemptAnswerView
    is_first: bool


@dataclass(frozen=True)
class Stored:
    """A file that was sent along, in storage."""

    key: str
    told: Attachment


async def save_answer(
    session: AsyncSession,
    learner: Identity,
    wanted: AttemptAnswerSave,
    *,
    attachment: Stored | None = None,
    now: datetime,
) -> Saved:
    """Keep the answer to one question of one's open attempt, in place of an earlier one.

    Without `attachment` a file attached before stays, unless the answer is taken back (an empty text).

    Raises NotFound, AttemptExpired, AttemptNotOpen, or Invalid when the question does not take it.
    """
    attempt = await lock_attempt(session, wanted.attempt_id, learner.user_id)
    if attempt is None:
        raise NotFound
    check_open(attempt, now)
    paper = Paper.model_validate(attempt.paper)
    item = item_of(paper, wanted.question_id)
    if attachment is not None:
        check_attachment(item)
    given = given_in(item, wanted)
    before = await _get_before(session, attempt.id, item.question_id)
    check_may_replace(paper, before, given)
    answer = before or AttemptAnswer(attempt_id=attempt.id, question_id=item.question_id, feedback="")
    _write(answer, item, given, now)
    _attach(answer, given, attachment)
    if paper.feedback_mode == "immediate" and not item.is_graded_by_hand:
        # In a thread: patterns may take milliseconds.
        grade = await asyncio.to_thread(grade_item, paper, item, given)
        answer.points_earned, answer.is_correct = (grade.points, grade.is_correct) if grade else (None, None)
    session.add(answer)
    await session.flush()
    return Saved(show_answer(attempt, paper, item, answer), is_first=before is None)


async def _get_before(session: AsyncSession, attempt_id: int, question_id: int) -> AttemptAnswer | None:
    saved = select(AttemptAnswer).where(
        AttemptAnswer.attempt_id == attempt_id, AttemptAnswer.question_id == question_id
    )
    return await session.scalar(saved)


def _write(answer: AttemptAnswer, item: Item, given: Given, now: datetime) -> None:
    match item.question_type:
        case "multiple_select":
            answer.selected_answer_ids = sorted(given.chosen)
        case "multiple_choice" | "true_false":
            (answer.selected_answer_id,) = given.chosen
        case "short_answer" | "essay":
            answer.text_answer = given.text
        case "fill_blank":
            answer.response = {"blanks": dict(given.blanks)}
        case "matching":
            pairs = sorted(given.pairs)
            answer.response = {"pairs": [{"left_id": left, "right_id": right} for left, right in pairs]}
    answer.answered_at = now


def _attach(answer: AttemptAnswer, given: Given, attachment: Stored | None) -> None:
    """The file that is no longer named is swept away later."""
    if attachment is not None:
        answer.attachment_key, answer.attachment = attachment.key, attachment.told.model_dump()
    elif given.is_empty:
        answer.attachment_key = answer.attachment = None
