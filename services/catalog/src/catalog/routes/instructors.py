"""`/api/courses/{ref}/instructors/`: who teaches a course."""

from datetime import UTC, datetime

from fastapi import APIRouter

from catalog.commands.instructors import add_instructor, cannot_teach, change_instructor, remove_instructor
from catalog.domain.access import check_staff, check_visible
from catalog.domain.slugs import parse_ref
from catalog.learn import known_teacher, settled_standing
from catalog.queries.instructors import get_instructor_view, list_instructors
from catalog.routes.inputs import sanitised
from catalog.schemas.courses import InstructorView
from catalog.schemas.fields import PathId, Ref
from catalog.schemas.instructors import InstructorCreate, InstructorUpdate
from catalog.store.visibility import find_course
from shared.auth import Caller, Instructor
from shared.database import OpenDatabase, Transaction
from shared.pagination import Page, Paging
from shared.peers import AskPeers

router = APIRouter(prefix="/api/courses/{ref}/instructors", tags=["instructors"])


@router.get("/")
async def read_instructors(
    ref: Ref, database: OpenDatabase, peers: AskPeers, caller: Caller, paging: Paging
) -> Page[InstructorView]:
    """Who teaches a course, the lead first. `id` is the user's. Inactive ones are shown to its staff only."""
    async with database.reading() as session:
        found = await find_course(session, caller, parse_ref(ref))
    standing = await settled_standing(database, peers, found)
    check_visible(found.visibility, standing)
    async with database.reading() as session:
        return await list_instructors(session, paging, found.course_id, inactive=standing.is_staff)


@router.post("/", status_code=201)
async def let_teach(
    ref: Ref, data: InstructorCreate, database: OpenDatabase, peers: AskPeers, caller: Instructor
) -> InstructorView:
    """Let somebody teach a course, by user id (`instructor`) or `email`; at most 50 do.

    They must have the role instructor or administrator. With `is_lead` the lead passes to them; only the lead and
    administrators may do that.
    """
    async with database.reading() as session:
        found = await find_course(session, caller, parse_ref(ref))
    check_staff(found.visibility, found.standing)
    data, now = await sanitised(data), datetime.now(UTC)
    user_id = await known_teacher(database, peers, data, now=now)
    if user_id is None:
        raise cannot_teach(data.named_by)
    async with database.transaction() as session:
        await add_instructor(session, caller, found.course_id, user_id, data, now=now)
        return await get_instructor_view(session, found.course_id, user_id)


@router.patch("/{user_id}/")
async def change_one(
    ref: Ref, user_id: PathId, data: InstructorUpdate, session: Transaction, caller: Instructor
) -> InstructorView:
    """Change what an instructor is in this course. It has one lead, who is active; `is_lead` true passes it on."""
    changed = await change_instructor(
        session, caller, parse_ref(ref), user_id, await sanitised(data), now=datetime.now(UTC)
    )
    return await get_instructor_view(session, changed.course_id, user_id)


@router.delete("/{user_id}/", status_code=204)
async def remove_one(ref: Ref, user_id: PathId, session: Transaction, caller: Instructor) -> None:
    """Let somebody no longer teach a course. Not the lead: 400."""
    await remove_instructor(session, caller, parse_ref(ref), user_id, now=datetime.now(UTC))
