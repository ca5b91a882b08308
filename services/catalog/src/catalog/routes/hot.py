"""The short way to a course, a lesson, the first pages of the catalog, and suggestions (`shared.hot_routes`)."""

import re

from starlette.requests import Request
from starlette.responses import Response

from catalog.queries.filters import CourseFilter
from catalog.routes import courses, lessons, search
from shared.auth import user_of
from shared.hot_routes import ROW_ID, HotRoute
from shared.pagination import DEFAULT_SIZE, PageRequest

_SLUG_OR_ID = re.compile(r"(?!featured$|import$)[a-z0-9-]{1,90}")
_PAGE = re.compile(rb"page=([1-9][0-9]{0,5})|")
_TYPED = re.compile(rb"q=([A-Za-z0-9+]{1,100})")


async def _list(request: Request) -> Response | None:
    asked = _PAGE.fullmatch(request.scope["query_string"])
    if asked is None:
        return None
    state, number = request.app.state, asked[1]
    url, query = f"{state.settings.public_url}{request.scope['path']}", (("page", number.decode()),) if number else ()
    page = PageRequest(int(number or 1), DEFAULT_SIZE, cursor=None, ordering=(), url=url, query=query)
    return await courses.read_courses(state.database, user_of(request), page, CourseFilter())


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
    asked = _TYPED.fullmatch(request.scope["query_string"])
    if asked is None:
        return None
    return await search.suggest_while_typing(request.app.state.database, asked[1].decode().replace("+", " "))


HOT = (
    HotRoute(courses.router, courses.read_course, _course),
    HotRoute(lessons.router, lessons.read_lesson, _lesson),
    HotRoute(courses.router, courses.read_courses, _list),
    HotRoute(search.router, search.suggest_while_typing, _suggestions),
)
