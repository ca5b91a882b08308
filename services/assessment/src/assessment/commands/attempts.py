"""Starting and closing attempts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from assessment.commands.banks import draw_questions
from assessment.commands.grading import grade_attempts
from assessment.commands.rubrics import use_rubrics
from assessment.commands.standings import get_standing
from assessment.domain.answering import GRACE
from assessment.domain.facts import attempt_event
from assessment.domain.overriding import expiry, personal_rules
from assessment.domain.paper import Paper, draw_paper
from assessment.domain.rights import check_may_attempt
from assessment.domain.starting import AssessmentNotAvailable, check_may_start
from assessment.models import Assessment, Attempt, Enrollment, Override
from assessment.queries.access import get_access
from assessment.queries.overrides import get_override
from assessment.store import LEARNING, lock_assessment, lock_attempt
from shared import outbox
from shared.auth import Identity
from shared.contracts.assessment.events import AttemptEvent, AttemptExtended, AttemptStarted
from shared.errors import NotFound

BATCH = 100


@dataclass(frozen=True)
class Origin:
    """Where a learner works from."""

    ip_address: str | None
    user_agent: str


async def start_attempt(
    session: AsyncSession, learner: Identity, assessment_id: int, *, now: datetime, origin: Origin, random: Random
) -> tuple[Attempt, bool]:
    """The learner's open attempt, and whether it was started just now: the one there is, or else a new one.

    Raises NotFound, EnrollmentRequired, AssessmentNotAvailable, AttemptLimitExceeded or CooldownActive. Repeating it
    is safe, also twice at once: whoever starts holds the learner's enrollment.
    """
    access = check_may_attempt(await get_access(session, learner, assessment_id))
    assessment = await lock_assessment(session, assessment_id, share=True)
    if assessment is None:
        raise NotFound
    await _lock_enrollment(session, learner, access.course_id)
    attempts = await _list_own(session, learner, assessment_id)
    if attempts and attempts[-1].status == "in_progress":
        await session.refresh(attempts[-1], ["paper"])
        return attempts[-1], False
    rules = personal_rules(assessment, await get_override(session, assessment_id, learner.user_id))
    check_may_start(assessment, rules, attempts, now)
    drawn = await draw_questions(session, assessment, random)
    if not (assessment.questions or drawn):
        raise AssessmentNotAvailable("The assessment has no questions yet.")
    rubrics = await use_rubrics(session, [*assessment.questions, *drawn])
    paper = draw_paper(assessment, drawn, random, rubrics)
    attempt = _new_attempt(assessment, learner, len(attempts) + 1, paper, now, origin)
    attempt.expires_at = expiry(now, paper.time_limit, rules)
    session.add(attempt)
    await session.flush()
    await _tell_running(session, AttemptStarted, attempt, assessment)
    return attempt, True


async def extend_open_attempt(session: AsyncSession, assessment: Assessment, override: Override) -> None:
    """Give the learner's running attempt the time that was granted; less does not cut it."""
    running = select(Attempt).where(
        Attempt.assessment_id == override.assessment_id,
        Attempt.user_id == override.user_id,
        Attempt.status == "in_progress",
    )
    attempt = await session.scalar(running.with_for_update().execution_options(populate_existing=True))
    if attempt is None or attempt.expires_at is None:
        return
    paper = Paper.model_validate(attempt.paper)
    until = expiry(attempt.start_time, paper.time_limit, personal_rules(assessment, override))
    if until is not None and until > attempt.expires_at:
        attempt.expires_at = until
        attempt.revision += 1
        await session.flush()
        await _tell_running(session, AttemptExtended, attempt, assessment)


async def complete_attempt(session: AsyncSession, learner: Identity, attempt_id: int, *, now: datetime) -> None:
    """Close one's attempt and grade it. One that is closed stays as it is. Raises NotFound."""
    attempt = await lock_attempt(session, attempt_id, learner.user_id)
    if attempt is None:
        raise NotFound
    if attempt.status == "in_progress":
        attempt.end_time = min(now, attempt.expires_at or now)
        attempt.submitted_by = "user"
        await grade_attempts(session, [attempt])


async def complete_overdue(
    session: AsyncSession, *, now: datetime, only: ColumnElement[bool] | None = None, limit: int = BATCH
) -> int:
    """Close attempts whose time and grace are over, as of when their time was up; returns how many.

    Of all attempts, those that nobody else is closing; with `only`, these, waiting for whoever is.
    """
    overdue = select(Attempt).where(Attempt.status == "in_progress", Attempt.expires_at < now - GRACE)
    overdue = overdue.where(true() if only is None else only).order_by(Attempt.id).limit(limit)
    attempts = (await session.scalars(overdue.with_for_update(skip_locked=only is None))).all()
    for attempt in attempts:
        attempt.end_time = attempt.expires_at
        attempt.submitted_by = "system"
    await grade_attempts(session, attempts)
    return len(attempts)


async def _tell_running(
    session: AsyncSession, kind: type[AttemptEvent], attempt: Attempt, assessment: Assessment
) -> None:
    told = await get_standing(session, assessment, attempt.user_id)
    fact = attempt_event(kind, attempt, assessment, has_passed=told.has_passed, standing_version=told.version)
    await outbox.record(session, fact)


async def _lock_enrollment(session: AsyncSession, learner: Identity, course_id: int) -> None:
    own = select(Enrollment.enrollment_id).where(
        Enrollment.user_id == learner.user_id, Enrollment.course_id == course_id, Enrollment.status.in_(LEARNING)
    )
    await session.execute(own.order_by(Enrollment.enrollment_id).with_for_update())


async def _list_own(session: AsyncSession, learner: Identity, assessment_id: int) -> Sequence[Attempt]:
    own = select(Attempt).where(Attempt.assessment_id == assessment_id, Attempt.user_id == learner.user_id)
    return (await session.scalars(own.options(defer(Attempt.paper)).order_by(Attempt.attempt_number))).all()


def _new_attempt(
    assessment: Assessment, learner: Identity, number: int, paper: Paper, now: datetime, origin: Origin
) -> Attempt:
    return Attempt(
        revision=1,
        assessment_id=assessment.id,
        user_id=learner.user_id,
        attempt_number=number,
        status="in_progress",
        paper=paper.model_dump(mode="json"),
        passing_score=assessment.passing_score,
        max_score=paper.max_score,
        start_time=now,
        ip_address=origin.ip_address,
        user_agent=origin.user_agent,
    )
