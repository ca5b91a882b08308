"""From a completed enrollment to its certificate.

Events note it and bring it forward; the schedule alone settles it. So whatever order events come in, a certificate
has one way out.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from certificate import store
from certificate.commands.certificates import issue
from certificate.domain.issuing import SLOWEST_CHECK, SLOWEST_RETRY, may_issue, next_check, next_state
from certificate.issuer import Issuer
from certificate.models import OPEN_STATES, Certificate, Completion, CompletionState
from certificate.queries.standings import get_standing
from shared.contracts.assessment.http import CourseStanding
from shared.contracts.enrollment.events import EnrollmentState
from shared.telemetry import request_id


async def note_completion(
    session: AsyncSession, enrollment: EnrollmentState, completed_at: datetime, *, now: datetime
) -> None:
    """Remember that an enrollment was completed. Once it was, nothing that happens to it later undoes that."""
    await session.execute(
        insert(Completion)
        .values(
            enrollment_id=enrollment.enrollment_id,
            revision=enrollment.version,
            user_id=enrollment.user_id,
            course_id=enrollment.course_id,
            completed_at=completed_at,
            state="pending",
            due_at=now,
            correlation_id=request_id(),
        )
        .on_conflict_do_nothing(index_elements=["enrollment_id"])
    )


async def bring_forward(session: AsyncSession, *, now: datetime, **which: int | CompletionState) -> None:
    """Have open completions with these values (`course_id=5, state="pending"`) looked at again at once.

    Those due already too: a look that began before this transaction commits does not see what it brings. Locked in
    the order of their ids, so that two at once cannot wait for each other.
    """
    concerned = (
        select(Completion.enrollment_id)
        .filter_by(**which)
        .where(Completion.due_at.is_not(None))
        .order_by(Completion.enrollment_id)
        .with_for_update()
    )
    await session.execute(
        update(Completion)
        .where(Completion.enrollment_id.in_(concerned))
        .values(due_at=now, checks=0, correlation_id=request_id())
        .execution_options(synchronize_session=False)
    )


async def claim_due(session: AsyncSession, *, limit: int, now: datetime) -> Sequence[Completion]:
    """Take open completions whose time has come, due again soon: for who dies at it, or finds an owner down."""
    due = await session.scalars(
        select(Completion)
        .where(Completion.due_at <= now)
        .order_by(Completion.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = due.all()
    for completion in claimed:
        completion.due_at = next_check(completion.checks, slowest=SLOWEST_RETRY, now=now)
        completion.checks += 1
    return claimed


async def settle(
    session: AsyncSession,
    enrollment_id: int,
    word: CourseStanding | None,
    issuer: Issuer,
    *,
    now: datetime,
    log_later: bool = False,
) -> Certificate | None:
    """Take a completed enrollment as far as it goes: up to its certificate, issued in this transaction.

    The owners were asked for what the copies lack. `word` is what assessment said, None where it said nothing.
    Safe to repeat, and by several at once. Returns the certificate, if one was issued now. `log_later` leaves its entry
    in the public log to `log.enter_missing`.
    """
    completion = await store.lock_completion(session, enrollment_id)
    if completion is None or completion.state not in OPEN_STATES:
        return None
    standing = await get_standing(session, completion, word)
    completion.state = next_state(standing)
    if completion.state not in OPEN_STATES:
        completion.due_at = None
    elif not may_issue(standing):
        completion.due_at = next_check(completion.checks, slowest=SLOWEST_CHECK, now=now)
    if completion.state != "issued":
        return None
    course, learner = await store.get_copies(session, completion)
    assert course is not None
    assert learner is not None
    return await issue(session, completion, course, learner, issuer, now=now, log_later=log_later)
