"""Scoring attempts anew after a key was mended."""

import asyncio
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from assessment.commands.grading import score_attempts
from assessment.commands.standings import tell_graded
from assessment.domain.mending import mended_paper
from assessment.domain.paper import Paper
from assessment.domain.rights import check_may_edit
from assessment.models import Assessment, Attempt, Question
from assessment.queries.access import get_access
from assessment.store import with_assessment
from shared.auth import Identity
from shared.errors import NotFound
from shared.jobs import MOST_ROWS, Job, JobKind, JobStarted, start

REGRADE = "assessments.regrade"


async def start_regrade(session: AsyncSession, user: Identity, assessment_id: int) -> JobStarted:
    """Have all attempts scored by the key that the questions have when it is done. Raises NotFound or PermissionDenied.

    A row of the job is one attempt. Of very many the latest are taken: as many as a job has rows.
    """
    check_may_edit(await get_access(session, user, assessment_id))
    own = select(Attempt.id).where(Attempt.assessment_id == assessment_id, ~Attempt.is_erased)
    ids = (await session.scalars(own.order_by(Attempt.id.desc()).limit(MOST_ROWS))).all()
    rows = [{"attempt": id_} for id_ in sorted(ids)]
    return await start(session, kind=REGRADE, user_id=user.user_id, params={"assessment": assessment_id}, rows=rows)


async def regrade_row(session: AsyncSession, job: Job, params: dict[str, Any]) -> dict[str, Any]:
    """Score one attempt by the key of now; its old score stays in `previous_score`. Raises NotFound.

    What a person graded stays, and what questions are worth. An attempt under way gets the new key. Repeating it
    changes nothing more.
    """
    await session.execute(
        select(Assessment.id).where(Assessment.id == job.params["assessment"]).with_for_update(read=True)
    )
    present = select(Attempt).where(Attempt.id == params["attempt"], ~Attempt.is_erased)
    attempt = await session.scalar(with_assessment(present))
    if attempt is None:
        raise NotFound
    questions = await _questions_of(session, attempt)
    # In a thread: papers are long.
    attempt.paper = await asyncio.to_thread(_mended, attempt.paper, questions)
    before = attempt.score
    changed = attempt.status != "in_progress" and await _score_anew(session, attempt)
    return {
        "attempt_status": attempt.status,
        "changed": changed,
        "previous_score": None if before is None else float(before),
        "score": None if attempt.score is None else float(attempt.score),
    }


async def _questions_of(session: AsyncSession, attempt: Attempt) -> dict[int, Question]:
    """As they are now, by id: those asked, whether of the assessment or drawn from a bank."""
    ids = {item["question_id"] for item in attempt.paper["items"]}
    asked = select(Question).where(Question.id.in_(ids)).options(selectinload(Question.answers))
    return {question.id: question for question in await session.scalars(asked)}


async def _score_anew(session: AsyncSession, attempt: Attempt) -> bool:
    """Whether it made a difference."""
    status, score = attempt.status, attempt.score
    await score_attempts(session, [attempt])
    if (attempt.status, attempt.score) == (status, score):
        await session.flush()
        return False
    attempt.previous_score = attempt.previous_score if score is None else score
    attempt.revision += 1
    await session.flush()
    await tell_graded(session, [attempt])
    return True


def _mended(paper: dict[str, Any], questions: dict[int, Question]) -> dict[str, Any]:
    return mended_paper(Paper.model_validate(paper), questions).model_dump(mode="json")


# One attempt in a transaction: attempts are locked before standings, and two in one would lock the second after.
REGRADING = JobKind(REGRADE, row=regrade_row, batch=1)
