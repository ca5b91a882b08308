"""Forgetting a user who asked for it."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import CursorResult, Delete, Update, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from assessment.commands.grading import grade_attempts, settle
from assessment.commands.standings import tell_graded
from assessment.models import Attempt, AttemptAnswer, Override
from assessment.store import get_answers, with_assessment
from shared import outbox
from shared.contracts.assessment.events import AssessmentUserDataErased


async def erase_user(session: AsyncSession, user_id: int, *, version: int, now: datetime) -> None:
    """Blank what the user wrote and where they came from; scores and choices stay, as numbers of nobody.

    Running attempts are closed first, and what waited for a person to grade earns nothing: its text is gone. Repeating
    it finds nothing more, and says so.
    """
    mine = select(Attempt.id).where(Attempt.user_id == user_id).order_by(Attempt.id)
    await session.execute(mine.with_for_update())
    await _close(session, user_id, now)
    of_mine = AttemptAnswer.attempt_id.in_(mine.order_by(None))
    answers = (
        update(AttemptAnswer)
        .where(
            of_mine,
            or_(
                AttemptAnswer.text_answer.is_not(None),
                AttemptAnswer.response.has_key("blanks"),
                AttemptAnswer.feedback != "",
                AttemptAnswer.rubric_grades.is_not(None),
                AttemptAnswer.attachment_key.is_not(None),
            ),
        )
        .values(text_answer=None, response=None, feedback="", rubric_grades=None, attachment_key=None, attachment=None)
    )
    attempts = update(Attempt).where(Attempt.user_id == user_id, ~Attempt.is_erased)
    attempts = attempts.values(ip_address=None, user_agent="", is_erased=True)
    erased = {
        "attempt_answers": await _count(session, answers),
        "attempts": await _count(session, attempts),
        "overrides": await _count(session, delete(Override).where(Override.user_id == user_id)),
    }
    await outbox.record(session, AssessmentUserDataErased(version=version, user_id=user_id, erased=erased))


async def _close(session: AsyncSession, user_id: int, now: datetime) -> None:
    """Let every attempt of the user be graded."""
    open_ = select(Attempt).where(Attempt.user_id == user_id, Attempt.status != "graded").order_by(Attempt.id)
    attempts = (await session.scalars(with_assessment(open_))).all()
    running = [attempt for attempt in attempts if attempt.status == "in_progress"]
    for attempt in running:
        attempt.end_time, attempt.submitted_by = min(now, attempt.expires_at or now), "system"
    await grade_attempts(session, running)
    await _settle_waiting(session, [attempt for attempt in attempts if attempt.status == "pending_review"])


async def _settle_waiting(session: AsyncSession, attempts: Sequence[Attempt]) -> None:
    if not attempts:
        return
    answers = await get_answers(session, [attempt.id for attempt in attempts])
    for answer in answers:
        if answer.awaits_grade:
            answer.awaits_grade, answer.points_earned, answer.is_correct = False, Decimal(0), False
    for attempt in attempts:
        settle(attempt, [answer for answer in answers if answer.attempt_id == attempt.id])
        attempt.revision += 1
    await session.flush()
    await tell_graded(session, attempts)


async def _count(session: AsyncSession, statement: Update | Delete) -> int:
    done = await session.execute(statement.execution_options(synchronize_session=False))
    assert isinstance(done, CursorResult)
    return done.rowcount
