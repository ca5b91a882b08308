"""`/api/courses/`: the catalog and the courses in it."""

from datetime import UTC, datetime

from fastapi import APIRouter

from catalog.commands.courses import create_course, delete_course, publish_course, unpublish_course, update_course
from catalog.commands.modules import order_modules
from catalog.domain.access import check_visible
from catalog.domain.slugs import parse_ref
from catalog.learn import settled_standing
from catalog.queries.courses import get_course, list_courses
from catalog.queries.filters import CourseFilter
from catalog.routes.filters import Filters
from catalog.routes.inputs import sanitised
from catalog.schemas.courses import CourseCard, CourseCreate, CourseUpdate, CourseView, PublishOptions
from catalog.schemas.fields import Ids, Ref
from catalog.store.visibility import find_course
from shared.auth import Caller, Instructor
from shared.database import OpenDatabase, Reading, Transaction
from shared.pagination import Page, Paging
from shared.peers import AskPeers

router = APIRouter(prefix="/api/courses", tags=["courses"])


@router.get("/")
async def read_courses(session: Reading, caller: Caller, paging: Paging, wanted: Filters) -> Page[CourseCard]:
    """Published courses, newest first.

    `ordering` by `created_date, published_date, title, price, avg_rating, enrolled_students_count`, and with `search`
    by `relevance` (`-relevance` has the best first). With `is_draft=true` the drafts that an instructor teaches, or
    all for an administrator; 403 for others.
    """
    return await list_courses(session, caller, paging, wanted, now=datetime.now(UTC))


@router.post("/", status_code=201)
async def add_course(data: CourseCreate, session: Transaction, caller: Instructor) -> CourseView:
    """Create a course, as a draft that its creator leads. The slug is made from the title, and stays."""
    now = datetime.now(UTC)
    course = await create_course(session, caller, await sanitised(data), now=now)
    return await get_course(session, course.id, as_staff=True, now=now)


@router.get("/featured/")
async def read_featured_courses(session: Reading, caller: Caller, paging: Paging) -> Page[CourseCard]:
    """Published courses that administrators chose to feature, newest first; at most `page_size`."""
    return await list_courses(session, caller, paging, CourseFilter(is_featured=True), now=datetime.now(UTC))


@router.get("/{ref}/")
async def read_course(ref: Ref, database: OpenDatabase, peers: AskPeers, caller: Caller) -> CourseView:
    """A course by slug or id, with its outline.

    Drafts are shown to their staff only; a course that was unpublished also to those enrolled in it; 404 for others.
    """
    async with database.reading() as session:
        found = await find_course(session, caller, parse_ref(ref))
    standing = await settled_standing(database, peers, found)
    check_visible(found.visibility, standing)
    async with database.reading() as session:
        return await get_course(session, found.course_id, as_staff=standing.is_staff, now=datetime.now(UTC))


@router.put("/{ref}/")
async def replace_course(ref: Ref, data: CourseCreate, session: Transaction, caller: Instructor) -> CourseView:
    """Change a course. What is left out keeps its value."""
    now = datetime.now(UTC)
    course = await update_course(session, caller, parse_ref(ref), await sanitised(data), now=now)
    return await get_course(session, course.id, as_staff=True, now=now)


@router.patch("/{ref}/")
async def change_course(ref: Ref, data: CourseUpdate, session: Transaction, caller: Instructor) -> CourseView:
    """Change some fields of a course."""
    now = datetime.now(UTC)
    course = await update_course(session, caller, parse_ref(ref), await sanitised(data), now=now)
    return await get_course(session, course.id, as_staff=True, now=now)


@router.delete("/{ref}/", status_code=204)
async def remove_course(ref: Ref, session: Transaction, caller: Instructor) -> None:
    """Delete a course. It is gone from every list; its certificates still verify."""
    await delete_course(session, caller, parse_ref(ref), now=datetime.now(UTC))


@router.put("/{ref}/publish/")
async def publish(
    ref: Ref, session: Transaction, caller: Instructor, options: PublishOptions | None = None
) -> CourseView:
    """Publish a course, and its modules unless `publish_modules` is false.

    It needs a description, a learning objective, and a module with a lesson that has content; 400 names what is
    missing. Publishing a published course is fine.
    """
    now, options = datetime.now(UTC), options or PublishOptions()
    course = await publish_course(session, caller, parse_ref(ref), publish_modules=options.publish_modules, now=now)
    return await get_course(session, course.id, as_staff=True, now=now)


@router.put("/{ref}/unpublish/")
async def unpublish(ref: Ref, session: Transaction, caller: Instructor) -> CourseView:
    """Take a course out of the catalog. Those enrolled keep it."""
    now = datetime.now(UTC)
    course = await unpublish_course(session, caller, parse_ref(ref), now=now)
    return await get_course(session, course.id, as_staff=True, now=now)


@router.put("/{ref}/modules/order/")
async def set_module_order(ref: Ref, data: Ids, session: Transaction, caller: Instructor) -> CourseView:
    """Put the modules of a course in the order of `ids`, which names each of them once."""
    now = datetime.now(UTC)
    course = await order_modules(session, caller, parse_ref(ref), data.ids, now=now)
    return await get_course(session, course.id, as_staff=True, now=now)
