"""`python -m bench.static PORT SIZE`: SIZE bytes for every path."""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

port, size = int(sys.argv[1]), int(sys.argv[2])
body = b"x" * size


async def answer(request: Request) -> Response:
    return Response(body, media_type="application/json")


uvicorn.run(
    Starlette(routes=[Route("/{path:path}", answer)]),
    host="127.0.0.1",
    port=port,
    loop="uvloop",
    http="httptools",
    log_level="error",
    access_log=False,
)
