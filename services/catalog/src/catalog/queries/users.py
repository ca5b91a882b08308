"""What the catalog holds about a user, for themselves."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.models import Course, CourseInstructor, Enrollment, User

MOST_ROWS = 1000
"""Of each section."""


async def export_user(session: AsyncSession, user_id: int) -> dict[str, list[dict[str, Any]]]:
    """Sections by noun. Three statements."""
    users = select(User.user_id, User.full_name, User.role, User.is_active).where(User.user_id == user_id)
    teaching = (
        select(
            CourseInstructor.course_id,
            Course.slug,
            Course.title.label("course_title"),
            CourseInstructor.title,
            CourseInstructor.bio,
            CourseInstructor.is_lead,
            CourseInstructor.is_active,
            CourseInstructor.created_date,
        )
        .join(Course, Course.id == CourseInstructor.course_id)
        .where(CourseInstructor.user_id == user_id)
        .order_by(CourseInstructor.course_id)
    )
    enrollments = (
        select(Enrollment.enrollment_id, Enrollment.course_id, Enrollment.status)
        .where(Enrollment.user_id == user_id)
        .order_by(Enrollment.enrollment_id)
    )
    sections = {"users": users, "course_instructors": teaching, "enrollments": enrollments}
    return {
        name: [dict(row._mapping) for row in await session.execute(statement.limit(MOST_ROWS))]
        for name, statement in sections.items()
    }
