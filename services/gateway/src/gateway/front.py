"""The door: what every public request passes before anyone answers it.

In this order: a request id; limits on address and headers; one form of the path; who is asking; how often; what kind of
body. Then the gateway's own app answers, or the service that `upstream.routing` names; a POST with an idempotency key
is answered once. A bare ASGI application, because everything goes through it.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import structlog
from fastapi import FastAPI
from prometheus_client import Counter
from starlette.responses import JSONResponse
from starlette.types import Message, Receive, Scope, Send
from uuid_utils import uuid7

from gateway.aggregate import stats
from gateway.aggregate.course import CoursePage, course_ref_in
from gateway.authentication import Authentication
from gateway.bodies.intake import LARGEST_OWN_BODY, looked_at, replayed, whole
from gateway.bodies.kinds import UnsupportedMediaType
from gateway.bodies.nesting import NotUtf8, TooDeep
from gateway.cache.pages import Pages, give, is_changed_by, key_of
from gateway.idempotency.keys import LARGEST_COVERED, is_covered, key_in
from gateway.idempotency.once import Idempotency
from gateway.identity.cookies import renewing
from gateway.limits.clients import TrustedProxies
from gateway.limits.gate import Gate, Headers
from gateway.shape import METHODS, canonical, email_in, leads_nowhere, own_scope, sent_id, target, unacceptable, user_in
from gateway.upstream.headers import INTERNAL
from gateway.upstream.proxy import BodyTooLarge, BodyTooSlow, ClientGone, Incoming, forward
from gateway.upstream.routing import Route, route_of
from shared import problems, tracing
from shared.database import is_away
from shared.errors import Invalid, Refusal, ServiceUnavailable
from shared.telemetry import HTTP_SECONDS, METRICS, begin, log_request, request_id

LOGIN = "/api/auth/login/"
CACHED = Counter("syllabus_pages_from_cache_total", "Answers to guests from kept pages.", registry=METRICS)

_SAFETY = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
_LEAVING_BODY_UNREAD = BodyTooLarge | BodyTooSlow | UnsupportedMediaType | TooDeep | NotUtf8

log = structlog.get_logger()


class Front:
    """The public ASGI application, in front of the gateway's own `app`, whose lifespan is run by someone else."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._safety = list(_SAFETY)
        if app.state.settings.public_url.startswith("https://"):
            self._safety.append((b"strict-transport-security", b"max-age=31536000"))
        self._proxies = TrustedProxies(app.state.settings.trusted_proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            begin(sent_id(scope["headers"]))
            await self._app.state.push.sockets.serve(scope, receive, send, self._proxies.client_of(scope))
            return
        client = self._proxies.client_of(scope)
        key = key_of(scope)
        if key is not None and await self._gave_kept(key, client, scope, send):
            return
        identifier = begin(sent_id(scope["headers"]))
        safety = [*self._safety, (b"x-request-id", identifier.encode())]
        exchange = _Exchange(self._app, scope, receive, send, safety, client, key)
        with tracing.span(scope["method"][:10], "server", **{"url.path": scope["path"][:500]}) as span:
            await exchange.run()
            if span is not None:
                exchange.tell(span, identifier)

    async def _gave_kept(self, key: bytes, client: str, scope: Scope, send: Send) -> bool:
        """Whether a guest got a page that is kept. The shortest way through the gateway: counted, but not logged."""
        pages: Pages = self._app.state.pages
        page = await pages.find(key)
        if page is None:
            return False
        gate: Gate = self._app.state.gate
        passage = await gate.enter("GET", scope["path"], None, client)
        if passage.refused is not None:
            return False
        named = dict(scope["headers"])
        identifier = sent_id(scope["headers"]) or str(uuid7())
        await give(
            page,
            send,
            accepts_gzip=b"gzip" in named.get(b"accept-encoding", b""),
            known=named.get(b"if-none-match", b""),
            added=[*passage.headers, *self._safety, (b"x-request-id", identifier.encode())],
        )
        CACHED.inc()
        return True


class _Exchange:
    """One request and its answer."""

    def __init__(
        self,
        app: FastAPI,
        scope: Scope,
        receive: Receive,
        send: Send,
        safety: Sequence[tuple[bytes, bytes]],
        client: str,
        page_key: bytes | None,
    ) -> None:
        self._app = app
        self._scope = scope
        self._receive = receive
        self._send = send
        self._safety = safety
        self._client = client
        self._page_key = page_key
        self._gate: Gate = app.state.gate
        self._pages: Pages = app.state.pages
        self._limits: Headers = []
        self._route: Route | None = None
        self._status = 0
        self._logged = False
        self._cookies: Sequence[tuple[bytes, bytes]] = ()

    async def run(self) -> None:
        """Answer, whatever happens; log it, unless the gateway's own app did."""
        started = time.perf_counter()
        try:
            if (refusal := unacceptable(self._scope)) is not None:
                await self._answer(refusal)
            else:
                await self._pass_on(canonical(self._scope["path"]))
        except Refusal as refused:
            await self._answer(problems.of_refusal(refused), closing=isinstance(refused, _LEAVING_BODY_UNREAD))
        except Invalid as invalid:
            await self._answer(JSONResponse(invalid.errors, 400))
        except ClientGone:
            log.info("client gone", service="gateway")
        except Exception as error:
            await self._fail(error)
        finally:
            if not self._logged:
                self._note(time.perf_counter() - started)

    async def _pass_on(self, path: str) -> None:
        route = route_of(path)
        if route is None or leads_nowhere(path):
            await self._answer(problems.problem(404, "NOT_FOUND", "Not found."))
            return
        self._route = route
        headers = [(name, value) for name, value in self._scope["headers"] if not name.startswith(INTERNAL)]
        signature = await self._admitted(path, headers)
        request = Incoming(
            service=route.service,
            method=self._scope["method"],
            target=target(path, self._scope["query_string"]),
            headers=headers,
            signature=signature,
            client=self._client,
        )
        key = key_in(request.method, headers) if signature else None
        if route.service == "gateway" and path == LOGIN and request.method == "POST":
            await self._log_in(path, request)
        elif key is not None and is_covered(headers):
            await self._serve_once(path, request, key)
        else:
            receive = await looked_at(path, request, self._receive)
            if self._page_key is not None and signature is None:
                await self._pages.make(self._page_key, partial(self._serve, path, request, receive), self.send)
            else:
                await self._serve(path, request, receive, self.send)
        if self._status < 400 and is_changed_by(route.service, request.method, path):
            self._pages.drop_all()  # so that who wrote reads it at once; others learn by event

    async def _admitted(self, path: str, headers: Sequence[tuple[bytes, bytes]]) -> str | None:
        """Who is asking, signed, and counted. Raises RateLimited, and what `_signature` raises."""
        method = self._scope["method"]
        try:
            signature = await self._signature(path, headers) if path.startswith("/api/") else None
        except Refusal:  # a guest's, so that trying tokens has a limit too
            await self._count(method, path, None)
            raise
        await self._count(method, path, user_in(signature) if signature else None)
        return signature

    async def _count(self, method: str, path: str, user_id: int | None) -> None:
        passage = await self._gate.enter(method, path, user_id, self._client)
        self._limits = passage.headers
        passage.check()

    async def _log_in(self, path: str, request: Incoming) -> None:
        """Serve a login, unless there were too many with a wrong password."""
        body = await whole(await looked_at(path, request, self._receive), request.headers, largest=LARGEST_OWN_BODY)
        email = email_in(body)
        if email is not None:
            passage = await self._gate.try_login(self._client, email)
            if passage.refused:
                self._limits = passage.headers
            passage.check()
        await self._serve(path, request, replayed(body, self._receive), self.send)
        if email is not None and self._status == 200:
            await self._gate.login_was_right(self._client, email)

    async def _serve_once(self, path: str, request: Incoming, key: str) -> None:
        """Serve a request under an idempotency key, or repeat the answer to the first one."""
        assert request.signature is not None
        body = await whole(await looked_at(path, request, self._receive), request.headers, largest=LARGEST_COVERED)
        request = replace(request, idempotency_key=key)
        idempotency: Idempotency = self._app.state.idempotency
        answer = await idempotency.once(
            user_in(request.signature),
            key,
            request.target,
            dict(request.headers).get(b"content-type", b""),
            body,
            partial(self._serve, path, request),
        )
        await answer(replayed(body, self._receive), self.send)

    async def _serve(self, path: str, request: Incoming, receive: Receive, send: Send) -> None:
        """Let the gateway's own app, or the service, answer."""
        if request.service == "gateway":
            self._logged = True
            await self._app(own_scope(self._scope, path, request, request_id()), receive, send)
        elif not await self._composed(path, request, send):
            await forward(self._app.state.upstreams, request, receive, send)

    async def _composed(self, path: str, request: Incoming, send: Send) -> bool:
        """Whether this was one of the few answers that several services make together."""
        if request.method not in ("GET", "HEAD"):
            return False
        if request.service == "catalog" and (ref := course_ref_in(path)) is not None:
            page: CoursePage = self._app.state.course_page
            await page.answer(request, ref, send)
            return True
        if path == stats.PATH:
            await self._app.state.progress_stats.answer(request, send)
            return True
        return False

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
            message = {**message, "headers": [*theirs, *cookies, *self._limits, *self._safety]}
        elif self._scope["method"] == "HEAD":
            message = {**message, "body": b""}
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

    def tell(self, span: tracing.Span, identifier: str) -> None:
        """What is known of the request once it is answered."""
        if self._route is not None:
            span.name = f"{span.name} {self._route.entry}"
        span.failed = self._status >= 500
        span.attributes |= {"http.response.status_code": self._status, "syllabus.request_id": identifier}

    def _note(self, seconds: float) -> None:
        method, path = self._scope["method"], self._scope["path"]
        known = method if method in METHODS else "other"
        HTTP_SECONDS.labels(known, self._route.entry if self._route else "none", self._status).observe(seconds)
        log_request(__name__, method=known, path=path[:500], status=self._status, seconds=seconds)
