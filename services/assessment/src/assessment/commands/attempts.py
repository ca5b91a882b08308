"""Starting and closing attempts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from sqlalchemy import ColumnElement, and_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from assessment.commands.banks import draw_questions
from assessment.commands.grading import grade_attempts
from assessment.commands.rubrics import use_rubrics
from assessment.commands.standings import Told, fact_of, get_standing
from assessment.domain.answering import GRACE, is_overdue
from assessment.domain.overriding import expiry, personal_rules
from assessment.domain.paper import Paper, draw_paper
from assessment.domain.rights import EnrollmentRequired, check_may_attempt
from assessment.domain.standing import Result, standing
from assessment.domain.starting import AssessmentNotAvailable, check_may_start
from assessment.models import Assessment, Attempt, AttemptAnswer, Enrollment, Override, Standing
from assessment.queries.access import get_access
from assessment.store import LEARNING, get_answers, lock_assessment, lock_attempt, with_assessment
from shared import outbox
from shared.auth import Identity
from shared.contracts.assessment.events import AttemptExtended, AttemptStarted
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
    assessment = await lock_assessment(session, assessment_id, share=True)
    if assessment is None:
        raise NotFound
    learning = await _lock_enrollment(session, learner, assessment)
    if learning is None:
        check_may_attempt(await get_access(session, learner, assessment_id))
        raise EnrollmentRequired
    version, override = learning
    attempts = await _list_own(session, learner, assessment_id)
    if attempts and is_overdue(attempts[-1], now):
        await complete_overdue(session, now=now, only=Attempt.id == attempts[-1].id)
        return await start_attempt(session, learner, assessment_id, now=now, origin=origin, random=random)
    if attempts and attempts[-1].status == "in_progress":
        await session.refresh(attempts[-1], ["paper"])
        return attempts[-1], False
    rules = personal_rules(assessment, override)
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
    told = Told(standing(assessment.scoring_policy, _results_of(attempts)).passed, version or 0)
    await outbox.record(session, fact_of(AttemptStarted, attempt, assessment, told))
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
        told = await get_standing(session, assessment, attempt.user_id)
        await outbox.record(session, fact_of(AttemptExtended, attempt, assessment, told))


async def complete_attempt(
    session: AsyncSession, learner: Identity, attempt_id: int, *, now: datetime
) -> tuple[Attempt, Sequence[AttemptAnswer]]:
    """Close one's attempt and grade it; it is the server that closes one whose time and grace are over.

    One that is closed stays as it is. Raises NotFound.
    """
    attempt = await lock_attempt(session, attempt_id, learner.user_id)
    if attempt is None:
        raise NotFound
    if attempt.status != "in_progress":
        return attempt, await get_answers(session, [attempt_id])
    attempt.submitted_by = "system" if is_overdue(attempt, now) else "user"
    attempt.end_time = min(now, attempt.expires_at or now)
    return attempt, await grade_attempts(session, [attempt])


async def complete_overdue(
    session: AsyncSession, *, now: datetime, only: ColumnElement[bool] | None = None, limit: int = BATCH
) -> int:
    """Close attempts whose time and grace are over, as of when their time was up; returns how many.

    Of all attempts, those that nobody else is closing; with `only`, these, waiting for whoever is.
    """
    overdue = select(Attempt).where(Attempt.status == "in_progress", Attempt.expires_at < now - GRACE)
    overdue = overdue.where(true() if only is None else only).order_by(Attempt.id).limit(limit)
    attempts = (await session.scalars(with_assessment(overdue, skip_locked=only is None))).all()
    for attempt in attempts:
        attempt.end_time = attempt.expires_at
        attempt.submitted_by = "system"
    await grade_attempts(session, attempts)
    return len(attempts)


async def _lock_enrollment(
    session: AsyncSession, learner: Identity, assessment: Assessment
) -> tuple[int | None, Override | None] | None:
    """Of an enrolled learner, with the enrollment locked: the version of their standing, and what they are granted.

    None where they are not enrolled. The version is read before the results that are told with it; what is granted
    changes only while the assessment is locked.
    """
    statement = (
        select(Standing.version, Override)
        .select_from(Enrollment)
        .outerjoin(Standing, _own(Standing, learner, assessment.id))
        .outerjoin(Override, _own(Override, learner, assessment.id))
        .where(
            Enrollment.user_id == learner.user_id,
            Enrollment.course_id == assessment.course_id,
            Enrollment.status.in_(LEARNING),
        )
        .order_by(Enrollment.enrollment_id)
    )
    row = (await session.execute(statement.with_for_update(of=Enrollment))).first()
    return None if row is None else (row[0], row[1])


async def _list_own(session: AsyncSession, learner: Identity, assessment_id: int) -> Sequence[Attempt]:
    """The learner's attempts by number, without papers."""
    own = select(Attempt).where(_own(Attempt, learner, assessment_id))
    listed = own.options(defer(Attempt.paper)).order_by(Attempt.attempt_number)
    return (await session.scalars(listed.execution_options(populate_existing=True))).all()


def _own(table: type[Attempt | Override | Standing], learner: Identity, assessment_id: int) -> ColumnElement[bool]:
    return and_(table.assessment_id == assessment_id, table.user_id == learner.user_id)


def _results_of(attempts: Sequence[Attempt]) -> list[Result]:
    return [
        Result(attempt.attempt_number, attempt.score, attempt.max_score, attempt.passing_score)
        for attempt in attempts
        if attempt.score is not None
    ]


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
