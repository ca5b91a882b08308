"""Enrolling many at once, by their addresses, at the word of the course's staff."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.commands.enrollments import enroll
from enrollment.domain.addresses import is_address
from enrollment.domain.courses import check_can_manage
from enrollment.domain.eligibility import CourseNotAvailable
from enrollment.models import Course
from shared import jobs
from shared.auth import Identity
from shared.contracts.gateway.events import UserState
from shared.errors import Invalid, NotFound

KIND = "enrollments.bulk"


async def start_bulk(
    session: AsyncSession, staff: Identity, course_id: int, addresses: Sequence[str]
) -> jobs.JobStarted:
    """Have the owners of these addresses enrolled. Raises NotFound, PermissionDenied, CourseNotAvailable."""
    course = await session.get(Course, course_id)
    if course is None:
        raise NotFound
    check_can_manage(course, staff)
    if course.is_draft or not course.is_published:
        raise CourseNotAvailable
    rows = [{"email": address} for address in addresses]
    return await jobs.start(session, kind=KIND, user_id=staff.user_id, params={"course": course_id}, rows=rows)


async def enroll_address(session: AsyncSession, job: jobs.Job, row: dict[str, Any]) -> dict[str, Any]:
    """One row. `job.params["found"]` has the users of a batch, by address. Raises Invalid and as `enroll`.

    The staff's word stands for the subscription that a course that is not free needs otherwise.
    """
    address = row["email"]
    if not is_address(address):
        raise Invalid(email="This is not an e-mail address.")
    found: UserState | None = job.params["found"].get(address)
    if found is None:
        raise Invalid(email="Nobody is registered with this address.")
    if not found.is_active:
        raise Invalid(email="This account is deactivated.")
    learner = Identity(found.user_id, found.role, found.full_name)
    enrollment, is_new = await enroll(
        session, learner, job.params["course"], now=datetime.now(UTC), is_invited=True
    )  # fmt: skip
    outcome = "enrolled" if is_new else "reactivated"
    return {"enrollment": enrollment.id, "user": found.user_id, "outcome": outcome}
