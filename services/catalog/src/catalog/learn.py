"""Asking the owner where our copy would say no, and storing what it answers.

A copy may say yes; only the owner may say no. So somebody who enrolled a moment ago can read at once, and one who
became an instructor a moment ago can be let teach.
"""

from dataclasses import replace
from datetime import datetime

from catalog.commands.copies import take_enrollment, take_user
from catalog.domain.access import Bodies, Standing, depends_on_enrollment
from catalog.domain.staff import can_teach
from catalog.models import User
from catalog.schemas.instructors import InstructorCreate
from catalog.store.visibility import Found
from shared.contracts.enrollment.http import EnrollmentState
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
    async with database.transaction() as session:
        await take_enrollment(session, enrollment)
    return replace(standing, is_enrolled=enrollment.may_read)


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
    async with database.transaction() as session:
        await take_user(session, user, now=now)
    return user.user_id
