"""Taking a body in: looking at it as it passes, or holding it as a whole where that is needed."""

from collections.abc import Iterable

from starlette.types import Message, Receive

from gateway.bodies.kinds import WITH_BODY, kind_of
from gateway.bodies.nesting import Nesting
from gateway.upstream.proxy import Body, Incoming, has_body

LARGEST_OWN_BODY = 1024 * 1024
"""Of the gateway's own routes."""

RawHeaders = Iterable[tuple[bytes, bytes]]


async def looked_at(path: str, request: Incoming, receive: Receive) -> Receive:
    """Where the body comes from, its kind and depth held to the limits; the gateway's own are taken in first.

    Raises UnsupportedMediaType; for own bodies, what `whole` raises.
    """
    if request.method not in WITH_BODY or not has_body(request.headers) or not path.startswith("/api/"):
        return receive
    if kind_of(path, request.headers) != "json":
        return receive
    if request.service != "gateway":
        return inspected(receive)
    return replayed(await whole(inspected(receive), request.headers, largest=LARGEST_OWN_BODY), receive)


def inspected(receive: Receive) -> Receive:
    """`receive` of a JSON body, refusing one that is nested too deep where it becomes so."""
    nesting = Nesting()

    async def receive_inspected() -> Message:
        message = await receive()
        if piece := message.get("body"):
            await nesting.feed(piece)
        return message

    return receive_inspected


async def whole(receive: Receive, headers: RawHeaders, *, largest: int) -> bytes:
    """A body of `largest` bytes at most. Raises BodyTooLarge, BodyTooSlow, ClientGone and what `receive` raises."""
    body = Body(receive, headers, largest=largest)
    return b"".join([piece async for piece in body.pieces()])


def replayed(body: bytes, receive: Receive) -> Receive:
    """`receive` of a request whose body was taken in: the body once, then what comes."""
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
