"""A learner's figures over all courses."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.domain.analytics import streak
from enrollment.domain.eligibility import GIVEN_UP
from enrollment.models import Certificate, Enrollment
from enrollment.queries.analytics import last_days, list_work_days
from enrollment.schemas.stats import ProgressStats

LONGEST_STREAK = 366
"""A longer one is told as this; nobody counts on."""


async def get_progress_stats(session: AsyncSession, learner_id: int, *, now: datetime) -> ProgressStats:
    """Two statements: of the enrollments, and of the days with work."""
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
    today = now.date()
    worked = await list_work_days(session, learner_id, last_days(today, LONGEST_STREAK))
    week = last_days(today, 7)
    return ProgressStats(
        **row._asdict(),
        learning_streak_days=streak((count.day for count in worked), today=today),
        weekly_minutes=sum(count.seconds for count in worked if count.day >= week.first) // 60,
    )
