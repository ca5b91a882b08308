"""Graded attempts, as scoring policies look at them."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from assessment.domain.standing import Result, standing
from assessment.models import Assessment, Attempt
from shared.contracts.assessment.http import CourseStanding

Learner = tuple[int, int]
"""(assessment id, user id)"""


async def get_course_standing(session: AsyncSession, course_id: int, user_id: int) -> CourseStanding:
    """What a course requires of its learners, and what of that one of them has passed. Two statements."""
    required = select(Assessment.id, Assessment.scoring_policy).where(
        Assessment.course_id == course_id, Assessment.is_required, ~Assessment.is_deleted
    )
    rows = (await session.execute(required.order_by(Assessment.id))).all()
    results = await list_results(session, [(row.id, user_id) for row in rows])
    return CourseStanding(
        course_id=course_id,
        user_id=user_id,
        required=[row.id for row in rows],
        passed=[row.id for row in rows if standing(row.scoring_policy, results[row.id, user_id]).passed],
    )


async def get_results(session: AsyncSession, assessment_id: int, user_id: int) -> tuple[Sequence[Result], int]:
    """The learner's graded attempts, and how many were started."""
    own = (Attempt.assessment_id == assessment_id, Attempt.user_id == user_id)
    results = await list_results(session, [(assessment_id, user_id)])
    used = await session.scalar(select(func.count()).select_from(Attempt).where(*own))
    return results[assessment_id, user_id], used or 0


async def list_results(session: AsyncSession, learners: Collection[Learner]) -> dict[Learner, list[Result]]:
    """The graded attempts of several learners, in one statement."""
    statement = select(
        Attempt.assessment_id,
        Attempt.user_id,
        Attempt.attempt_number,
        Attempt.score,
        Attempt.max_score,
        Attempt.passing_score,
    ).where(tuple_(Attempt.assessment_id, Attempt.user_id).in_(learners), Attempt.status == "graded")
    results: dict[Learner, list[Result]] = defaultdict(list)
    for row in await session.execute(statement):
        result = Result(row.attempt_number, row.score, row.max_score, row.passing_score)
        results[row.assessment_id, row.user_id].append(result)
    return results
