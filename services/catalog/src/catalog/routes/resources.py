"""`/api/resources/`: what lessons bring along, and downloading it."""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from catalog.commands.downloads import note_download
from catalog.commands.resources import StoredFile, create_resource, delete_resource, order_resources, update_resource
from catalog.domain.access import check_staff
from catalog.domain.choices import ResourceType
from catalog.domain.slugs import LARGEST_ID
from catalog.learn import settled_standing, unlocked_standing
from catalog.queries.resources import (
    FoundResource,
    ResourceFilter,
    check_may_download,
    find_resource,
    get_resource,
    list_resources,
    show_resource,
)
from catalog.routes.downloads import is_beginning, redirect, send_file
from catalog.routes.forms import Form, SentFile, read_form
from catalog.routes.inputs import CourseQuery, PublicUrl, sanitised, takes
from catalog.routes.uploads import take_resource_file
from catalog.schemas.fields import Ids, PathId
from catalog.schemas.resources import ResourceCreate, ResourceUpdate, ResourceView
from catalog.storage import Storage, UseStorage
from catalog.store.files import discard_file
from shared.auth import Caller, Instructor
from shared.database import Database, OpenDatabase, Reading, Transaction
from shared.pagination import Page, Paging
from shared.peers import AskPeers

router = APIRouter(tags=["resources"])

_CREATE: dict[str, Any] = takes(ResourceCreate, "file")
_UPDATE: dict[str, Any] = takes(ResourceUpdate, "file")
_DOWNLOAD_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": {"application/octet-stream": {}}},
    206: {"description": "The part of it that was asked for.", "content": {"application/octet-stream": {}}},
    302: {"description": "Where it is."},
    416: {"description": "The file ends before the part that was asked for."},
}
Sent = Annotated[str | None, Header(include_in_schema=False)]


@router.get("/api/resources/")
async def read_resources(
    session: Reading,
    caller: Caller,
    paging: Paging,
    public_url: PublicUrl,
    course: CourseQuery,
    lesson: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    type: ResourceType | None = None,
) -> Page[ResourceView]:
    """Resources of lessons that one may see, in the order of their course. `ordering` by `order, title, created_date`.

    `url`, `file` and `storage_key` are null where one may not download.
    """
    wanted = ResourceFilter(lesson, course, type)
    return await list_resources(session, caller, paging, wanted, public_url=public_url)


@router.post("/api/resources/", status_code=201, openapi_extra=_CREATE)
async def add_resource(
    request: Request, database: OpenDatabase, storage: UseStorage, caller: Instructor, public_url: PublicUrl
) -> ResourceView:
    """Add a resource to a lesson: JSON with a `url`, or multipart/form-data with a `file`, best after the rest.

    A `link` needs `url`; the other types a file or a `url`. A video has at most 500 MB, any other file 50 MB (413).
    The file's own bytes must be of the declared type (400). `mime_type, file_size, storage_key, uploaded,
    duration_minutes`, `width` and `height` are filled in. An `order` that is taken is 400; left out, it is the next.
    """
    form = await _form(request, database, storage, None)
    try:
        data = await sanitised(form.as_model(ResourceCreate))
        async with database.transaction() as session:
            resource = await create_resource(session, caller, data, form.file, now=datetime.now(UTC))
            return await get_resource(session, caller, resource.id, public_url=public_url)
    except BaseException:
        await _discard(database, storage, form.file)
        raise


@router.get("/api/resources/{resource_id}/")
async def read_resource(
    resource_id: PathId, database: OpenDatabase, peers: AskPeers, caller: Caller, public_url: PublicUrl
) -> ResourceView:
    """A resource. `url`, `file` and `storage_key` are null where one may not download it."""
    async with database.reading() as session:
        resource = await find_resource(session, caller, resource_id)
    standing = await settled_standing(database, peers, resource.found, resource.bodies)
    return show_resource(resource, standing, public_url)


@router.put("/api/resources/{resource_id}/", openapi_extra=_CREATE)
async def replace_resource(
    resource_id: PathId,
    request: Request,
    database: OpenDatabase,
    storage: UseStorage,
    caller: Instructor,
    public_url: PublicUrl,
) -> ResourceView:
    """Change a resource. What is left out keeps its value; a `file` replaces the one there was."""
    return await _change(resource_id, request, database, storage, caller, public_url, ResourceCreate)


