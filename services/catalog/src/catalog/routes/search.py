"""`/api/search/`: finding courses and lessons."""

import time
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Query, Response
from pydantic_core import to_json

from catalog.commands.searches import KEPT_DAYS, count_click, count_search
from catalog.domain.choices import ResourceType
from catalog.domain.search import LONGEST_QUERY, term_of
from catalog.queries.content import search_content
from catalog.queries.corrections import corrected
from catalog.queries.found_resources import search_resources
from catalog.queries.hot_facets import as_facets
from catalog.queries.hot_list import page_around
from catalog.queries.hot_search import find_courses
from catalog.queries.searches import get_search_analytics
from catalog.queries.suggestions import suggest
from catalog.routes.filters import Narrowing
from catalog.schemas.fields import TEXT
from catalog.schemas.search import Click, ContentResult, CourseSearch, ResourceResult, SearchAnalytics, Suggestions
from shared.answers import JsonBytes
from shared.auth import Administrator, Caller, SignedIn
from shared.database import OpenDatabase, Reading, Transaction
from shared.pagination import Page, Paging

router = APIRouter(prefix="/api/search", tags=["search"])

Words = Annotated[str, Query(max_length=LONGEST_QUERY, description="What to look for."), TEXT]


@router.get("/courses/", response_model=CourseSearch)
async def search_courses(
    database: OpenDatabase, background: BackgroundTasks, paging: Paging, wanted: Narrowing, q: Words = ""
) -> Response:
    """Published courses that have all words of `q`: in title, subtitle, tags, skills, outline or description.

    The best fit first, then what most learn; `ordering` by `relevance` or as in the list of courses. `"a phrase"`, `or`
    and `-without` are understood. At most 1,000 results; `facets` are counted in 3,000, each without its own filter.
    When nothing is found as typed, what was likely meant is searched for, and named in `did_you_mean`.
    """
    started, now = time.perf_counter(), datetime.now(UTC)
    found, meant = await find_courses(database, paging, q, wanted, now=now), None
    is_known = found.any
    if not is_known and (likely := await corrected(database, q)) is not None:
        other = await find_courses(database, paging, likely, wanted, now=now)
        if other.any:
            found, meant = other, likely
    page = page_around(paging, found.count, found.results)
    if term_of(q) and paging.page == 1:
        milliseconds = (time.perf_counter() - started) * 1000
        # After the answer has gone out: nobody waits for it.
        background.add_task(count_search, database, q, found=is_known, milliseconds=milliseconds, today=now.date())
    rest = to_json({"facets": as_facets(found.facets), "did_you_mean": meant})
    return JsonBytes(b"%b,%b" % (page[:-1], rest[1:]))


@router.get("/suggest/", response_model=Suggestions)
async def suggest_while_typing(database: OpenDatabase, q: Words = "") -> Response:
    """Courses, categories, tags and instructors that have all words of `q`, the last one as a beginning; 14 at most.

    Of courses the five that most learn in; how many do is counted for this every five minutes.
    """
    return JsonBytes(await suggest(database, q))


@router.get("/content/")
async def search_lessons(session: Reading, caller: SignedIn, paging: Paging, q: Words = "") -> Page[ContentResult]:
    """Lessons that have all words of `q`, in courses that one is enrolled in or teaches, with what was found marked."""
    return await search_content(session, caller, paging, q)


@router.get("/resources/")
async def search_files(
    session: Reading, caller: Caller, paging: Paging, q: Words = "", type: ResourceType | None = None
) -> Page[ResourceResult]:
    """Resources that have all words of `q` in title or description, in courses that one may see; the best first."""
    return await search_resources(session, caller, paging, q, type)


@router.post("/click/", status_code=204)
async def choose_result(data: Click, session: Transaction, caller: Caller) -> None:
    """Tell that a result of a search was chosen. Nothing about who chose is kept."""
    await count_click(session, caller, data, today=datetime.now(UTC).date())


@router.get("/analytics/")
async def read_search_analytics(
    session: Reading,
    caller: Administrator,
    days: Annotated[int, Query(ge=1, le=KEPT_DAYS, description="Of the last days, today among them.")] = 30,
) -> SearchAnalytics:
    """What is searched for most, what is searched for in vain, how often a result is chosen, and how long it takes."""
    return await get_search_analytics(session, since=datetime.now(UTC).date() - timedelta(days=days - 1))
