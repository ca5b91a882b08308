"""Asking the owner where our copy would say no, and storing what it answers.

A copy may say yes; only the owner may say no. So somebody who enrolled a moment ago can read at once, and one who
became an instructor a moment ago can be let teach.
"""

from dataclasses import replace
from datetime import datetime

from catalog.commands.copies import take_enrollment, take_user
from catalog.domain.access import Bodies, LessonLocked, Standing, depends_on_enrollment
from catalog.domain.staff import can_teach
from catalog.models import User
from catalog.schemas.instructors import InstructorCreate
from catalog.store.visibility import Found
from shared.contracts.enrollment.http import EnrollmentState, LessonLock
from shared.contracts.gateway.http import UserState
from shared.database import Database
from shared.errors import ServiceUnavailable
from shared.peers import Peers


async def settled_standing(database: Database, peers: Peers, found: Found, lesson: Bodies | None = None) -> Standing:
    """What the caller is to the course, as its owner knows it where the answer to them depends on that.

    `is_enrolled` is None when it depends on it and the owner does not answer: what needs it then is 503.
    """
    standing = found.standing
    if standing.identity is None or not depends_on_enrollment(found.visibility, standing, lesson):
        return standing
    who = {"user_id": standing.identity.user_id, "course_id": found.course_id}
    try:
        enrollment = await peers.get("enrollment", "/internal/enrollments/", EnrollmentState, who)
    except ServiceUnavailable:
        return replace(standing, is_enrolled=None)
    if enrollment is None:
        return standing
    async with database.transaction(aside=True) as session:
        await take_enrollment(session, enrollment)
    return replace(standing, is_enrolled=enrollment.may_read)


async def unlocked_standing(peers: Peers, standing: Standing, lesson_id: int, found: Found, lesson: Bodies) -> Standing:
    """In a course that is learned in order, its learners must have completed what comes before; enrollment knows.

    Never asked for staff, for who is not enrolled, or in free previews. When enrollment does not answer, `is_enrolled`
    is None, as if that were not known. Raises LessonLocked; ServiceUnavailable for whom the lesson is open otherwise.
    """
    if not found.is_sequential or lesson.is_free_preview or standing.is_staff or not standing.is_enrolled:
        return standing
    assert standing.identity is not None
    path = f"/internal/lessons/{lesson_id}/lock/"
    try:
        lock = await peers.get("enrollment", path, LessonLock, {"user_id": standing.identity.user_id})
    except ServiceUnavailable:
        if standing.level == "premium":
            raise
        return replace(standing, is_enrolled=None)
    if lock is not None and lock.is_locked:
        raise LessonLocked(missing_lesson=lock.missing_lesson)
    return standing


async def known_teacher(database: Database, peers: Peers, data: InstructorCreate, *, now: datetime) -> int | None:
    """Id of the user whom `data` names, with a copy of ours that its owner knows; None when there is no such user.

    E-mail addresses are with the gateway alone. Raises ServiceUnavailable.
    """
    if data.instructor is not None:
        async with database.reading() as session:
            copy = await session.get(User, data.instructor)
        if copy is not None and can_teach(copy.role, is_active=copy.is_active):
            return copy.user_id
        user = await peers.get("gateway", f"/internal/users/{data.instructor}/", UserState)
    else:
        user = await peers.get("gateway", "/internal/users/", UserState, {"email": data.email or ""})
    if user is None:
        return None
    async with database.transaction(aside=True) as session:
        await take_user(session, user, now=now)
    return user.user_id
