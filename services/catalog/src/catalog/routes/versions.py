"""`/api/courses/{ref}/clone/` and `/api/courses/{ref}/versions/`: a course and what was made from it."""

from datetime import UTC, datetime

from fastapi import APIRouter

from catalog.commands.clone import clone_course
from catalog.commands.versions import change_versions
from catalog.domain.access import check_visible
from catalog.domain.slugs import parse_ref
from catalog.learn import settled_standing
from catalog.queries.courses import get_course
from catalog.queries.versions import list_versions
from catalog.schemas.courses import CourseView
from catalog.schemas.fields import Ref
from catalog.schemas.versions import CloneOptions, VersionCard, VersionResults, VersionsChange
from catalog.store.visibility import find_course
from shared.auth import Caller, Instructor
from shared.database import OpenDatabase, Transaction
from shared.pagination import Page, Paging
from shared.peers import AskPeers

router = APIRouter(prefix="/api/courses/{ref}", tags=["versions"])


@router.post("/clone/", status_code=201)
async def clone(ref: Ref, session: Transaction, caller: Instructor, options: CloneOptions | None = None) -> CourseView:
    """Make a new version of a course that one teaches. Who clones it leads the copy.

    Its `version` is the highest of the family + 0.1 (1.9 is followed by 2.0). A title that a version has is 400.
    """
    now = datetime.now(UTC)
    course = await clone_course(session, caller, parse_ref(ref), options or CloneOptions(), now=now)
    return await get_course(session, course.id, as_staff=True, now=now)


@router.get("/versions/")
async def read_versions(
    ref: Ref, database: OpenDatabase, peers: AskPeers, caller: Caller, paging: Paging
) -> Page[VersionCard]:
    """The versions in a course's family, the oldest first: those published, and for their staff all.

    `ordering` by `version, created_date`.
    """
    async with database.reading() as session:
        found = await find_course(session, caller, parse_ref(ref))
    check_visible(found.visibility, await settled_standing(database, peers, found))
    async with database.reading() as session:
        return await list_versions(session, caller, paging, found.course_id, now=datetime.now(UTC))


@router.post("/versions/bulk/")
async def change_several(ref: Ref, data: VersionsChange, session: Transaction, caller: Instructor) -> VersionResults:
    """Publish, unpublish, archive or delete up to 50 versions of a course's family, each as far as it can be done.

    The answer has a result for each id: `done`, or a `code` (`NOT_FOUND`, `PERMISSION_DENIED`; `INVALID` with what is
    missing in `fields`) and an `error`. Archived versions are out of the catalog until they are published again.
    """
    results = await change_versions(session, caller, parse_ref(ref), data.action, data.ids, now=datetime.now(UTC))
    return VersionResults(results=results)
