"""Asking the enrollment service where our copy would say no, and storing what it answers.

A copy may say yes; only the owner may say no. So somebody who enrolled a moment ago can read at once.
"""

from dataclasses import replace

from catalog.commands.copies import take_enrollment
from catalog.domain.access import Bodies, Standing, depends_on_enrollment
from catalog.store.visibility import Found
from shared.contracts.enrollment.http import EnrollmentState
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
