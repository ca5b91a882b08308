"""The short way to a course page's overlay, to progress, heartbeats and enrolling (`shared.hot_routes`)."""

import re

from starlette.requests import Request
from starlette.responses import Response

from enrollment.routes import enrollments, internal, progress
from enrollment.schemas.progress import Heartbeat, ProgressUpdate
from shared.answers import JsonBytes
from shared.auth import ServiceCaller, caller_of, user_of
from shared.hot_routes import ROW_ID, HotRoute, body_of

_SLUG_OR_ID = re.compile(r"[a-z0-9-]{1,90}")
_USER = re.compile(rb"user_id=([1-9][0-9]{0,17})|")


async def _overlay(request: Request, course_id: str) -> Response | None:
    service, asked = caller_of(request), _USER.fullmatch(request.scope["query_string"])
    if not isinstance(service, ServiceCaller) or asked is None or not ROW_ID.fullmatch(course_id):
        return None
    user_id = int(asked[1]) if asked[1] else None
    return await internal.get_course_overlay(int(course_id), service, request.app.state.database, user_id)


async def _change_progress(request: Request, progress_id: str) -> Response | None:
    learner = user_of(request)
    if learner is None or not ROW_ID.fullmatch(progress_id):
        return None
    body = await body_of(request, ProgressUpdate)
    if body is None:
        return None
    changed = await progress.change(int(progress_id), body, learner, request.app.state.database)
    return JsonBytes(changed.model_dump_json())


async def _send_heartbeat(request: Request, progress_id: str) -> Response | None:
    learner = user_of(request)
    if learner is None or not ROW_ID.fullmatch(progress_id):
        return None
    body = await body_of(request, Heartbeat)
    if body is None:
        return None
    counted = await progress.heartbeat(int(progress_id), body, learner, request.app.state.database)
    return JsonBytes(counted.model_dump_json())


async def _enroll(request: Request, ref: str) -> Response | None:
    learner, state = user_of(request), request.app.state
    if learner is None or not _SLUG_OR_ID.fullmatch(ref):
        return None
    answer = JsonBytes(status_code=201)
    enrolled = await enrollments.enroll_in_course(ref, learner, state.database, state.peers, answer)
    return JsonBytes(enrolled.model_dump_json(), status_code=answer.status_code)


HOT = (
    HotRoute(internal.router, internal.get_course_overlay, _overlay),
    HotRoute(progress.router, progress.change, _change_progress),
    HotRoute(progress.router, progress.heartbeat, _send_heartbeat),
    HotRoute(enrollments.router, enrollments.enroll_in_course, _enroll),
)
