"""The instructors of a course, as the API shows them."""

from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.models import CourseInstructor, User
from catalog.schemas.courses import InstructorView
from shared.errors import NotFound
from shared.pagination import Key, Page, PageRequest, order_of, paginate

_COLUMNS = CourseInstructor.__table__.c


async def list_instructors(
    session: AsyncSession, request: PageRequest, course_id: int, *, inactive: bool
) -> Page[InstructorView]:
    """The lead first, then by when they joined; those who are not active only if `inactive`."""
    statement = _of(course_id) if inactive else _of(course_id).where(CourseInstructor.is_active)
    default = [Key(_COLUMNS.is_lead, descending=True), Key(_COLUMNS.created_date)]
    allowed = {"created_date": _COLUMNS.created_date, "name": User.__table__.c.full_name}
    return await paginate(
        session, statement, request, order_of(request, allowed, default, Key(_COLUMNS.user_id)), _view
    )


async def get_instructor_view(session: AsyncSession, course_id: int, user_id: int) -> InstructorView:
    """Raises NotFound."""
    row = (await session.execute(_of(course_id).where(CourseInstructor.user_id == user_id))).one_or_none()
    if row is None:
        raise NotFound
    return _view(row)


def _of(course_id: int) -> Select[Any]:
    columns = (_COLUMNS[name] for name in ("is_lead", "title", "bio", "is_active"))
    return (
        select(CourseInstructor.user_id.label("id"), User.full_name.label("name"), *columns)
        .join(User, User.user_id == CourseInstructor.user_id)
        .where(CourseInstructor.course_id == course_id)
    )


def _view(row: Row[Any]) -> InstructorView:
    return InstructorView.model_validate(row._mapping)
