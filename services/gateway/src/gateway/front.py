"""The door: what every public request passes before anyone answers it.

In this order: a request id; limits on address and headers; one form of the path; who is asking. Then the gateway's own
app answers, or the service that `upstream.routing` names. A bare ASGI application, because everything goes through it.
"""

import re
import time
from collections.abc import Sequence
from urllib.parse import quote

import structlog
from fastapi import FastAPI
from starlette.responses import JSONResponse
from starlette.types import Message, Receive, Scope, Send

from gateway.authentication import Authentication
from gateway.identity.cookies import renewing
from gateway.upstream.headers import INTERNAL
from gateway.upstream.proxy import BodyTooLarge, BodyTooSlow, Incoming, forward
from gateway.upstream.routing import Route, route_of
from shared import problems
from shared.app import is_request_id
from shared.auth import HEADER
from shared.database import is_away
from shared.errors import Refusal, ServiceUnavailable
from shared.telemetry import HTTP_SECONDS, begin

LONGEST_ADDRESS = 8 * 1024
LARGEST_HEADERS = 32 * 1024
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))

_UNSEEN = re.compile(r"[\x00-\x1f\x7f\\]")
_PATH_CHARACTERS = "/:@!$&'()*+,;=~"
_QUERY_CHARACTERS = "/:@!$&'()*+,;=~?%[]"
_SAFETY = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
]

log = structlog.get_logger()


class Front:
    """The public ASGI application, in front of the gateway's own `app`, whose lifespan is run by someone else."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._safety = list(_SAFETY)
        if app.state.settings.public_url.startswith("https://"):
            self._safety.append((b"strict-transport-security", b"max-age=31536000"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 4404})
            return
        identifier = begin(_sent_id(scope["headers"]))
        await _Exchange(self._app, scope, receive, send, [*self._safety, (b"x-request-id", identifier.encode())]).run()


class _Exchange:
    """One request and its answer."""

    def __init__(
        self, app: FastAPI, scope: Scope, receive: Receive, send: Send, safety: Sequence[tuple[bytes, bytes]]
    ) -> None:
        self._app = app
        self._scope = scope
        self._receive = receive
        self._send = send
        self._safety = safety
        self._route: Route | None = None
        self._status = 0
        self._logged = False
        self._cookies: Sequence[tuple[bytes, bytes]] = ()

    async def run(self) -> None:
        """Answer, whatever happens; log it, unless the gateway's own app did."""
        started = time.perf_counter()
        try:
            if (refusal := _unacceptable(self._scope)) is not None:
                await self._answer(refusal)
            else:
                await self._pass_on(_canonical(self._scope["path"]))
        except Refusal as refused:
            await self._answer(problems.of_refusal(refused), closing=isinstance(refused, BodyTooLarge | BodyTooSlow))
        except Exception as error:
            await self._fail(error)
        finally:
            if not self._logged:
                self._note(time.perf_counter() - started)

    async def _pass_on(self, path: str) -> None:
        route = route_of(path)
        if route is None or _UNSEEN.search(path) or not {"", ".", ".."}.isdisjoint(path.strip("/").split("/")[1:]):
            await self._answer(problems.problem(404, "NOT_FOUND", "Not found."))
            return
        self._route = route
        headers = [(name, value) for name, value in self._scope["headers"] if not name.startswith(INTERNAL)]
        signature = await self._signature(path, headers) if path.startswith("/api/") else None
        if route.service == "gateway":
            self._logged = True
            await self._app(_own_scope(self._scope, path, headers, signature, self._safety), self._receive, self.send)
            return
        request = Incoming(
            service=route.service,
            method=self._scope["method"],
            target=_target(path, self._scope["query_string"]),
            headers=headers,
            signature=signature,
            client=(self._scope.get("client") or ("",))[0],
        )
        await forward(self._app.state.upstreams, request, self._receive, self.send)

    async def _signature(self, path: str, headers: Sequence[tuple[bytes, bytes]]) -> str | None:
        authentication: Authentication = self._app.state.authentication
        admission = await authentication.admit(self._scope["method"], path, headers)
        if admission.prolonged is not None:
            self._cookies = renewing(admission.prolonged, self._app.state.settings.public_url)
        return admission.signature

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            ours = {name for name, _ in self._safety}
            theirs = [(name, value) for name, value in message.get("headers", ()) if name not in ours]
            cookies = () if any(name == b"set-cookie" for name, _ in theirs) else self._cookies
            message = {**message, "headers": [*theirs, *cookies, *self._safety]}
        await self._send(message)

    async def _answer(self, answer: JSONResponse, *, closing: bool = False) -> None:
        if closing:  # the rest of the body is still on its way, and nobody will read it
            answer.headers["Connection"] = "close"
        await answer(self._scope, self._receive, self.send)

    async def _fail(self, error: Exception) -> None:
        if self._status:
            raise error
        if is_away(error):
            log.error("database unavailable", error=type(error).__name__)
            await self._answer(problems.of_refusal(ServiceUnavailable()))
            return
        log.error("request failed", method=self._scope["method"], path=self._scope["path"], exc_info=error)
        await self._answer(problems.problem(500, "INTERNAL_ERROR", "Something went wrong on our side."))

    def _note(self, seconds: float) -> None:
        method, path = self._scope["method"], self._scope["path"]
        known = method if method in METHODS else "other"
        HTTP_SECONDS.labels(known, self._route.entry if self._route else "none", self._status).observe(seconds)
        log.info("request", method=known, path=path[:500], status=self._status, ms=round(seconds * 1000, 1))


def _sent_id(headers: Sequence[tuple[bytes, bytes]]) -> str | None:
    """The client's own request id, if it can be one."""
    for name, value in headers:
        if name == b"x-request-id" and is_request_id(sent := value.decode("latin-1")):
            return sent
    return None


def _unacceptable(scope: Scope) -> JSONResponse | None:
    """Why this request is not even looked at."""
    if scope["method"] not in METHODS:
        return problems.problem(405, "METHOD_NOT_ALLOWED", "This method is not allowed here.")
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > LONGEST_ADDRESS:
        return problems.problem(414, "MALFORMED_REQUEST", f"The address is longer than {LONGEST_ADDRESS} bytes.")
    if sum(len(name) + len(value) for name, value in scope["headers"]) > LARGEST_HEADERS:
        return problems.problem(431, "MALFORMED_REQUEST", f"The headers are larger than {LARGEST_HEADERS} bytes.")
    return None


def _canonical(path: str) -> str:
    """Paths of the API end in a slash; one that does not is served as if it did."""
    return path if path.endswith("/") or not path.startswith("/api/") else f"{path}/"


def _target(path: str, query: bytes) -> str:
    """Path and query as they go on a request line: encoded anew, so that the service decodes what was routed."""
    encoded = quote(path, safe=_PATH_CHARACTERS)
    return f"{encoded}?{quote(query, safe=_QUERY_CHARACTERS)}" if query else encoded


def _own_scope(
    scope: Scope,
    path: str,
    headers: Sequence[tuple[bytes, bytes]],
    signature: str | None,
    safety: Sequence[tuple[bytes, bytes]],
) -> Scope:
    """The request as the gateway's own app sees it: like a service would."""
    own = [(name, value) for name, value in headers if name != b"x-request-id"]
    own += [(name, value) for name, value in safety if name == b"x-request-id"]
    if signature is not None:
        own.append((HEADER.lower().encode(), signature.encode()))
    return {**scope, "path": path, "raw_path": quote(path).encode(), "headers": own}
