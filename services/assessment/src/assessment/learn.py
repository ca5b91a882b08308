"""Asking the owner where our copies would say no, and storing the answer.

Each function looks at the copies first and asks only if they would refuse the user; no transaction is open while it
asks. They raise ServiceUnavailable when the owner is down: then nobody knows, and the refusal is 503.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from assessment.commands.copies import take_course, take_enrollment
from assessment.domain.rights import Access, is_staff
from assessment.models import Attempt, AttemptAnswer, Course, Lesson
from assessment.queries.access import get_access, get_access_to_attempt, get_access_to_bank
from assessment.queries.assessments import find_assessment
from assessment.queries.questions import get_access_to_question
from assessment.store import is_course
from shared.auth import Identity
from shared.contracts.catalog.http import CourseState
from shared.contracts.enrollment.http import EnrollmentState
from shared.database import Database
from shared.fields import LARGEST_ID
from shared.peers import Peers


@dataclass(frozen=True)
class Owners:
    """Our copies, and whom to ask where they would say no."""

    database: Database
    peers: Peers


async def learn_lesson(owners: Owners, user: Identity, lesson_id: int) -> None:
    """Before an assessment is put on a lesson: that it exists, and who teaches it."""
    async with owners.database.reading() as session:
        known = select(Course.staff).join(Lesson, Lesson.course_id == Course.course_id)
        staff = await session.scalar(known.where(Lesson.lesson_id == lesson_id))
    if staff is None or not is_staff(user, staff):
        await _ask_catalog(owners, f"/internal/lessons/{lesson_id}/")


async def learn_staff(owners: Owners, user: Identity, assessment_id: int) -> None:
    """Before something is done that only the course's staff may do."""
    async with owners.database.reading() as session:
        access = await get_access(session, user, assessment_id)
    await _learn_staff(owners, user, access)


async def learn_staff_of_question(
    owners: Owners, user: Identity, *, question_id: int | None = None, answer_id: int | None = None
) -> None:
    """Before a question, or an answer of one, is read or changed by itself."""
    async with owners.database.reading() as session:
        access = await get_access_to_question(session, user, question_id=question_id, answer_id=answer_id)
    await _learn_staff(owners, user, access)


async def learn_staff_of_bank(owners: Owners, user: Identity, bank_id: int) -> None:
    """Before a bank is read or changed, or questions in it."""
    async with owners.database.reading() as session:
        access = await get_access_to_bank(session, user, bank_id)
    await _learn_staff(owners, user, access)


async def learn_course(owners: Owners, user: Identity, ref: str) -> None:
    """Before something is made in a course, named by id or slug: that it exists, and who teaches it."""
    async with owners.database.reading() as session:
        staff = await session.scalar(select(Course.staff).where(is_course(ref), ~Course.is_deleted))
    if staff is not None and is_staff(user, staff):
        return
    if ref.isascii() and ref.isdigit():
        if 0 < int(ref) <= LARGEST_ID:
            await _ask_catalog(owners, f"/internal/courses/{int(ref)}/")
    else:
        await _ask_catalog(owners, "/internal/courses/", {"slug": ref})


async def learn_staff_of_attempt(owners: Owners, user: Identity, attempt_id: int) -> None:
    """Before somebody else's attempt is shown."""
    async with owners.database.reading() as session:
        access = await get_access_to_attempt(session, user, attempt_id)
        owner = await session.scalar(select(Attempt.user_id).where(Attempt.id == attempt_id))
    if owner != user.user_id:
        await _learn_staff(owners, user, access)


async def learn_staff_of_attempt_answer(owners: Owners, user: Identity, answer_id: int) -> None:
    """Before an answer is graded by hand."""
    async with owners.database.reading() as session:
        attempt_id = await session.scalar(select(AttemptAnswer.attempt_id).where(AttemptAnswer.id == answer_id))
        access = await get_access_to_attempt(session, user, attempt_id) if attempt_id is not None else None
    await _learn_staff(owners, user, access)


async def learn_enrollment(owners: Owners, user: Identity, assessment_id: int) -> None:
    """Before something is done that only the enrolled may do."""
    async with owners.database.reading() as session:
        access = await get_access(session, user, assessment_id)
    await _learn_enrollment(owners, user, access)


async def learn_reader(owners: Owners, user: Identity, assessment_id: int) -> None:
    """Before something is shown that is for the course's staff and the enrolled."""
    async with owners.database.reading() as session:
        access = await get_access(session, user, assessment_id)
    if access is None or access.is_enrolled:
        return
    await _learn_staff(owners, user, access)
    async with owners.database.reading() as session:
        access = await get_access(session, user, assessment_id)
    if access is not None and not access.is_staff:
        await _learn_enrollment(owners, user, access)


async def learn_reader_of(owners: Owners, user: Identity, *, course: str | None, lesson: int | None) -> None:
    """Before the assessments of one course or lesson are listed: an empty list would be a no."""
    if course is None and lesson is None:
        return
    async with owners.database.reading() as session:
        assessment_id = await find_assessment(session, course=course, lesson=lesson)
    if assessment_id is not None:
        await learn_reader(owners, user, assessment_id)


async def _learn_staff(owners: Owners, user: Identity, access: Access | None) -> None:
    """Students teach nothing: for them the catalog need not be asked."""
    if access is not None and not access.is_staff and user.has_role("instructor"):
        await _ask_catalog(owners, f"/internal/courses/{access.course_id}/")


async def _ask_catalog(owners: Owners, path: str, params: Mapping[str, str | int] | None = None) -> None:
    state = await owners.peers.get("catalog", path, CourseState, params)
    if state is not None:
        async with owners.database.transaction(aside=True) as session:
            await take_course(session, state, now=datetime.now(UTC))


async def _learn_enrollment(owners: Owners, user: Identity, access: Access | None) -> None:
    if access is None or access.is_enrolled:
        return
    params = {"user_id": user.user_id, "course_id": access.course_id}
    state = await owners.peers.get("enrollment", "/internal/enrollments/", EnrollmentState, params)
    if state is not None:
        async with owners.database.transaction(aside=True) as session:
            await take_enrollment(session, state)
