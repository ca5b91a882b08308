"""The versions of a course as a family: what is given out once in it. Call with a row of the family locked."""

from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.domain.versions import next_version
from catalog.models import Course
from catalog.store.slugs import lock_names
from shared.errors import Invalid


async def take_version(session: AsyncSession, family_id: int) -> Decimal:
    """The next number of a family; nobody else takes one until the transaction ends."""
    await lock_names(session)
    highest = select(func.max(Course.version)).where(Course.family_id == family_id)
    return next_version((await session.execute(highest)).scalar_one())


async def check_title(session: AsyncSession, family_id: int, title: str, *, of: int | None = None) -> None:
    """Nobody else takes the title until the transaction ends. Raises Invalid when a version but `of` has it."""
    await lock_names(session)
    same = (Course.family_id == family_id) & (func.lower(Course.title) == func.lower(title)) & ~Course.is_deleted
    taken = (await session.execute(select(Course.id, Course.version).where(same))).one_or_none()
    if taken is not None and taken.id != of:
        raise Invalid(title=f"Version {taken.version} of this course has the title '{title}'. Titles must differ.")
