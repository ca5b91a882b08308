"""How a course measures progress, and bringing its learners in line with that, a batch at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.commands.activity import tell
from enrollment.commands.counters import count_anew
from enrollment.commands.enrollments import complete
from enrollment.domain.completion import is_due, percentage_of
from enrollment.domain.courses import check_can_manage
from enrollment.domain.policies import default_policy
from enrollment.models import Enrollment, ProgressMethod, ProgressPolicy
from enrollment.store import event_of, get_policy, lock_course, raise_revision
from shared import outbox
from shared.auth import Identity
from shared.contracts.enrollment.events import EnrollmentEvent, PolicyChanged, ProgressRecalculated
from shared.errors import NotFound

BATCH = 100


@dataclass(frozen=True)
class PolicyChange:
    """What staff send: any subset of the fields; None leaves the field as it is. Weights in `WEIGHT_UNIT`."""

    method: ProgressMethod | None = None
    lesson_weight: int | None = None
    time_weight: int | None = None
    assessment_weight: int | None = None
    type_weights: dict[str, int] | None = None
    sequential: bool | None = None


async def set_policy(
    session: AsyncSession, staff: Identity, course_id: int, change: PolicyChange, *, now: datetime
) -> None:
    """Change how a course measures progress. The schedule brings its learners in line; nobody is un-completed.

    What changes nothing is told to nobody. Raises NotFound, PermissionDenied.
    """
    course = await lock_course(session, course_id)
    if course is None:
        raise NotFound
    check_can_manage(course, staff)
    sent = {name: value for name, value in vars(change).items() if value is not None}
    policy = await session.get(ProgressPolicy, course_id, with_for_update=True)
    if policy is None:
        policy = default_policy(course_id)
        session.add(policy)
    elif all(getattr(policy, name) == value for name, value in sent.items()):
        return
    for name, value in sent.items():
        setattr(policy, name, value)
    policy.revision += 1
    policy.updated_date = now
    await session.flush()
    await outbox.record(session, event_of_policy(policy))


def event_of_policy(policy: ProgressPolicy) -> PolicyChanged:
    return PolicyChanged(
        version=policy.revision, course_id=policy.course_id, method=policy.method, sequential=policy.sequential
    )


async def list_stale_courses(session: AsyncSession) -> Sequence[int]:
    """Courses with enrollments that are to be counted anew."""
    stale = select(ProgressPolicy.course_id).where(ProgressPolicy.applied_revision < ProgressPolicy.revision)
    return (await session.scalars(stale.order_by(ProgressPolicy.course_id))).all()


async def recalculate(session: AsyncSession, course_id: int, *, limit: int, now: datetime) -> bool:
    """Count some enrollments of a course anew; whether there may be more that nobody else is at.

    Those that others have locked are left to them, or to the next time. Any number of workers share a course.
    """
    is_stale = Enrollment.policy_revision != ProgressPolicy.revision
    stale = (
        select(Enrollment)
        .join(ProgressPolicy, ProgressPolicy.course_id == Enrollment.course_id)
        .where(Enrollment.course_id == course_id, is_stale)
        .order_by(Enrollment.id)
        .limit(limit)
        .with_for_update(of=Enrollment, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    enrollments = (await session.scalars(stale)).all()
    if not enrollments:
        await _note_applied(session, course_id)
        return False
    policy = await get_policy(session, course_id)
    if policy is None:
        return False
    await count_anew(session, enrollments, policy)
    events = [event for enrollment in enrollments for event in settle(enrollment, policy, now)]
    if events:
        await tell(session, *events, now=now)
    return True


async def _note_applied(session: AsyncSession, course_id: int) -> None:
    """Nothing is left to count, unless somebody holds an enrollment that is."""
    left = exists().where(Enrollment.course_id == course_id, Enrollment.policy_revision != ProgressPolicy.revision)
    await session.execute(
        update(ProgressPolicy)
        .where(ProgressPolicy.course_id == course_id, ~left.correlate(ProgressPolicy))
        .values(applied_revision=ProgressPolicy.revision)
        .execution_options(synchronize_session=False)
    )


def settle(enrollment: Enrollment, policy: ProgressPolicy, now: datetime) -> list[EnrollmentEvent]:
    """Percentage and status that follow from the counters of a locked enrollment; the event to tell, if any."""
    before = enrollment.progress_percentage
    enrollment.progress_percentage = percentage_of(enrollment, policy)
    if is_due(enrollment, policy):
        return [complete(enrollment, now)]
    if enrollment.progress_percentage == before:
        return []
    raise_revision(enrollment, now)
    return [event_of(ProgressRecalculated, enrollment)]
