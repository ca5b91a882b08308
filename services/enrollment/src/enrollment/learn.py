"""Asking the catalog about a course where the copy would refuse, and storing the answer.

The copy is looked at in short transactions of its own, and none is open while the catalog is asked. What the catalog
says is stored before anything is decided, so the command that follows decides on the newest state.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from enrollment.commands.outlines import take_course
from enrollment.domain.addresses import is_address
from enrollment.domain.courses import can_manage, can_read, is_in_course
from enrollment.domain.eligibility import AlreadyEnrolled, check_eligible
from enrollment.models import Course, Enrollment, Lesson
from enrollment.store import find_course, get_status, is_enrolled
from shared.auth import Identity
from shared.contracts.catalog.http import CourseState
from shared.contracts.gateway.events import UserState
from shared.database import Database
from shared.errors import NotFound, Refusal
from shared.fields import LARGEST_ID
from shared.peers import Peers, ask_about_all


async def learn_course_to_enroll(
    database: Database, peers: Peers, ref: str, learner: Identity, *, now: datetime
) -> int:
    """The id of a course that the learner wants to enroll in. Raises NotFound, ServiceUnavailable."""
    async with database.reading() as session:
        course = await find_course(session, ref)
        if course is not None:
            status = await session.scalar(
                select(Enrollment.status).where(
                    Enrollment.user_id == learner.user_id, Enrollment.course_id == course.course_id
                )
            )
            try:
                check_eligible(course, learner, status, now)
            except AlreadyEnrolled:
                return course.course_id
            except Refusal:
                pass
            else:
                return course.course_id
    return await _ask(database, peers, ref, now=now)


async def learn_course_to_manage(database: Database, peers: Peers, ref: str, caller: Identity, *, now: datetime) -> int:
    """The id of a course whose learners the caller wants to see. Raises NotFound, ServiceUnavailable."""
    async with database.reading() as session:
        course = await find_course(session, ref)
        if course is not None and not course.is_deleted and can_manage(course, caller):
            return course.course_id
    return await _ask(database, peers, ref, now=now)


async def learn_course_to_read(
    database: Database, peers: Peers, ref: str, caller: Identity | None, *, now: datetime
) -> int:
    """The id of a course that the caller wants to know of. Raises NotFound, ServiceUnavailable."""
    async with database.reading() as session:
        course = await find_course(session, ref)
        if course is not None:
            is_reader = caller is not None and await is_enrolled(session, caller.user_id, course.course_id)
            if can_read(course, caller, is_enrolled=is_reader):
                return course.course_id
    return await _ask(database, peers, ref, now=now)


async def learn_course_to_take_part(
    database: Database, peers: Peers, ref: str, caller: Identity, *, now: datetime
) -> int:
    """The id of a course in which the caller wants to take part. Raises NotFound, ServiceUnavailable.

    Who is enrolled is known here. Of the staff, and of courses that the copy hides, the catalog may know more.
    """
    async with database.reading() as session:
        course = await find_course(session, ref)
        if course is not None:
            status = await get_status(session, caller.user_id, course.course_id)
            is_known = can_read(course, caller, is_enrolled=status is not None)
            if is_in_course(course, caller, status) or (is_known and not caller.has_role("instructor")):
                return course.course_id
    return await _ask(database, peers, ref, now=now)


async def learn_lesson(database: Database, peers: Peers, lesson_id: int, caller: Identity, *, now: datetime) -> int:
    """The id of the course of a lesson that the caller wants to write about. Raises NotFound, ServiceUnavailable."""
    async with database.reading() as session:
        found = await session.execute(
            select(Lesson, Course)
            .join(Course, Course.course_id == Lesson.course_id)
            .where(Lesson.lesson_id == lesson_id, Lesson.is_counted)
        )
        row = found.first()
        if row is not None:
            course: Course = row.Course
            is_reader = await is_enrolled(session, caller.user_id, course.course_id)
            if can_read(course, caller, is_enrolled=is_reader):
                return course.course_id
    state = await peers.get("catalog", f"/internal/lessons/{lesson_id}/", CourseState)
    return await _take(database, state, now=now)


async def _ask(database: Database, peers: Peers, ref: str, *, now: datetime) -> int:
    if ref.isascii() and ref.isdigit():
        if not 0 < int(ref) <= LARGEST_ID:
            raise NotFound
        state = await peers.get("catalog", f"/internal/courses/{int(ref)}/", CourseState)
    else:
        state = await peers.get("catalog", "/internal/courses/", CourseState, {"slug": ref})
    return await _take(database, state, now=now)


async def _take(database: Database, state: CourseState | None, *, now: datetime) -> int:
    if state is None:
        raise NotFound
    async with database.transaction(aside=True) as session:
        await take_course(session, state, now=now)
    return state.course_id


async def learn_users(peers: Peers, addresses: Iterable[str]) -> dict[str, UserState]:
    """Who is registered with these addresses; those with whom nobody is are left out. Raises ServiceUnavailable."""

    async def ask(address: str) -> tuple[str, UserState | None]:
        return address, await peers.get("gateway", "/internal/users/", UserState, {"email": address})

    answers = await ask_about_all(filter(is_address, addresses), ask)
    return {address: state for address, state in answers if state is not None}
