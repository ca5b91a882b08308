"""`/api/categories/`: read by all, written by administrators."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query

from catalog.commands.categories import create_category, delete_category, update_category
from catalog.queries.categories import get_category, list_categories
from catalog.routes.inputs import sanitised
from catalog.schemas.categories import CategoryCreate, CategoryUpdate, CategoryView
from catalog.schemas.fields import TEXT
from shared.auth import Administrator, Caller
from shared.database import Reading, Transaction
from shared.pagination import Page, Paging

router = APIRouter(prefix="/api/categories", tags=["categories"])

Slug = Annotated[str, Path(max_length=100), TEXT]


@router.get("/")
async def read_categories(
    session: Reading,
    caller: Caller,
    paging: Paging,
    search: Annotated[str | None, Query(max_length=200, description="Text in name or description."), TEXT] = None,
) -> Page[CategoryView]:
    """Categories by `sort_order`, then name. Inactive ones are shown to administrators only."""
    return await list_categories(session, caller, paging, search)


@router.post("/", status_code=201)
async def add_category(data: CategoryCreate, session: Transaction, caller: Administrator) -> CategoryView:
    """Make a category. Its slug is made from the name, and stays."""
    category = await create_category(session, await sanitised(data), now=datetime.now(UTC))
    return await get_category(session, caller, category.slug)


@router.get("/{slug}/")
async def read_category(slug: Slug, session: Reading, caller: Caller) -> CategoryView:
    """One category. `course_count` counts its published courses."""
    return await get_category(session, caller, slug)


@router.put("/{slug}/")
async def replace_category(
    slug: Slug, data: CategoryCreate, session: Transaction, caller: Administrator
) -> CategoryView:
    """Change a category. What is left out keeps its value."""
    await update_category(session, slug, await sanitised(data), now=datetime.now(UTC))
    return await get_category(session, caller, slug)


@router.patch("/{slug}/")
async def change_category(
    slug: Slug, data: CategoryUpdate, session: Transaction, caller: Administrator
) -> CategoryView:
    """Change some fields of a category."""
    await update_category(session, slug, await sanitised(data), now=datetime.now(UTC))
    return await get_category(session, caller, slug)


@router.delete("/{slug}/", status_code=204)
async def remove_category(slug: Slug, session: Transaction, caller: Administrator) -> None:
    """Delete a category that no course belongs to; else 400 `CATEGORY_IN_USE`."""
    await delete_category(session, slug)
