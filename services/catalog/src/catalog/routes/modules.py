"""`/api/modules/`: sections of courses, written by the course's staff."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from catalog.commands.lessons import order_lessons
from catalog.commands.modules import create_module, delete_module, update_module
from catalog.domain.access import check_visible
from catalog.domain.slugs import LARGEST_ID
from catalog.learn import settled_standing
from catalog.queries.modules import get_module, list_modules
from catalog.routes.inputs import CourseQuery, sanitised
from catalog.schemas.fields import Ids, PathId
from catalog.schemas.modules import ModuleCreate, ModuleUpdate, ModuleView
from catalog.store.visibility import find_module
from shared.auth import Caller, Instructor
from shared.database import OpenDatabase, Reading, Transaction
from shared.pagination import Page, Paging
from shared.peers import AskPeers

router = APIRouter(prefix="/api/modules", tags=["modules"])


@router.get("/")
async def read_modules(
    session: Reading,
    caller: Caller,
    paging: Paging,
    course: CourseQuery,
    course_id: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
) -> Page[ModuleView]:
    """Modules with their lessons' outline, course by course in order. `ordering` by `order, title, created_date`."""
    return await list_modules(session, caller, paging, course if course_id is None else course_id)


@router.post("/", status_code=201)
async def add_module(data: ModuleCreate, session: Transaction, caller: Instructor) -> ModuleView:
    """Add a module to a course. An `order` that is taken is 400; left out, it is the next."""
    module = await create_module(session, caller, await sanitised(data), now=datetime.now(UTC))
    return await get_module(session, module.id)


@router.get("/{module_id}/")
async def read_module(module_id: PathId, database: OpenDatabase, peers: AskPeers, caller: Caller) -> ModuleView:
    """A module with its lessons' outline. One that is not published is shown to the course's staff only."""
    async with database.reading() as session:
        found = await find_module(session, caller, module_id)
    check_visible(found.visibility, await settled_standing(database, peers, found))
    async with database.reading() as session:
        return await get_module(session, module_id)


@router.put("/{module_id}/")
async def replace_module(module_id: PathId, data: ModuleCreate, session: Transaction, caller: Instructor) -> ModuleView:
    """Change a module. What is left out keeps its value; it stays in its course."""
    await update_module(session, caller, module_id, await sanitised(data), now=datetime.now(UTC))
    return await get_module(session, module_id)


@router.patch("/{module_id}/")
async def change_module(module_id: PathId, data: ModuleUpdate, session: Transaction, caller: Instructor) -> ModuleView:
    """Change some fields of a module."""
    await update_module(session, caller, module_id, await sanitised(data), now=datetime.now(UTC))
    return await get_module(session, module_id)


@router.delete("/{module_id}/", status_code=204)
async def remove_module(module_id: PathId, session: Transaction, caller: Instructor) -> None:
    """Delete a module with its lessons."""
    await delete_module(session, caller, module_id, now=datetime.now(UTC))


@router.put("/{module_id}/lessons/order/")
async def set_lesson_order(module_id: PathId, data: Ids, session: Transaction, caller: Instructor) -> ModuleView:
    """Put the lessons of a module in the order of `ids`, which names each of them once."""
    await order_lessons(session, caller, module_id, data.ids, now=datetime.now(UTC))
    return await get_module(session, module_id)
