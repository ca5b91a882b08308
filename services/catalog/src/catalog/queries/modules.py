"""Modules, as the API shows them."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.models import Course, Module
from catalog.queries.outline import modules_by_id
from catalog.queries.pages import page_of
from catalog.schemas.modules import ModuleView
from catalog.store.visibility import course_named, module_visible
from shared.auth import Identity
from shared.errors import NotFound
from shared.pagination import Key, Page, PageRequest, order_of

_COLUMNS = Module.__table__.c


async def list_modules(
    session: AsyncSession, identity: Identity | None, request: PageRequest, course: int | str | None
) -> Page[ModuleView]:
    """Modules that the caller may know of, course by course in order."""
    ids = select(Module.id).join(Course, Course.id == Module.course_id).where(module_visible(identity))
    if course is not None:
        ids = ids.where(course_named(course))
    allowed = {name: _COLUMNS[name] for name in ("order", "title", "created_date")}
    keys = order_of(request, allowed, [Key(_COLUMNS.course_id), Key(_COLUMNS.order)], Key(_COLUMNS.id))
    return await page_of(session, ids, request, keys, modules_by_id)


async def get_module(session: AsyncSession, module_id: int) -> ModuleView:
    """Raises NotFound."""
    modules = await modules_by_id(session, [module_id])
    if module_id not in modules:
        raise NotFound
    return modules[module_id]
