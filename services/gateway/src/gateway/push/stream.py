"""The same messages as server-sent events, for those who cannot open a socket."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response, StreamingResponse

from gateway.limits.gate import RateLimited
from gateway.push.admission import Person
from gateway.push.domain.channels import Address
from gateway.push.domain.said import NotUnderstood
from gateway.push.domain.said import last_event_id as read_id
from gateway.push.parts import Push
from gateway.push.resume import missed
from gateway.push.store import Logged
from gateway.shape import IS_HEAD
from shared import problems
from shared.auth import HEADER, SignedIn
from shared.errors import Invalid, ServiceUnavailable

HEARTBEAT_S = 15.0
RETRY_MS = 2000
RETRY_AFTER_S = 5

router = APIRouter(tags=["Real time"])


@router.get(
    "/api/events/stream/",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def event_stream(
    request: Request,
    caller: SignedIn,
    last_event_id: Annotated[
        str | None, Header(max_length=40, description="Id of the last event you have: what was missed comes first.")
    ] = None,
    after: Annotated[
        str | None, Query(max_length=40, description="The same, for a first connection by a browser.")
    ] = None,
) -> Response:
    """What concerns you, as it happens: server-sent events whose `data` is the message, as on the WebSockets, and
    whose `id` is the message's. Of the courses you learn in or teach, of your attempts and certificates, and of the
    whole platform.

    A comment every 15 seconds keeps the connection. A message of type `resync` says that what you missed is no longer
    kept. The stream ends when you are signed out, read too slowly, or the server restarts: connect again with
    `Last-Event-ID`.
    """
    push: Push = request.app.state.push
    start = _start(last_event_id if last_event_id is not None else after)
    if len(push.hub) >= push.settings.push_connections:
        raise ServiceUnavailable
    if push.hub.count_of(caller.user_id) >= push.settings.push_connections_user:
        most = push.settings.push_connections_user
        refusal = problems.of_refusal(RateLimited(f"You have {most} connections open already.", limit=most))
        refusal.headers["Retry-After"] = str(RETRY_AFTER_S)
        return refusal
    credential = push.credential_of(request.headers.raw)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    if request.scope.get(IS_HEAD):  # the headers are all of it; the stream would never end
        return Response(media_type="text/event-stream", headers=headers)
    person = Person(caller.user_id, caller.role, credential, request.headers[HEADER])
    await push.hub.ready()
    return StreamingResponse(
        _events(push, person, start),
        media_type="text/event-stream",
        headers=headers,
    )


async def _events(push: Push, person: Person, start: int | None) -> AsyncIterator[str]:
    outlet = await push.admission.admit(person, Address("stream", user_id=person.user_id))
    try:
        yield f"retry: {RETRY_MS}\n\n"
        if start is not None:
            async for message in missed(push.database, outlet, start):
                yield _event(message.id, message.text()) if isinstance(message, Logged) else _event(0, message)
        outlet.release()
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT_S):
                    item = await outlet.next()
            except TimeoutError:
                yield f": {datetime.now(UTC):%H:%M:%S}\n\n"
                continue
            if item is None:
                return
            yield _event(item.number, item.text)
    finally:
        push.hub.close(outlet)


def _event(number: int, text: str) -> str:
    return f"id: {number}\ndata: {text}\n\n" if number else f"data: {text}\n\n"


def _start(value: str | None) -> int | None:
    if not value:
        return None
    try:
        return read_id(value)
    except NotUnderstood as error:
        raise Invalid(last_event_id=str(error)) from error
