"""A course's learners, for its staff."""

from datetime import UTC, datetime

from fastapi import APIRouter

from enrollment.commands.management import restore, suspend
from enrollment.learn import learn_course_to_manage
from enrollment.queries.enrollments import get_learner, list_learners
from enrollment.routes.enrollments import StatusFilter
from enrollment.schemas.enrollments import EnrollmentManage, LearnerView
from shared.auth import Instructor
from shared.database import OpenDatabase, Reading, Transaction
from shared.fields import PathId, PathRef
from shared.pagination import Page, Paging
from shared.peers import AskPeers

router = APIRouter(tags=["enrollments"])


@router.get("/api/courses/{ref}/enrollments/")
async def list_course_enrollments(
    ref: PathRef,
    caller: Instructor,
    database: OpenDatabase,
    peers: AskPeers,
    session: Reading,
    paging: Paging,
    status: StatusFilter = None,
) -> Page[LearnerView]:
    """The course's learners and how far they are, newest first; for its staff and administrators.

    `ordering`: `created_date`, `last_accessed`, `progress_percentage`.
    """
    course_id = await learn_course_to_manage(database, peers, ref, caller, now=datetime.now(UTC))
    return await list_learners(session, caller, course_id, paging, status=status)


@router.patch("/api/courses/{ref}/enrollments/{enrollment_id}/")
async def update_course_enrollment(
    ref: PathRef,
    enrollment_id: PathId,
    body: EnrollmentManage,
    caller: Instructor,
    database: OpenDatabase,
    peers: AskPeers,
    session: Transaction,
) -> LearnerView:
    """Suspend a learner (`status: "suspended"`) or let them back in (`status: "active"`); for the course's staff.

    A suspended learner keeps the enrollment and its progress, reads no content and writes no progress. An enrollment
    that was complete is complete again when restored. One that the learner gave up is 400.
    """
    now = datetime.now(UTC)
    course_id = await learn_course_to_manage(database, peers, ref, caller, now=now)
    change = suspend if body.status == "suspended" else restore
    enrollment = await change(session, caller, course_id, enrollment_id, now=now)
    return await get_learner(session, enrollment.id)
