"""The HTTP side of a service: an app with everything the services have in common around the service's own routers.

Around every request, from the outside in: the request id, the log line and the metric; the limit on the body's size;
conditional requests; the routes. Errors leave in the API's formats (`problems`).
"""

import re
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

import structlog
from fastapi import APIRouter, FastAPI, Request
from fastapi.routing import APIRoute
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import event_log, hot_routes, problems, tracing
from shared.auth import Signer, Verifier
from shared.conditional import Conditional
from shared.database import Database
from shared.errors import PayloadTooLarge
from shared.hot_routes import HotRoute
from shared.inbox import Handlers
from shared.peers import Peers
from shared.settings import ServiceSettings
from shared.telemetry import HTTP_SECONDS, METRICS, begin, configure_logging, log_request
from shared.worker import Schedule, worker_beside

LARGEST_BODY = 10 * 1024 * 1024
LONGEST_REQUEST_ID = 100

log = structlog.get_logger()

Resources = Callable[[FastAPI], AbstractAsyncContextManager[None]]
"""Opens what only this service needs, on `app.state`, for the life of the process."""


def create_app(
    settings: ServiceSettings,
    *,
    routers: Sequence[APIRouter],
    handlers: Handlers,
    hot: Sequence[HotRoute] = (),
    schedules: Sequence[Schedule] = (),
    resources: Resources | None = None,
    largest_body: int = LARGEST_BODY,
    larger_bodies: Mapping[str, int] | None = None,
) -> FastAPI:
    """The service's app. `app.state` has `settings`, `database`, `verifier`, `signer` and `peers`.

    `larger_bodies`: limits of paths (regular expressions) whose routes take bodies as streams.
    """
    configure_logging(settings.SERVICE, form=settings.log_format, level=settings.log_level)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(app.state.database.close)
            stack.push_async_callback(app.state.peers.close)
            if resources is not None:
                await stack.enter_async_context(resources(app))
            if settings.run_worker:
                await stack.enter_async_context(worker_beside(settings, app.state.database, handlers, schedules))
            yield

    app = FastAPI(
        title=f"Syllabus {settings.SERVICE}",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/internal/openapi.json",
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    signer = None
    if settings.identity_key_file:
        signer = Signer(settings.SERVICE, settings.identity_key_file, settings.identity_key_id)
    app.state.settings = settings
    app.state.database = Database(settings.database_url, pool_size=settings.database_pool_size, name=settings.SERVICE)
    app.state.verifier = Verifier(settings.identity_jwks_file)
    app.state.signer = signer
    app.state.peers = Peers(settings, signer)
    problems.install(app)
    app.include_router(_operations)
    app.include_router(event_log.router)
    for router in routers:
        app.include_router(router)
    hot_routes.install(app, hot)
    app.add_middleware(Conditional)
    app.add_middleware(BodyLimit, largest=largest_body, larger=larger_bodies)
    app.add_middleware(RequestLog)
    if tracing.configure(settings):
        app.add_middleware(tracing.Traced)
    return app


def probes(database: Database) -> FastAPI:
    """What a worker that is a process of its own answers: `/livez`, `/readyz` and `/metrics`."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.database = database
    app.include_router(_operations)
    return app


def _operation_id(route: APIRoute) -> str:
    """Names of the generated client's functions: the route function's own."""
    return route.name


class RequestLog:
    """Gives the request its id, and writes one log line and one metric when it ends. Answers what was not caught."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent_id = Headers(scope=scope).get("x-request-id", "")
        identifier = begin(sent_id if is_request_id(sent_id) else None)
        started, status = time.perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = identifier
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception:
            log.exception("request failed", method=scope["method"], path=scope["path"])
            if status:
                raise
            answer = problems.problem(500, "INTERNAL_ERROR", "Something went wrong on our side.")
            await answer(scope, receive, send_with_id)
        finally:
            seconds = time.perf_counter() - started
            route = getattr(scope.get("route"), "path", "none")
            if not route.startswith(("/livez", "/readyz", "/metrics")):
                HTTP_SECONDS.labels(scope["method"], route, status).observe(seconds)
                log_request(__name__, method=scope["method"], path=scope["path"], status=status, seconds=seconds)


class BodyLimit:
    """Refuses a body of more than `largest` bytes with 413: at once when it says its length, else where it goes over.
    On paths in `larger`, that limit holds instead.

    (FastAPI's own `max_body_size` answers in plain text, not in the API's format.)
    """

    def __init__(self, app: ASGIApp, largest: int, larger: Mapping[str, int] | None = None) -> None:
        self._app = app
        self._largest = largest
        self._larger = [(re.compile(path), limit) for path, limit in (larger or {}).items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        largest = next((limit for path, limit in self._larger if path.fullmatch(scope["path"])), self._largest)
        said = Headers(scope=scope).get("content-length", "")
        if said.isdecimal() and int(said) > largest:
            refusal = PayloadTooLarge(f"The body is larger than {largest} bytes.", limit=largest)
            await problems.of_refusal(refusal)(scope, receive, send)
            return
        received = 0

        async def receive_up_to_limit() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > largest:
                raise HTTPException(413)
            return message

        await self._app(scope, receive_up_to_limit, send)


def is_request_id(value: str) -> bool:
    return (
        0 < len(value) <= LONGEST_REQUEST_ID and value.isascii() and value.replace("-", "").replace("_", "").isalnum()
    )


_operations = APIRouter(include_in_schema=False)


@_operations.get("/livez")
async def livez() -> Response:
    """The process runs."""
    return Response(status_code=204)


@_operations.get("/readyz")
async def readyz(request: Request) -> JSONResponse:
    """The service can do its work: its database answers. The broker may be down; events wait in the outbox."""
    if getattr(request.app.state, "draining", False):
        return problems.problem(503, "SERVICE_UNAVAILABLE", "This process is about to stop.")
    database: Database = request.app.state.database
    try:
        async with database.reading() as session:
            await session.execute(text("SELECT 1 FROM outbox LIMIT 1"))
    except Exception as error:
        log.warning("not ready", error=type(error).__name__)
        return problems.problem(
            503, "SERVICE_UNAVAILABLE", "The database does not answer.", headers={"Retry-After": "2"}
        )
    return JSONResponse({"status": "ready"})


@_operations.get("/metrics")
async def metrics() -> Response:
    return Response(generate_latest(METRICS), media_type=CONTENT_TYPE_LATEST)
