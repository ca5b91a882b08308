"""From a completed enrollment to its certificate.

Events make it quick: each judges the enrollment that it concerns, or brings it forward. The schedule makes it
certain: it looks again at every enrollment that is still open, so nothing waits for good on events that crossed.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from certificate import store
from certificate.commands.certificates import issue
from certificate.domain.issuing import FIRST_CHECK, Standing, next_check, next_state
from certificate.issuer import Issuer
from certificate.models import OPEN_STATES, Completion, CompletionState
from shared.contracts.enrollment.events import EnrollmentState


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
            due_at=now + FIRST_CHECK,
        )
        .on_conflict_do_nothing(index_elements=["enrollment_id"])
    )


async def settle(
    session: AsyncSession, enrollment_id: int, issuer: Issuer, *, now: datetime, owners_asked: bool = False
) -> CompletionState | None:
    """Take a completed enrollment as far as what is known allows: up to its certificate, issued in this transaction.

    Safe to repeat, and by several at once. `owners_asked`: nothing better can be learned, so that a no is final.
    Returns the state it comes to, None when the enrollment is not completed.
    """
    completion = await store.lock_completion(session, enrollment_id)
    if completion is None:
        return None
    if completion.state not in OPEN_STATES:
        return completion.state
    course, learner = await store.get_copies(session, completion)
    required = await store.get_required(session, completion)
    standing = Standing(
        state=completion.state,
        has_certificate=course.has_certificate if course else None,
        knows_learner=learner is not None,
        required=required.keys(),
        passed=[assessment_id for assessment_id, has_passed in required.items() if has_passed],
    )
    completion.state = next_state(standing, owners_asked=owners_asked)
    if completion.state not in OPEN_STATES:
        completion.due_at = None
    if completion.state == "issued":
        assert course is not None
        assert learner is not None
        await issue(session, completion, course, learner, issuer, now=now)
    return completion.state


async def claim_due(session: AsyncSession, *, limit: int, now: datetime) -> Sequence[Completion]:
    """Take open completions whose time has come, and set the next one: who dies at it leaves them due again."""
    due = await session.scalars(
        select(Completion)
        .where(Completion.due_at <= now)
        .order_by(Completion.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = due.all()
    for completion in claimed:
        completion.due_at = next_check(completion.state, completion.checks, now=now)
        completion.checks += 1
    return claimed


async def bring_forward_pending(session: AsyncSession, course_id: int, *, now: datetime) -> None:
    """The course has become known, or known better."""
    await _bring_forward(session, now, Completion.course_id == course_id, Completion.state == "pending")


async def bring_forward_of_learner(session: AsyncSession, user_id: int, *, now: datetime) -> None:
    """The learner has become known."""
    await _bring_forward(session, now, Completion.user_id == user_id)


async def bring_forward_awaiting(session: AsyncSession, course_id: int, *, now: datetime) -> None:
    """The course requires less than before: for some, what they have passed may now be enough."""
    await _bring_forward(session, now, Completion.course_id == course_id, Completion.state == "awaiting_assessments")


async def _bring_forward(session: AsyncSession, now: datetime, *which: ColumnElement[bool]) -> None:
    # Locked in the order of their ids, so that two at once cannot wait for each other.
    later = (
        select(Completion.enrollment_id)
        .where(*which, Completion.due_at > now)
        .order_by(Completion.enrollment_id)
        .with_for_update()
    )
    await session.execute(
        update(Completion)
        .where(Completion.enrollment_id.in_(later))
        .values(due_at=now, checks=0)
        .execution_options(synchronize_session=False)
    )
