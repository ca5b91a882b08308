"""How learners do in a course, for the analytics that the gateway gathers."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from assessment.models import Assessment, Attempt
from shared.contracts.assessment.http import AssessmentScores, CourseScores, ScoreBand

BANDS = 10
WIDTH = 100 // BANDS
MOST_ASSESSMENTS = 1_000
PERCENTAGE = Attempt.score * 100 / func.nullif(Attempt.max_score, 0)


async def get_course_scores(
    session: AsyncSession, course_id: int, *, since: datetime | None, until: datetime | None
) -> CourseScores:
    """Of attempts that ended in this time. Two statements."""
    ended = _ended(since, until)
    return CourseScores(
        course_id=course_id,
        score_distribution=await _distribution(session, course_id, ended),
        performance=await _performance(session, course_id, ended),
    )


def _ended(since: datetime | None, until: datetime | None) -> ColumnElement[bool]:
    bounds = [Attempt.status != "in_progress"]
    if since is not None:
        bounds.append(Attempt.end_time >= since)
    if until is not None:
        bounds.append(Attempt.end_time < until)
    return and_(*bounds)


async def _distribution(session: AsyncSession, course_id: int, ended: ColumnElement[bool]) -> list[ScoreBand]:
    band: ColumnElement[Any] = func.least(func.floor(PERCENTAGE / WIDTH), BANDS - 1).label("band")
    counted = (
        select(band, func.count().label("count"))
        .join(Assessment, Assessment.id == Attempt.assessment_id)
        .where(Assessment.course_id == course_id, ~Assessment.is_deleted, Attempt.status == "graded", ended)
        .where(Attempt.max_score > 0)
        .group_by(band)
    )
    counts = {int(row[0]): row[1] for row in await session.execute(counted)}
    return [
        ScoreBand(at_least=place * WIDTH, below=(place + 1) * WIDTH, count=counts.get(place, 0))
        for place in range(BANDS)
    ]


async def _performance(session: AsyncSession, course_id: int, ended: ColumnElement[bool]) -> list[AssessmentScores]:
    graded = Attempt.status == "graded"
    passed = func.count(Attempt.id).filter(Attempt.passed.is_(True))
    counted = (
        select(
            Assessment.id.label("assessment_id"),
            Assessment.title,
            func.count(Attempt.user_id.distinct()).label("learners"),
            func.count(Attempt.id).label("attempts"),
            func.count(Attempt.id).filter(Attempt.status == "pending_review").label("pending"),
            func.count(Attempt.id).filter(graded).label("graded"),
            passed.label("passed"),
            func.avg(PERCENTAGE).label("mean"),
        )
        .outerjoin(Attempt, and_(Attempt.assessment_id == Assessment.id, ended))
        .where(Assessment.course_id == course_id, ~Assessment.is_deleted)
        .group_by(Assessment.id)
        .order_by(Assessment.id)
        .limit(MOST_ASSESSMENTS)
    )
    return [
        AssessmentScores(
            assessment_id=row.assessment_id,
            title=row.title,
            learners=row.learners,
            attempts=row.attempts,
            pending=row.pending,
            graded=row.graded,
            passed=row.passed,
            mean_percentage=None if row.mean is None else round(float(row.mean), 2),
            pass_rate=round(row.passed / row.graded, 4) if row.graded else None,
        )
        for row in await session.execute(counted)
    ]
