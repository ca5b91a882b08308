"""A learner's figures over all courses."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.domain.eligibility import GIVEN_UP
from enrollment.models import Certificate, Enrollment
from enrollment.schemas.stats import ProgressStats


async def get_progress_stats(session: AsyncSession, learner_id: int) -> ProgressStats:
    kept = Enrollment.status.not_in(GIVEN_UP)
    earned = select(func.count()).where(Certificate.user_id == learner_id, Certificate.status == "active")
    statement = select(
        func.count().filter(kept).label("total_courses"),
        func.count().filter(Enrollment.status == "completed").label("courses_completed"),
        func.count().filter(Enrollment.status == "active").label("courses_in_progress"),
        func.coalesce(func.sum(Enrollment.total_time_spent), 0).label("total_time_spent"),
        func.round(func.coalesce(func.avg(Enrollment.progress_percentage).filter(kept), 0), 1).label(
            "average_progress"
        ),
        earned.scalar_subquery().label("certificates_earned"),
    ).where(Enrollment.user_id == learner_id)
    row = (await session.execute(statement)).one()
    return ProgressStats.model_validate(row._asdict())
