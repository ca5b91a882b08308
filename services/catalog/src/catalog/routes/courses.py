"""`/api/courses/`: the catalog and the courses in it."""

import json
from contextlib import suppress
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from catalog.commands.courses import (
    NO_THUMBNAIL,
    Thumbnail,
    create_course,
    delete_course,
    publish_course,
    unpublish_course,
    update_course,
)
from catalog.commands.modules import order_modules
from catalog.domain.access import check_visible
from catalog.domain.slugs import parse_ref
from catalog.learn import settled_standing
from catalog.queries.courses import get_course, list_ids
from catalog.queries.filters import CourseFilter
from catalog.queries.hot_course import find_whole_course
from catalog.queries.hot_list import is_by_number, read_cards, read_page, whole_page
from catalog.routes.filters import Filters
from catalog.routes.forms import Form, SentFile, read_form
from catalog.routes.inputs import PublicUrl, sanitised, takes
from catalog.routes.uploads import take_thumbnail
from catalog.schemas.courses import CourseCard, CourseCreate, CourseUpdate, CourseView, PublishOptions
from catalog.schemas.fields import Ids, Ref
from catalog.storage import Storage, UseStorage
from catalog.store.files import discard_file
from shared.answers import JsonBytes
from shared.auth import Caller, Identity, Instructor
from shared.database import Database, OpenDatabase, Transaction
from shared.pagination import Page, PageRequest, Paging
from shared.peers import AskPeers

router = APIRouter(prefix="/api/courses", tags=["courses"])


@router.get("/", response_model=Page[CourseCard])
async def read_courses(database: OpenDatabase, caller: Caller, paging: Paging, wanted: Filters) -> Response:
    """Published courses, newest first.

    `ordering` by `created_date, published_date, title, price, avg_rating, enrolled_students_count`, and with `search`
    by `relevance` (`-relevance` has the best first). With `is_draft=true` the drafts that an instructor teaches, or
    all for an administrator; 403 for others.
    """
    return await _list(database, caller, paging, wanted)


@router.post("/", status_code=201, openapi_extra=takes(CourseCreate, "thumbnail"))
async def add_course(
    request: Request, database: OpenDatabase, storage: UseStorage, caller: Instructor, public_url: PublicUrl
) -> CourseView:
    """Create a course, as a draft that its creator leads. The slug is made from the title, and stays.

    JSON, or multipart/form-data with a `thumbnail`: a JPEG, PNG or WebP image of at most 10 MB, best after the other
    fields, in which lists are JSON.
    """
    form = await _form(request, database, storage, public_url)
    try:
        data, now = await sanitised(form.as_model(CourseCreate)), datetime.now(UTC)
        async with database.transaction() as session:
            course = await create_course(session, caller, data, form.file, now=now)
            return await get_course(session, course.id, as_staff=True, now=now)
    except BaseException:
        await _discard(database, storage, form.file)
        raise


@router.get("/featured/", response_model=Page[CourseCard])
async def read_featured_courses(database: OpenDatabase, caller: Caller, paging: Paging) -> Response:
    """Published courses that administrators chose to feature, newest first; at most `page_size`."""
    return await _list(database, caller, paging, CourseFilter(is_featured=True))


@router.get("/{ref}/", response_model=CourseView)
async def read_course(ref: Ref, database: OpenDatabase, peers: AskPeers, caller: Caller) -> Response:
    """A course by slug or id, with its outline.

    Drafts are shown to their staff only; a course that was unpublished also to those enrolled in it; 404 for others.
    """
    course = await find_whole_course(database, caller, parse_ref(ref), now=datetime.now(UTC))
    standing = await settled_standing(database, peers, course.found)
    check_visible(course.found.visibility, standing)
    return JsonBytes(course.body)


@router.put("/{ref}/", openapi_extra=takes(CourseCreate, "thumbnail"))
async def replace_course(
    ref: Ref, request: Request, database: OpenDatabase, storage: UseStorage, caller: Instructor, public_url: PublicUrl
) -> CourseView:
    """Change a course. What is left out keeps its value; a new `thumbnail` replaces the old, null takes it away."""
    return await _change(ref, request, database, storage, caller, public_url, CourseCreate)


@router.patch("/{ref}/", openapi_extra=takes(CourseUpdate, "thumbnail"))
async def change_course(
    ref: Ref, request: Request, database: OpenDatabase, storage: UseStorage, caller: Instructor, public_url: PublicUrl
) -> CourseView:
    """Change some fields of a course, or its `thumbnail`; null takes that away."""
    return await _change(ref, request, database, storage, caller, public_url, CourseUpdate)


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


async def _list(database: Database, caller: Identity | None, paging: PageRequest, wanted: CourseFilter) -> Response:
    now = datetime.now(UTC)
    if is_by_number(paging, wanted):
        return JsonBytes(await read_page(database, paging, wanted, now=now))
    async with database.reading() as session:
        page = await list_ids(session, caller, paging, wanted, now=now)
    cards = await read_cards(database, page.results, now=now)
    return JsonBytes(whole_page(page.count, page.next, page.previous, cards))


async def _change(
    ref: str,
    request: Request,
    database: Database,
    storage: Storage,
    caller: Instructor,
    public_url: str,
    model: type[CourseUpdate],
) -> CourseView:
    form = await _form(request, database, storage, public_url)
    try:
        data, now = await sanitised(form.as_model(model)), datetime.now(UTC)
        takes_away = form.fields.get("thumbnail", form) in (None, "")
        thumbnail = NO_THUMBNAIL if form.file is None and takes_away else form.file
        async with database.transaction() as session:
            course = await update_course(session, caller, parse_ref(ref), data, thumbnail, now=now)
            return await get_course(session, course.id, as_staff=True, now=now)
    except BaseException:
        await _discard(database, storage, form.file)
        raise


_LISTS = ("requirements", "skills", "learning_objectives", "tags")
_NULLABLE = ("discount_price", "discount_ends")


async def _form(request: Request, database: Database, storage: Storage, public_url: str) -> Form[Thumbnail]:
    """The body, with what a form can only write as text made what JSON would have."""

    async def take(sent: SentFile) -> Thumbnail:
        return await take_thumbnail(database, storage, sent, public_url, now=datetime.now(UTC))

    async def discard(thumbnail: Thumbnail) -> None:
        await _discard(database, storage, thumbnail)

    form = await read_form(request, "thumbnail", take, discard)
    for name in _LISTS:
        if isinstance(text := form.fields.get(name), str):
            with suppress(ValueError, RecursionError):  # else the model says that it is no list
                form.fields[name] = json.loads(text)
    for name in _NULLABLE:
        if form.fields.get(name) in ("", "null"):
            form.fields[name] = None
    return form


async def _discard(database: Database, storage: Storage, thumbnail: Thumbnail | None) -> None:
    if thumbnail is not None and thumbnail.storage_key is not None:
        await discard_file(database, storage, thumbnail.storage_key)
