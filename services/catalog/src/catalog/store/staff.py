"""The instructors of a course, as rows of a locked course."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.models import CourseInstructor
from shared.errors import NotFound


async def get_instructor(session: AsyncSession, course_id: int, user_id: int) -> CourseInstructor:
    """Raises NotFound when the user is not one of the course."""
    instructor = await session.get(CourseInstructor, (course_id, user_id))
    if instructor is None:
        raise NotFound("This user is not an instructor of the course.")
    return instructor


async def get_lead(session: AsyncSession, course_id: int) -> CourseInstructor:
    lead = select(CourseInstructor).where(CourseInstructor.course_id == course_id, CourseInstructor.is_lead)
    return (await session.scalars(lead)).one()


async def count_instructors(session: AsyncSession, course_id: int) -> int:
    counted = select(func.count()).where(CourseInstructor.course_id == course_id)
    return (await session.scalars(counted)).one()
