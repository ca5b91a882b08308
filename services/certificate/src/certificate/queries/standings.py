"""How far a completed enrollment is from its certificate."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from certificate import store
from certificate.domain.issuing import Standing
from certificate.models import Assessment, Attempt, Completion
from shared.contracts.assessment.http import CourseStanding


async def get_standing(session: AsyncSession, completion: Completion, word: CourseStanding | None = None) -> Standing:
    """What the copies say, and assessment's own word where it was asked.

    What either requires is required: the copies may be behind the word or, by an event that came since, ahead of it.
    What is passed is for assessment to say, which knows the scoring policy; what came since counts at the next look.
    """
    course, learner = await store.get_copies(session, completion)
    required = await _list_required(session, completion.course_id) | set(word.required if word else ())
    passed = set(word.passed) if word else await _list_passed(session, completion.user_id, required)
    return Standing(
        state=completion.state,
        has_certificate=course.has_certificate if course else None,
        knows_learner=learner is not None and learner.full_name != "",  # blank: erased
        required=required,
        passed=passed,
        is_confirmed=word is not None,
    )


async def _list_required(session: AsyncSession, course_id: int) -> set[int]:
    required = select(Assessment.assessment_id).where(
        Assessment.course_id == course_id, Assessment.is_required, ~Assessment.is_deleted
    )
    return set(await session.scalars(required))


async def _list_passed(session: AsyncSession, user_id: int, assessment_ids: Collection[int]) -> set[int]:
    passed = select(Attempt.assessment_id).where(
        Attempt.user_id == user_id, Attempt.assessment_id.in_(assessment_ids), Attempt.has_passed
    )
    return set(await session.scalars(passed)) if assessment_ids else set()
