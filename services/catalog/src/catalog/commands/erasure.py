"""Forgetting a user: what names or describes them goes; what counts without a name stays."""

from datetime import datetime

from sqlalchemy import or_, update
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.commands.copies import take_user
from catalog.models import CourseInstructor, User
from shared import outbox
from shared.contracts.catalog.events import CatalogUserDataErased
from shared.contracts.gateway.events import UserErased


async def erase_user(session: AsyncSession, user: UserErased, *, now: datetime) -> None:
    """Blank the name, and what the user wrote of themselves as an instructor. Courses stay, and so do enrollments:
    numbers without a name. Done again, it finds nothing more, and says so."""
    await take_user(session, user, now=now)
    blank = update(User).where(User.user_id == user.user_id, or_(User.full_name != "", User.is_active))
    users = await session.execute(blank.values(full_name="", is_active=False).returning(User.user_id))
    texts = update(CourseInstructor).where(
        CourseInstructor.user_id == user.user_id, or_(CourseInstructor.title != "", CourseInstructor.bio != "")
    )
    taught = await session.execute(
        texts.values(title="", bio="", updated_date=now).returning(CourseInstructor.course_id)
    )
    erased = {"users": max(1, len(users.all())), "course_instructors": len(taught.all())}
    await outbox.record(session, CatalogUserDataErased(user_id=user.user_id, version=user.version, erased=erased))
