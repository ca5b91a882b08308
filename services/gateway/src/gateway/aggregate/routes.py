"""The HTTP entrance of what is put together: health, the API's own description, the first page."""

import json
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response, StreamingResponse

from gateway.aggregate.feed import LONGEST_WAIT_S, SERVICES, EventFeed, Wanted, get_feed, read_cursor, stream_feed
from gateway.aggregate.health import Health, get_health
from gateway.aggregate.schema import PublicSchema
from gateway.pages import page, respond
from shared import asyncapi
from shared.auth import Administrator
from shared.database import OpenDatabase
from shared.fields import Text
from shared.peers import AskPeers
from shared.settings import ServiceName

router = APIRouter(tags=["Utility"])

LARGEST_PAGE = 100


async def _schema(request: Request) -> PublicSchema:
    schema: PublicSchema = request.app.state.schema
    return schema


Schema = Annotated[PublicSchema, Depends(_schema)]


@router.get("/api/health/")
async def health(peers: AskPeers, database: OpenDatabase) -> Health:
    """How the system is. 200 while the gateway can serve, also when it is degraded."""
    return await get_health(peers, database, now=datetime.now(UTC))


@router.get("/api/schema/", response_model=dict[str, Any])
async def openapi_document(schema: Schema) -> Response:
    """This API as one OpenAPI 3.1 document. Services that do not answer now are missing, and named in `x-degraded`."""
    return Response(await schema.document(), media_type="application/json")


@router.get("/api/docs/", response_class=HTMLResponse)
async def documentation(schema: Schema) -> HTMLResponse:
    """This API, for people. Works without internet."""
    return respond(await schema.page())


@router.get(
    "/api/events/",
    response_model=EventFeed,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def event_feed(
    caller: Administrator,
    peers: AskPeers,
    database: OpenDatabase,
    after: Annotated[str, Query(max_length=1000, description="`next` of the page before; empty: the oldest.")] = "",
    type: Annotated[list[Text], Query(max_length=50, description="Only these types.")] = [],  # noqa: B006
    source: Annotated[ServiceName | None, Query(description="Only this service's events.")] = None,
    page_size: Annotated[int, Query(ge=1, description="More than 100 is served as 100.")] = 100,
    wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT_S, description="Seconds to wait for an event.")] = 0,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
    last_event_id: Annotated[str, Header(max_length=1000, description="As `after`, for a stream taken up again.")] = "",
) -> EventFeed | Response:
    """Every event of the last 30 days, of all services, oldest first; events of one aggregate in their order.

    Go on with `next` as `after`, as often as you like: nothing is missed and nothing comes twice. With
    `Accept: text/event-stream` they come as Server-Sent Events as they happen; a browser's `EventSource` goes on by
    itself where it lost the connection. For administrators and service accounts.
    """
    wanted = Wanted(sources=[source] if source else SERVICES, types=type, limit=min(page_size, LARGEST_PAGE))
    after = last_event_id or after
    if "text/event-stream" not in accept:
        return await get_feed(peers, database, wanted, after, wait_s=wait)
    events = stream_feed(peers, database, wanted, read_cursor(after))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


@router.get("/api/events/schema/", response_model=dict[str, Any])
async def asyncapi_document() -> Response:
    """The events on the bus as an AsyncAPI 3 document."""
    return Response(_asyncapi(), media_type="application/json")


@cache
def _asyncapi() -> bytes:
    return json.dumps(asyncapi.document(), ensure_ascii=False, separators=(",", ":")).encode()


_HOME = Markup("""<h1>Syllabus</h1>
<p>The back end of an online course platform.</p>
<ul>
<li><a href="/api/docs/">API documentation</a></li>
<li><a href="/api/schema/">OpenAPI 3.1</a> of the API, <a href="/api/events/schema/">AsyncAPI 3</a> of the events</li>
<li><a href="/verify/">Verify a certificate</a></li>
<li><a href="/api/health/">Health</a></li>
</ul>""")


@router.get("/", include_in_schema=False)
async def home() -> HTMLResponse:
    return page("Home", _HOME)
