"""Instructors of a course: added, changed, removed. Each is a change of the course."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.domain.staff import MOST_INSTRUCTORS, can_teach, check_may_pass_lead, problem_with_lead
from catalog.models import Course, CourseInstructor, User
from catalog.schemas.instructors import InstructorCreate, InstructorUpdate
from catalog.store.courses import open_course, record_change
from catalog.store.staff import count_instructors, get_instructor, get_lead
from catalog.store.visibility import find_course
from shared.auth import Identity
from shared.contracts.catalog.events import CourseUpdated
from shared.errors import Invalid


async def add_instructor(
    session: AsyncSession, identity: Identity, ref: int | str, user_id: int, data: InstructorCreate, *, now: datetime
) -> CourseInstructor:
    """Let a user whose copy we have teach a course.

    Raises NotFound, PermissionDenied, and Invalid for one who cannot teach or does so already, and when there are
    too many.
    """
    # Locked before the course, as by those who tell of new names.
    user = await session.scalar(select(User).where(User.user_id == user_id).with_for_update(read=True))
    course = await open_course(session, identity, ref)
    if user is None or not can_teach(user.role, is_active=user.is_active):
        raise cannot_teach(data.named_by)
    await _check_new(session, course.id, user_id, data.named_by)
    fields = data.model_dump(exclude_unset=True, exclude={"instructor", "email", "is_lead"})
    instructor = CourseInstructor(
        **fields, course_id=course.id, user_id=user_id, is_lead=False, created_date=now, updated_date=now
    )
    session.add(instructor)
    await _check_and_pass_lead(session, identity, course, instructor, data, now=now)
    await record_change(session, course, CourseUpdated, now=now)
    return instructor


def cannot_teach(field: str) -> Invalid:
    """The same whether there is no such user or they are a student: addresses are not for guessing."""
    return Invalid({field: ["There is no active user with the role instructor or administrator here."]})


async def change_instructor(
    session: AsyncSession, identity: Identity, ref: int | str, user_id: int, data: InstructorUpdate, *, now: datetime
) -> CourseInstructor:
    """Change what `data` has. Making one the lead takes it from who had it.

    Raises NotFound, PermissionDenied, and Invalid where the course would be without an active lead.
    """
    course = await open_course(session, identity, ref)
    instructor = await get_instructor(session, course.id, user_id)
    for name, value in data.model_dump(exclude_unset=True, exclude={"is_lead"}).items():
        setattr(instructor, name, value)
    await _check_and_pass_lead(session, identity, course, instructor, data, now=now)
    instructor.updated_date = now
    await record_change(session, course, CourseUpdated, now=now)
    return instructor


async def remove_instructor(
    session: AsyncSession, identity: Identity, ref: int | str, user_id: int, *, now: datetime
) -> None:
    """Raises NotFound, PermissionDenied, and Invalid for the lead."""
    course = await open_course(session, identity, ref)
    instructor = await get_instructor(session, course.id, user_id)
    if instructor.is_lead:
        raise Invalid(is_lead="The lead instructor cannot be removed. Make another one the lead first.")
    await session.delete(instructor)
    await record_change(session, course, CourseUpdated, now=now)


async def _check_new(session: AsyncSession, course_id: int, user_id: int, field: str) -> None:
    if await session.get(CourseInstructor, (course_id, user_id)) is not None:
        raise Invalid({field: ["This user is an instructor of the course already."]})
    if await count_instructors(session, course_id) >= MOST_INSTRUCTORS:
        raise Invalid({"non_field_errors": [f"There can be at most {MOST_INSTRUCTORS} instructors in a course."]})


async def _check_and_pass_lead(
    session: AsyncSession,
    identity: Identity,
    course: Course,
    instructor: CourseInstructor,
    data: InstructorUpdate,
    *,
    now: datetime,
) -> None:
    """Make `instructor` the lead if `data` says so. Raises Invalid, PermissionDenied."""
    sent = data.model_dump(exclude_unset=True)
    is_lead = sent.get("is_lead")
    problem = problem_with_lead(leads=instructor.is_lead, is_lead=is_lead, is_active=instructor.is_active)
    if problem:
        raise Invalid(**problem)
    if not is_lead or instructor.is_lead:
        return
    with session.no_autoflush:
        lead = await get_lead(session, course.id)
        check_may_pass_lead((await find_course(session, identity, course.id)).standing, lead.user_id)
    lead.is_lead, lead.updated_date = False, now
    await session.flush()  # an index lets there be one lead at any time
    instructor.is_lead = True
