"""What a course's copy says: its price now, its staff, its outline."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import TypedDict

from enrollment.models import Course
from shared.auth import Identity
from shared.contracts.catalog.events import CourseState
from shared.contracts.enrollment.events import EnrollmentStatus
from shared.errors import NotFound, PermissionDenied

LEARNING: tuple[EnrollmentStatus, ...] = ("active", "completed")
"""Enrollments that open the course."""


class OutlineLesson(TypedDict):
    """A lesson as the copy keeps it: the columns of `Lesson`, without the course."""

    lesson_id: int
    module_id: int
    module_title: str
    module_order: int
    title: str
    order: int
    type: str
    duration_minutes: int | None
    is_counted: bool


def price_at(course: Course, now: datetime) -> Decimal:
    """The discount price while one is set and has not ended, else the price."""
    is_open = course.discount_ends is None or course.discount_ends > now
    return course.discount_price if course.discount_price is not None and is_open else course.price


def can_manage(course: Course, caller: Identity) -> bool:
    """Whether the caller is staff of the course, or an administrator."""
    return caller.is_administrator or any(member["user_id"] == caller.user_id for member in course.staff)


def check_can_manage(course: Course, caller: Identity) -> None:
    """Raises NotFound for those who may not know that the course exists, PermissionDenied for other non-staff."""
    if course.is_deleted:
        raise NotFound
    if not can_manage(course, caller):
        raise PermissionDenied("Only the course's staff may do this.") if course.is_published else NotFound


def can_read(course: Course, caller: Identity | None, *, is_enrolled: bool) -> bool:
    """Whether the caller may know of the course: it is published, or theirs to teach or to learn."""
    if course.is_deleted:
        return False
    is_public = course.is_published and not course.is_draft
    return is_public or is_enrolled or (caller is not None and can_manage(course, caller))


def is_in_course(course: Course, caller: Identity, status: EnrollmentStatus | None) -> bool:
    """Whether the caller learns or teaches the course; `status` is that of the caller's enrollment."""
    return not course.is_deleted and (status in LEARNING or can_manage(course, caller))


def outline_of(state: CourseState) -> Iterator[OutlineLesson]:
    """The lessons of a course. Those of published modules are counted."""
    for module in state.modules:
        for lesson in module.lessons:
            yield {
                "lesson_id": lesson.lesson_id,
                "module_id": module.module_id,
                "module_title": module.title,
                "module_order": module.order,
                "title": lesson.title,
                "order": lesson.order,
                "type": lesson.type,
                "duration_minutes": lesson.duration_minutes,
                "is_counted": module.is_published,
            }
