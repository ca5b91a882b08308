"""All assessments and attempts, for services that keep copies of them."""

from collections.abc import Sequence

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from assessment.domain.facts import assessment_event, attempt_event
from assessment.models import Assessment, Attempt, Question, Standing
from shared.contracts import State
from shared.contracts.assessment.events import AssessmentUpdated, AttemptGraded
from shared.snapshots import snapshot_router


async def list_assessments(session: AsyncSession, after: int, limit: int) -> Sequence[tuple[int, State]]:
    """Deleted ones too."""
    count = select(func.count()).where(Question.assessment_id == Assessment.id).scalar_subquery()
    chosen = select(Assessment, count).where(Assessment.id > after).order_by(Assessment.id).limit(limit)
    rows = (await session.execute(chosen)).all()
    return [(row[0].id, assessment_event(AssessmentUpdated, row[0], row[1] or 0)) for row in rows]


async def list_attempts(session: AsyncSession, after: int, limit: int) -> Sequence[tuple[int, State]]:
    """Each with its learner's standing as it was last told."""
    own = and_(Standing.assessment_id == Attempt.assessment_id, Standing.user_id == Attempt.user_id)
    chosen = (
        select(Attempt, Assessment, Standing)
        .join(Assessment, Assessment.id == Attempt.assessment_id)
        .outerjoin(Standing, and_(own, Standing.has_passed.is_not(None)))
        .where(Attempt.id > after)
        .order_by(Attempt.id)
        .limit(limit)
        .options(defer(Attempt.paper))
    )
    return [
        (
            attempt.id,
            attempt_event(
                AttemptGraded,
                attempt,
                assessment,
                has_passed=bool(standing and standing.has_passed),
                standing_version=standing.version if standing else 0,
            ),
        )
        for attempt, assessment, standing in (await session.execute(chosen)).tuples()
    ]


router = snapshot_router({"assessment": list_assessments, "attempt": list_attempts})
