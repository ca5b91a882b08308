"""Scoring attempts anew after a key was mended."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from assessment.commands.grading import score_attempts
from assessment.commands.standings import tell_graded
from assessment.domain.mending import mended_paper
from assessment.domain.paper import Paper
from assessment.domain.rights import check_may_edit
from assessment.models import Attempt, AttemptStatus, Question
from assessment.queries.access import get_access
from assessment.store import lock_assessment
from shared.auth import Identity
from shared.errors import NotFound

BATCH = 25


@dataclass(frozen=True)
class Batch:
    """What was done. `last_id` is where the next batch begins; None when nothing is left."""

    attempts: int
    changed: int
    last_id: int | None


async def regrade_batch(session: AsyncSession, user: Identity, assessment_id: int, *, after: int = 0) -> Batch:
    """Score the next attempts by the key of now; their old scores stay in `previous_score`.

    What a person graded stays, and what questions are worth. Attempts under way get the new key. Repeating it changes
    nothing more. Raises NotFound or PermissionDenied.
    """
    check_may_edit(await get_access(session, user, assessment_id))
    assessment = await lock_assessment(session, assessment_id, share=True)
    if assessment is None:
        raise NotFound
    next_ = select(Attempt).where(Attempt.assessment_id == assessment_id, Attempt.id > after, ~Attempt.is_erased)
    locked = next_.order_by(Attempt.id).limit(BATCH).with_for_update().execution_options(populate_existing=True)
    attempts = (await session.scalars(locked)).all()
    questions = await _questions_of(session, attempts)
    # In a thread: papers are long.
    papers = await asyncio.to_thread(_mended, [attempt.paper for attempt in attempts], questions)
    for attempt, paper in zip(attempts, papers, strict=True):
        attempt.paper = paper
    closed = [attempt for attempt in attempts if attempt.status != "in_progress"]
    changed = await _score_anew(session, closed)
    return Batch(len(closed), changed, attempts[-1].id if len(attempts) == BATCH else None)


async def _questions_of(session: AsyncSession, attempts: Sequence[Attempt]) -> dict[int, Question]:
    """As they are now, by id: those asked, whether of the assessment or drawn from a bank."""
    ids = {item["question_id"] for attempt in attempts for item in attempt.paper["items"]}
    asked = select(Question).where(Question.id.in_(ids)).options(selectinload(Question.answers))
    return {question.id: question for question in await session.scalars(asked)}


async def _score_anew(session: AsyncSession, attempts: Sequence[Attempt]) -> int:
    before: dict[int, tuple[AttemptStatus, Decimal | None]] = {one.id: (one.status, one.score) for one in attempts}
    if attempts:
        await score_attempts(session, attempts)
    changed = [attempt for attempt in attempts if (attempt.status, attempt.score) != before[attempt.id]]
    for attempt in changed:
        attempt.previous_score = before[attempt.id][1] if before[attempt.id][1] is not None else attempt.previous_score
        attempt.revision += 1
    await session.flush()
    if changed:
        await tell_graded(session, changed)
    return len(changed)


def _mended(papers: Sequence[dict[str, Any]], questions: dict[int, Question]) -> list[dict[str, Any]]:
    return [mended_paper(Paper.model_validate(paper), questions).model_dump(mode="json") for paper in papers]