@router.patch("/api/resources/{resource_id}/", openapi_extra=_UPDATE)
async def change_resource(
    resource_id: PathId,
    request: Request,
    database: OpenDatabase,
    storage: UseStorage,
    caller: Instructor,
    public_url: PublicUrl,
) -> ResourceView:
    """Change some fields of a resource, or its file."""
    return await _change(resource_id, request, database, storage, caller, public_url, ResourceUpdate)


@router.delete("/api/resources/{resource_id}/", status_code=204)
async def remove_resource(resource_id: PathId, session: Transaction, caller: Instructor) -> None:
    """Delete a resource, and its file unless another version of the course has it."""
    await delete_resource(session, caller, resource_id, now=datetime.now(UTC))


@router.put("/api/lessons/{lesson_id}/resources/order/")
async def set_resource_order(
    lesson_id: PathId, data: Ids, session: Transaction, caller: Instructor, paging: Paging, public_url: PublicUrl
) -> Page[ResourceView]:
    """Put the resources of a lesson in the order of `ids`, which names each of them once."""
    await order_resources(session, caller, lesson_id, data.ids, now=datetime.now(UTC))
    return await list_resources(session, caller, paging, ResourceFilter(lesson=lesson_id), public_url=public_url)


@router.get("/api/resources/{resource_id}/download/", response_class=Response, responses=_DOWNLOAD_RESPONSES)
async def download_resource(
    resource_id: PathId,
    database: OpenDatabase,
    storage: UseStorage,
    peers: AskPeers,
    caller: Caller,
    range: Sent = None,
    if_range: Sent = None,
    if_none_match: Sent = None,
) -> Response:
    """The file of a resource, or a redirect: to where a storage serves it for some minutes, or to the resource's `url`.

    For those who get the lesson's full content; a `premium` resource for premium subscribers only, even when enrolled
    (403 `SUBSCRIPTION_REQUIRED`). `Range`, `If-Range` and `If-None-Match` are understood.
    """
    async with database.reading() as session:
        resource = await find_resource(session, caller, resource_id)
    standing = await settled_standing(database, peers, resource.found, resource.bodies)
    standing = await unlocked_standing(peers, standing, resource.row.lesson, resource.found, resource.bodies)
    check_may_download(resource, standing)
    answer = await _give(resource, storage, range, if_range, if_none_match)
    if caller is not None and not standing.is_staff and is_beginning(answer):
        row, course_id = resource.row, resource.found.course_id
        async with database.transaction() as session:
            await note_download(
                session, caller.user_id, resource_id=row.id, lesson_id=row.lesson, course_id=course_id
            )  # fmt: skip
    return answer


async def _give(
    resource: FoundResource, storage: Storage, range: str | None, if_range: str | None, if_none_match: str | None
) -> Response:
    row = resource.row
    if not row.uploaded:
        return redirect(row.url)
    url = storage.link(row.storage_key, now=datetime.now(UTC), file_name=row.file_name, mime_type=row.mime_type)
    if url is not None:
        return redirect(url)
    return await send_file(
        partial(storage.read, row.storage_key),
        name=row.storage_key,
        size=row.file_size,
        mime_type=row.mime_type,
        range_header=range,
        if_range=if_range,
        if_none_match=if_none_match,
        caching="private, no-cache",
        file_name=row.file_name,
    )


async def _change(
    resource_id: int,
    request: Request,
    database: Database,
    storage: Storage,
    caller: Instructor,
    public_url: str,
    model: type[ResourceUpdate],
) -> ResourceView:
    async with database.reading() as session:  # before anything is taken in
        resource = await find_resource(session, caller, resource_id)
    check_staff(resource.found.visibility, resource.found.standing)
    form = await _form(request, database, storage, resource.row.type)
    try:
        data = await sanitised(form.as_model(model))
        async with database.transaction() as session:
            await update_resource(session, caller, resource_id, data, form.file, now=datetime.now(UTC))
            return await get_resource(session, caller, resource_id, public_url=public_url)
    except BaseException:
        await _discard(database, storage, form.file)
        raise


async def _form(request: Request, database: Database, storage: Storage, kind: ResourceType | None) -> Form[StoredFile]:
    async def take(sent: SentFile) -> StoredFile:
        return await take_resource_file(database, storage, sent, kind, now=datetime.now(UTC))

    async def discard(file: StoredFile) -> None:
        await _discard(database, storage, file)

    return await read_form(request, "file", take, discard)


async def _discard(database: Database, storage: Storage, file: StoredFile | None) -> None:
    if file is not None:
        await discard_file(database, storage, file.storage_key)
