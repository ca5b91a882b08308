"""Passing a request on to a service and its answer back, piece by piece: no body is ever held as a whole."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import structlog
from starlette.types import Receive, Send

from gateway.upstream.client import UpstreamDown, Upstreams
from gateway.upstream.headers import RawHeaders, for_client, for_service
from shared import tracing
from shared.auth import HEADER
from shared.errors import Refusal, ServiceUnavailable
from shared.settings import ServiceName
from shared.telemetry import request_id

LARGEST_BODY = 10 * 1024 * 1024
LARGEST_UPLOAD = 520 * 1024 * 1024
"""Of multipart bodies, which bring files; each service holds its own files to tighter limits."""
PAUSE_LIMIT_S = 30.0
"""How long a client may take between two pieces of a body."""
WATCHED_AFTER_S = 0.05
"""So long a request is carried out without looking whether its client is still there."""
CLIENT_ADDRESS = "X-Syllabus-Client-IP"
IDEMPOTENCY_KEY = "X-Syllabus-Idempotency-Key"

log = structlog.get_logger()


class BodyTooLarge(Refusal):
    code = "PAYLOAD_TOO_LARGE"
    message = "The body is too large."


class BodyTooSlow(Refusal):
    code = "MALFORMED_REQUEST"
    message = f"The body stopped arriving for {PAUSE_LIMIT_S:.0f} seconds."


class ClientGone(Exception):
    """Nobody is left to answer."""


@dataclass(frozen=True)
class Incoming:
    """A request as it goes on: its path is canonical, its sender known."""

    service: ServiceName
    method: str
    target: str
    """Encoded path and query."""
    headers: RawHeaders
    signature: str | None
    client: str
    """Network address of whoever sent it."""
    idempotency_key: str | None = None
    """The service may use it to tell a repetition that this gateway could not."""


class Body:
    """A request's body on its way through, within its limit; and the news that the client has gone."""

    def __init__(self, receive: Receive, headers: RawHeaders, *, largest: int | None = None) -> None:
        self._receive = receive
        named = dict(headers)
        self._limit = largest or limit_of(named.get(b"content-type", b""))
        length = named.get(b"content-length")
        if length is not None and int(length) > self._limit:
            raise BodyTooLarge(limit=self._limit)
        self.is_empty = not has_body(headers)
        self.failure: Refusal | ClientGone | None = None
        """Why sending was broken off, if it was on the client's side."""
        self._sent = asyncio.Event()
        if self.is_empty:
            self._sent.set()

    async def pieces(self) -> AsyncIterator[bytes]:
        """Raises what is then in `failure`."""
        taken, more = 0, True
        try:
            while more:
                piece, more = await self._next()
                taken += len(piece)
                if taken > self._limit:
                    raise BodyTooLarge(limit=self._limit)
                if piece:
                    yield piece
        except (Refusal, ClientGone) as failure:
            self.failure = failure
            raise
        self._sent.set()

    async def until_gone(self) -> None:
        """Waits until the client has gone. While its body is on its way, `pieces` finds out."""
        await self._sent.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _next(self) -> tuple[bytes, bool]:
        try:
            async with asyncio.timeout(PAUSE_LIMIT_S):
                message = await self._receive()
        except TimeoutError:
            raise BodyTooSlow from None
        if message["type"] == "http.disconnect":
            raise ClientGone
        return message.get("body", b""), message.get("more_body", False)


def has_body(headers: RawHeaders) -> bool:
    """Whether the headers announce a body."""
    named = dict(headers)
    return named.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in named


def limit_of(kind: bytes) -> int:
    """The most bytes that a body of this content type may have."""
    return LARGEST_UPLOAD if kind.lower().startswith(b"multipart/form-data") else LARGEST_BODY


async def forward(upstreams: Upstreams, request: Incoming, receive: Receive, send: Send) -> None:
    """Answer a request with a service's answer.

    A client that goes away ends the service's work too. Raises ServiceUnavailable when the service does not answer,
    BodyTooLarge, BodyTooSlow; once an answer has begun, a service that breaks off leaves it unfinished.
    """
    body = Body(receive, request.headers)
    try:
        with _Watch(body):
            await _exchange(upstreams, request, body, send)
    except ClientGone:
        log.info("client gone", service=request.service)


class _Watch:
    """Ends what is inside the `with` when the client goes away: then ClientGone is raised.

    Most requests are over before it begins to look: a task for each of them would cost a sixth of the way through.
    """

    def __init__(self, body: Body) -> None:
        self._body = body
        self._is_gone = False
        self._looking: asyncio.Task[None] | None = None

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._timer = asyncio.get_running_loop().call_later(WATCHED_AFTER_S, self._begin)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._timer.cancel()
        if self._looking is not None:
            self._looking.cancel()
        if self._is_gone and self._task.uncancel() == 0 and kind is asyncio.CancelledError:
            raise ClientGone from None

    def _begin(self) -> None:
        self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        await self._body.until_gone()
        self._is_gone = True
        self._task.cancel()


async def _exchange(upstreams: Upstreams, request: Incoming, body: Body, send: Send) -> None:
    begun = False
    try:
        async with upstreams.ask(
            request.service,
            "GET" if request.method == "HEAD" else request.method,
            request.target,
            headers_of(request),
            None if body.is_empty else body.pieces(),
        ) as answer:
            begun = True
            headers = for_client(answer.headers)
            await send({"type": "http.response.start", "status": answer.status, "headers": headers})
            if request.method == "HEAD":  # no service serves it, and nobody waits for the body
                await send({"type": "http.response.body", "body": b""})
                return
            async for piece in answer.pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    except UpstreamDown as error:
        if body.failure is None:
            log.warning("service did not answer", service=request.service, error=str(error), begun=begun)
        if not begun:
            raise body.failure or ServiceUnavailable() from error


def headers_of(request: Incoming) -> list[tuple[str, str]]:
    """What the service is told beside the body."""
    headers = for_service(request.headers)
    headers += [("X-Request-ID", request_id()), (CLIENT_ADDRESS, request.client)]
    if (traceparent := tracing.traceparent()) is not None:
        headers.append(("traceparent", traceparent))
    if request.signature is not None:
        headers.append((HEADER, request.signature))
    if request.idempotency_key is not None:
        headers.append((IDEMPOTENCY_KEY, request.idempotency_key))
    return headers
