"""A service's answer as a whole, for the few that the gateway adds something to."""

from dataclasses import dataclass

from starlette.types import Send

from gateway.upstream.client import UpstreamDown, Upstreams
from gateway.upstream.headers import for_client
from gateway.upstream.inside import LARGEST_ANSWER
from gateway.upstream.proxy import Incoming, headers_of
from shared.errors import ServiceUnavailable

Headers = list[tuple[bytes, bytes]]

_ABOUT_THE_BODY = ("accept-encoding", "if-none-match", "if-modified-since", "range")
"""The body that they are about is not the one that the client gets."""


@dataclass(frozen=True)
class Whole:
    """An answer as it came, or with something added."""

    status: int
    headers: Headers
    body: bytes

    @property
    def is_json_object(self) -> bool:
        return self.status == 200 and self.body[:1] == b"{" and self.body[-1:] == b"}"

    def header(self, name: bytes) -> bytes | None:
        return next((value for key, value in self.headers if key == name), None)

    async def give(self, send: Send) -> None:
        kept = [(name, value) for name, value in self.headers if name != b"content-length"]
        if self.status != 304:
            kept.append((b"content-length", b"%d" % len(self.body)))
        await send({"type": "http.response.start", "status": self.status, "headers": kept})
        await send({"type": "http.response.body", "body": self.body})


async def fetch(upstreams: Upstreams, request: Incoming) -> Whole:
    """Send a read on, and wait for all of the answer. Raises ServiceUnavailable."""
    headers = [(name, value) for name, value in headers_of(request) if name.lower() not in _ABOUT_THE_BODY]
    try:
        async with upstreams.ask(request.service, "GET", request.target, headers) as answer:
            return Whole(answer.status, for_client(answer.headers), await answer.whole(LARGEST_ANSWER))
    except UpstreamDown as error:
        raise ServiceUnavailable from error
