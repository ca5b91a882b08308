"""The short way to a course, a lesson, the lists of courses, searches and suggestions (`shared.hot_routes`)."""

import re

from fastapi import BackgroundTasks
from starlette.requests import Request
from starlette.responses import Response

from catalog.routes import courses, lessons, search
from catalog.routes.filters import filters, narrowing
from shared.auth import user_of
from shared.hot_routes import ROW_ID, HotRoute, PlainQuery
from shared.pagination import page_request

_SLUG_OR_ID = re.compile(r"(?!featured$|import$)[a-z0-9-]{1,90}")
_LISTED = PlainQuery(page_request, narrowing, filters)
_FOUND = PlainQuery(page_request, narrowing, search.search_courses)
_TYPED = PlainQuery(search.suggest_while_typing)


async def _list(request: Request) -> Response | None:
    if (asked := _LISTED.read(request)) is None:
        return None
    paging, narrow, more = asked
    page, wanted = await page_request(request, **paging), await filters(await narrowing(**narrow), **more)
    return await courses.read_courses(request.app.state.database, user_of(request), page, wanted)


async def _search(request: Request) -> Response | None:
    if (asked := _FOUND.read(request)) is None:
        return None
    paging, narrow, more = asked
    page, wanted, later = await page_request(request, **paging), await narrowing(**narrow), BackgroundTasks()
    response = await search.search_courses(request.app.state.database, later, page, wanted, **more)
    response.background = later
    return response


async def _course(request: Request, ref: str) -> Response | None:
    if not _SLUG_OR_ID.fullmatch(ref):
        return None
    return await courses.read_course(ref, request.app.state.database, request.app.state.peers, user_of(request))


async def _lesson(request: Request, lesson_id: str) -> Response | None:
    if not ROW_ID.fullmatch(lesson_id):
        return None
    state = request.app.state
    return await lessons.read_lesson(int(lesson_id), state.database, state.peers, user_of(request))


async def _suggestions(request: Request) -> Response | None:
    if (asked := _TYPED.read(request)) is None:
        return None
    return await search.suggest_while_typing(request.app.state.database, **asked[0])


HOT = (
    HotRoute(courses.router, courses.read_course, _course),
    HotRoute(lessons.router, lessons.read_lesson, _lesson),
    HotRoute(courses.router, courses.read_courses, _list),
    HotRoute(search.router, search.search_courses, _search),
    HotRoute(search.router, search.suggest_while_typing, _suggestions),
)
