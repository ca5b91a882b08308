"""The HTTP entrance of what is put together: health, the API's own description, the first page."""

import json
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from gateway.aggregate.health import Health, get_health
from gateway.aggregate.schema import PublicSchema
from gateway.pages import page, respond
from shared import asyncapi
from shared.database import OpenDatabase
from shared.peers import AskPeers

router = APIRouter(tags=["Utility"])


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
