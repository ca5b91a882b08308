"""A learner's own enrollments."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response, status

from enrollment.commands.enrollments import enroll, unenroll
from enrollment.commands.hot_enroll import enroll_at_once
from enrollment.learn import learn_course_to_enroll
from enrollment.queries.enrollments import get_enrollment, list_enrollments, view_enrollment
from enrollment.schemas.enrollments import EnrollmentCreate, EnrollmentView
from shared.auth import Identity, SignedIn
from shared.contracts.enrollment.events import EnrollmentStatus
from shared.database import Database, OpenDatabase, Reading, Transaction
from shared.fields import PathId, PathRef, QueryRef
from shared.pagination import Page, Paging
from shared.peers import AskPeers, Peers

router = APIRouter(tags=["enrollments"])

StatusFilter = Annotated[EnrollmentStatus | None, Query(description="Only enrollments with this status.")]
_TAKEN_UP: dict[int | str, dict[str, Any]] = {
    200: {"model": EnrollmentView, "description": "An enrollment given up before was taken up again."}
}


@router.post("/api/courses/{ref}/enroll/", status_code=status.HTTP_201_CREATED, responses=_TAKEN_UP)
async def enroll_in_course(
    ref: PathRef,
    learner: SignedIn,
    database: OpenDatabase,
    peers: AskPeers,
    response: Response,
) -> EnrollmentView:
    """Enroll in a published course.

    A course that is not free needs an active premium subscription (403 `SUBSCRIPTION_REQUIRED`). Twice is 400
    `ALREADY_ENROLLED`; after giving up, the same enrollment is taken up again with its progress (200).
    """
    return await _enroll(ref, learner, database, peers, response)


@router.post("/api/enrollments/", status_code=status.HTTP_201_CREATED, responses=_TAKEN_UP)
async def create_enrollment(
    body: EnrollmentCreate,
    learner: SignedIn,
    database: OpenDatabase,
    peers: AskPeers,
    response: Response,
) -> EnrollmentView:
    """Enroll in a published course, by id or slug; the same as `POST /api/courses/{ref}/enroll/`."""
    return await _enroll(body.course, learner, database, peers, response)


async def _enroll(ref: str, learner: Identity, database: Database, peers: Peers, response: Response) -> EnrollmentView:
    now = datetime.now(UTC)
    if (enrolled := await enroll_at_once(database, learner, ref, now=now)) is not None:
        return view_enrollment(enrolled.enrollment, enrolled.course, enrolled.current_lesson)
    course_id = await learn_course_to_enroll(database, peers, ref, learner, now=now)
    async with database.transaction() as session:
        enrollment, is_new = await enroll(session, learner, course_id, now=now)
        response.status_code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return await get_enrollment(session, learner.user_id, enrollment.id)


@router.get("/api/enrollments/", name="list_enrollments")
async def get_enrollments(
    learner: SignedIn,
    session: Reading,
    paging: Paging,
    status: StatusFilter = None,
    course: QueryRef = None,
) -> Page[EnrollmentView]:
    """One's own enrollments, newest first. `ordering`: `created_date`, `last_accessed`, `progress_percentage`."""
    return await list_enrollments(session, learner.user_id, paging, status=status, course=course)


@router.get("/api/enrollments/{enrollment_id}/", name="get_enrollment")
async def get_one(enrollment_id: PathId, learner: SignedIn, session: Reading) -> EnrollmentView:
    """One of one's own enrollments."""
    return await get_enrollment(session, learner.user_id, enrollment_id)


@router.post("/api/enrollments/{enrollment_id}/unenroll/", name="unenroll")
async def give_up(enrollment_id: PathId, learner: SignedIn, session: Transaction) -> EnrollmentView:
    """Give an enrollment up. Its progress is kept for when one enrolls again. Repeating it changes nothing."""
    await unenroll(session, learner.user_id, enrollment_id, now=datetime.now(UTC))
    return await get_enrollment(session, learner.user_id, enrollment_id)
