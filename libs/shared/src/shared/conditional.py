"""Conditional requests (RFC 9110, 13): an `ETag` on every JSON answer to a GET, 304 for what the client has already,
412 for a change of what has become something else meanwhile.

An ETag is a hash of the answer's bytes, so nothing can change without it. A PUT, PATCH or DELETE with `If-Match` runs
in one snapshot of the database (`Database.transaction`): the resource is read in it as a GET would, its ETag compared,
then the change made. A change by somebody else between the two is a conflict of the snapshot, and a 412 too. So of two
clients that change what both have read, exactly one succeeds. Where a path has no GET (`…/publish/`), `If-Match` is
ignored.
"""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from hashlib import blake2b

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import PreconditionFailed

_OF_THE_CHANGE = frozenset(
    (b"if-match", b"if-none-match", b"content-length", b"content-type", b"transfer-encoding", b"accept", b"range")
)


@dataclass
class Precondition:
    """What a change was conditioned on. `etag_now` reads the resource; None where it cannot be read."""

    accepted: frozenset[str]
    etag_now: Callable[[], Awaitable[str | None]]
    judged: bool = False

    async def check(self) -> None:
        """Raises PreconditionFailed. The first transaction of the request is the one that counts."""
        self.judged = True
        found = await self.etag_now()
        if found is not None and found not in self.accepted:
            raise PreconditionFailed


_precondition: ContextVar[Precondition | None] = ContextVar("precondition", default=None)


def pending() -> Precondition | None:
    """The precondition of the request that is being served, until it has been judged."""
    found = _precondition.get()
    return None if found is None or found.judged else found


class Conditional:
    """Middleware around the routes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope.get("method")
        if method == "GET":
            await self._app(scope, receive, _Tagging(send, Headers(scope=scope).get("if-none-match", "")))
        elif method in ("PUT", "PATCH", "DELETE") and (wanted := Headers(scope=scope).get("if-match")):
            await self._change(dict(scope), wanted, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _change(self, asked: Scope, wanted: str, scope: Scope, receive: Receive, send: Send) -> None:
        async def etag_now() -> str | None:
            return await self._etag(asked)

        accepted = frozenset(_tags(wanted))
        token = _precondition.set(None if "*" in accepted else Precondition(accepted, etag_now))
        try:
            await self._app(scope, receive, send)
        finally:
            _precondition.reset(token)

    async def _etag(self, asked: Scope) -> str | None:
        """The ETag that a GET by the same caller has now."""
        headers = [(name, value) for name, value in asked["headers"] if name not in _OF_THE_CHANGE]
        answer = _Answer()
        await self._app({**asked, "method": "GET", "headers": headers}, _nothing, _Tagging(answer.take, ""))
        return answer.etag


class _Tagging:
    """Passes an answer on with its ETag, or as a 304. One that comes in several pieces is left as it is."""

    def __init__(self, send: Send, known: str) -> None:
        self._send = send
        self._known = known
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_taggable(message):
            self._start = message
            return
        if self._start is not None:
            start, self._start = self._start, None
            if not message.get("more_body", False):
                message = self._tagged(start, message)
            await self._send(start)
        await self._send(message)

    def _tagged(self, start: Message, message: Message) -> Message:
        headers = MutableHeaders(scope=start)
        etag = f'"{blake2b(message.get("body", b""), digest_size=12).hexdigest()}"'
        headers["ETag"] = etag
        if self._known and ({etag, "*"} & set(_tags(self._known))):
            start["status"] = 304
            del headers["Content-Length"]
            del headers["Content-Type"]
            return {**message, "body": b""}
        return message


class _Answer:
    """Of an answer that nobody gets: its ETag, if it was good."""

    etag: str | None = None

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200:
            self.etag = Headers(raw=message["headers"]).get("etag")


def _is_taggable(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return start["status"] == 200 and "json" in headers.get("content-type", "") and "etag" not in headers


def _tags(header: str) -> list[str]:
    """The entity tags that a header lists. Of one that the gateway has extended (`"a.b"`), the service's part."""
    found = []
    for part in header.split(","):
        tag = part.strip().removeprefix("W/")
        found.append(f'{tag.partition(".")[0]}"' if "." in tag else tag)
    return found


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}
