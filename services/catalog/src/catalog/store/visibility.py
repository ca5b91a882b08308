"""Who may see which rows, as SQL: the same rules as `domain.access`, for lists and for finding one row."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.domain.access import Standing, Visibility
from catalog.models import Course, CourseInstructor, Enrollment, Module
from shared.auth import Identity
from shared.errors import NotFound


@dataclass(frozen=True)
class Found:
    """A row that exists, and what the caller is to its course. Whether they may know of it is for the rules to say."""

    course_id: int
    visibility: Visibility
    standing: Standing
    is_sequential: bool = False
    """Whether the course's lessons are learned in order."""


def course_named(ref: int | str) -> ColumnElement[bool]:
    return Course.id == ref if isinstance(ref, int) else Course.slug == ref


def teaches(identity: Identity | None) -> ColumnElement[bool]:
    if identity is None:
        return false()
    return exists().where(
        CourseInstructor.course_id == Course.id,
        CourseInstructor.user_id == identity.user_id,
        CourseInstructor.is_active,
    )


def is_enrolled(identity: Identity | None) -> ColumnElement[bool]:
    if identity is None:
        return false()
    return exists().where(
        Enrollment.course_id == Course.id,
        Enrollment.user_id == identity.user_id,
        Enrollment.status.in_(("active", "completed")),
    )


def course_visible(identity: Identity | None) -> ColumnElement[bool]:
    """Courses that the caller may know of, as far as the copies tell."""
    return and_(~Course.is_deleted, or_(_is_staff(identity), _is_shown(identity)))


def module_visible(identity: Identity | None) -> ColumnElement[bool]:
    """Modules, with their lessons, that the caller may know of, as far as the copies tell."""
    return and_(~Course.is_deleted, or_(_is_staff(identity), and_(Module.is_published, _is_shown(identity))))


def _is_shown(identity: Identity | None) -> ColumnElement[bool]:
    return or_(Course.is_published, and_(~Course.is_draft, is_enrolled(identity)))


def _is_staff(identity: Identity | None) -> ColumnElement[bool]:
    if identity is None or not identity.has_role("instructor"):
        return false()
    return true() if identity.is_administrator else teaches(identity)


def with_standing(identity: Identity | None, *columns: ColumnElement[Any] | Any) -> Select[Any]:
    """A statement whose rows `found_in` can read, with `columns` besides."""
    return select(
        Course.id.label("course_id"),
        Course.is_draft,
        Course.is_published,
        Course.is_deleted,
        Course.is_sequential,
        teaches(identity).label("teaches"),
        is_enrolled(identity).label("is_enrolled"),
        *columns,
    )


def found_in(row: Row[Any], identity: Identity | None, *, module_is_published: bool = True) -> Found:
    visibility = Visibility(row.is_draft, row.is_published, row.is_deleted, module_is_published)
    return Found(row.course_id, visibility, Standing(identity, row.teaches, row.is_enrolled), row.is_sequential)


async def find_course(session: AsyncSession, identity: Identity | None, ref: int | str) -> Found:
    """Raises NotFound when there never was one."""
    row = (await session.execute(with_standing(identity).where(course_named(ref)))).one_or_none()
    if row is None:
        raise NotFound
    return found_in(row, identity)


async def find_module(session: AsyncSession, identity: Identity | None, module_id: int) -> Found:
    """Raises NotFound when there is none."""
    statement = with_standing(identity, Module.is_published.label("module_is_published"))
    statement = statement.join(Module, Module.course_id == Course.id).where(Module.id == module_id)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound
    return found_in(row, identity, module_is_published=row.module_is_published)
