"""What is held about one user."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from assessment.domain.describing import describe_override, describe_rubric
from assessment.domain.paper import feedback_mode_of
from assessment.domain.showing import show_attempt
from assessment.models import Assessment, Attempt, AttemptAnswer, Enrollment, Override, Rubric, Standing
from assessment.schemas.export import AttemptExport, EnrollmentExport, StandingExport, UserExport
from assessment.store import get_answers

MOST_ATTEMPTS = 200
MOST_ROWS = 1_000


async def export_user(session: AsyncSession, user_id: int, *, now: datetime) -> UserExport:
    """The latest of each kind, of attempts as much as the user may see. Seven statements."""
    own = select(Attempt, Assessment).join(Assessment, Assessment.id == Attempt.assessment_id)
    own = own.where(Attempt.user_id == user_id).order_by(Attempt.id.desc()).limit(MOST_ATTEMPTS)
    rows = [(row[0], row[1]) for row in await session.execute(own)]
    answers = await get_answers(session, [attempt.id for attempt, _ in rows])
    mine = Override.user_id == user_id
    overrides = await session.scalars(select(Override).where(mine).order_by(Override.assessment_id).limit(MOST_ROWS))
    made = select(Rubric).where(Rubric.owner_id == user_id, ~Rubric.is_deleted).order_by(Rubric.id.desc())
    rubrics = await session.scalars(made.limit(MOST_ROWS))
    return UserExport(
        exported_at=now,
        attempts_count=await session.scalar(select(func.count()).where(Attempt.user_id == user_id)) or 0,
        # In a thread: papers are long.
        attempts=await asyncio.to_thread(_show_attempts, rows, answers, now),
        standings=await _list_standings(session, user_id),
        overrides=[describe_override(override) for override in overrides],
        rubrics=[describe_rubric(rubric) for rubric in rubrics],
        enrollments=await _list_enrollments(session, user_id),
    )


async def _list_standings(session: AsyncSession, user_id: int) -> list[StandingExport]:
    own = select(Standing).where(Standing.user_id == user_id).order_by(Standing.assessment_id.desc()).limit(MOST_ROWS)
    return [
        StandingExport(assessment=one.assessment_id, has_passed=one.has_passed) for one in await session.scalars(own)
    ]


async def _list_enrollments(session: AsyncSession, user_id: int) -> list[EnrollmentExport]:
    own = select(Enrollment).where(Enrollment.user_id == user_id).order_by(Enrollment.enrollment_id.desc())
    return [
        EnrollmentExport(id=one.enrollment_id, course=one.course_id, status=one.status)
        for one in await session.scalars(own.limit(MOST_ROWS))
    ]


def _show_attempts(
    rows: Sequence[tuple[Attempt, Assessment]], answers: Sequence[AttemptAnswer], now: datetime
) -> list[AttemptExport]:
    given: dict[int, list[AttemptAnswer]] = defaultdict(list)
    for answer in answers:
        given[answer.attempt_id].append(answer)
    return [_show_attempt(attempt, assessment, given[attempt.id], now) for attempt, assessment in rows]


def _show_attempt(
    attempt: Attempt, assessment: Assessment, answers: Sequence[AttemptAnswer], now: datetime
) -> AttemptExport:
    mode = feedback_mode_of(assessment)
    shown = show_attempt(attempt, answers, feedback_mode=mode, to_staff=False, now=now)
    fields = {name: getattr(shown, name) for name in AttemptExport.model_fields if hasattr(shown, name)}
    # These are for staff to see, and the user's own.
    origin = {"ip_address": attempt.ip_address and str(attempt.ip_address), "user_agent": attempt.user_agent}
    return AttemptExport(**fields | origin, assessment_title=assessment.title)
