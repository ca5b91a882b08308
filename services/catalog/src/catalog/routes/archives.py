"""`/api/courses/import/` and `/api/courses/{ref}/export/`: courses as archives."""

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from catalog.domain.access import check_staff
from catalog.domain.slugs import parse_ref
from catalog.queries.exports import get_outline, pack
from catalog.schemas.archives import CourseAssessments
from catalog.schemas.fields import Ref
from catalog.storage import UseStorage
from catalog.store.visibility import find_course
from shared.auth import Instructor
from shared.database import OpenDatabase
from shared.peers import AskPeers

router = APIRouter(prefix="/api/courses", tags=["archives"])

GZIP = "application/gzip"


@router.get(
    "/{ref}/export/",
    response_class=StreamingResponse,
    responses={200: {"content": {GZIP: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def export_course(
    ref: Ref, database: OpenDatabase, storage: UseStorage, peers: AskPeers, caller: Instructor
) -> StreamingResponse:
    """The whole course as one `.tar.gz`, for its staff: outline, content of all tiers, resources with their files, and
    assessments with their right answers.

    It imports again here to the same course, and other platforms can read it as Open edX OLX. People (instructors,
    learners), dates, versions and questions drawn from banks stay behind. The same course gives the same bytes. An
    answer that breaks off is of a course that was changed meanwhile: ask again.
    """
    async with database.reading() as session:
        found = await find_course(session, caller, parse_ref(ref))
        check_staff(found.visibility, found.standing)
        outline = await get_outline(session, found.course_id)
    path = f"/internal/courses/{found.course_id}/assessments/"
    known = await peers.get("assessment", path, CourseAssessments)
    contents = known.root if known is not None else []
    return StreamingResponse(
        pack(database, storage, outline, found.course_id, contents),
        media_type=GZIP,
        headers={"Content-Disposition": f'attachment; filename="{outline.slug}.tar.gz"', "Cache-Control": "no-store"},
    )
