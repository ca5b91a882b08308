"""Taking what the assessment service tells: what learners must pass, and what they have passed."""

from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.commands.activity import note, tell
from enrollment.commands.counters import count_anew
from enrollment.commands.policies import settle
from enrollment.domain.activity import Act
from enrollment.domain.policies import is_plain
from enrollment.models import Assessment, Attempt, Enrollment, ProgressPolicy, Standing
from enrollment.store import count_course_anew, get_policy, lock_enrollment
from shared.contracts.assessment.events import AssessmentState, AttemptState
from shared.copies import take


async def take_assessment(session: AsyncSession, state: AssessmentState) -> None:
    """Take an assessment's state, if it is newer. What learners must pass from now on is counted in the background."""
    present = await session.get(Assessment, state.assessment_id, with_for_update=True)
    was_needed = present is not None and present.is_required and not present.is_deleted
    names = ("assessment_id", "course_id", "lesson_id", "is_required", "is_deleted")
    fields = {name: getattr(state, name) for name in names}
    is_news = await take(session, Assessment, revision=state.version, **fields)
    if is_news and was_needed != (state.is_required and not state.is_deleted):
        await count_course_anew(session, state.course_id)


async def take_attempt(session: AsyncSession, state: AttemptState, *, now: datetime, is_news: bool = True) -> None:
    """Take a graded attempt's state, if it is newer, and count what the learner has passed with it.

    Unless it `is_news`, its score is not noted among what learners did: it was, when it was.

    An assessment is passed while the learner's newest standing in it says so. Where no standing was told (version 0),
    it is while the newest word on any of the learner's attempts at it is that it is.
    """
    enrollment = await lock_enrollment(
        session, Enrollment.user_id == state.user_id, Enrollment.course_id == state.course_id
    )
    before = await _has_passed(session, state)
    if is_news:
        await _note_score(session, state, now)
    fields = {name: getattr(state, name) for name in ("user_id", "assessment_id", "has_passed")}
    await take(session, Attempt, attempt_id=state.attempt_id, revision=state.version, **fields)
    if state.standing_version:
        await take(session, Standing, by="version", version=state.standing_version, **fields)
    change = await _has_passed(session, state) - before
    if change and enrollment is not None:
        policy = await get_policy(session, state.course_id)
        if policy is not None and not is_plain(policy):
            await _count_pass(session, enrollment, policy, state, change)
            if events := settle(enrollment, policy, now):
                await tell(session, *events, now=now)


async def _count_pass(
    session: AsyncSession, enrollment: Enrollment, policy: ProgressPolicy, state: AttemptState, change: int
) -> None:
    if enrollment.policy_revision != policy.revision:
        await count_anew(session, [enrollment], policy)
        return
    required = exists().where(
        Assessment.assessment_id == state.assessment_id,
        Assessment.course_id == enrollment.course_id,
        Assessment.is_required,
        ~Assessment.is_deleted,
    )
    if await session.scalar(select(required)):
        enrollment.assessments_passed += change


async def _note_score(session: AsyncSession, state: AttemptState, now: datetime) -> None:
    """Note an attempt's score, the first time that it is told; a regrade does not move it."""
    is_known = await session.scalar(select(exists().where(Attempt.attempt_id == state.attempt_id)))
    if not is_known and state.score_percentage is not None:
        score = round(100 * state.score_percentage)
        await note(session, Act(state.user_id, state.course_id, "graded", state.lesson_id, score=score), now=now)


async def _has_passed(session: AsyncSession, state: AttemptState) -> int:
    standing = select(Standing.has_passed).filter_by(user_id=state.user_id, assessment_id=state.assessment_id)
    whose = (Attempt.user_id == state.user_id, Attempt.assessment_id == state.assessment_id, Attempt.has_passed)
    return int(bool(await session.scalar(select(func.coalesce(standing.scalar_subquery(), exists().where(*whose))))))
