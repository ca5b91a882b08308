"""Graded attempts, as scoring policies look at them."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from assessment.domain.standing import Result
from assessment.models import Attempt

Learner = tuple[int, int]
"""(assessment id, user id)"""


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
