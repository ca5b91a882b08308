"""A connection to a service: one request at a time, and the answer to it."""

import asyncio
from collections.abc import Callable
from math import inf
from typing import cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from gateway.upstream.answer import Arriving, UpstreamDown
from gateway.upstream.request import Request

KEPT_OPEN_S = 30.0
"""Below the services' own limit (75 s), so that this side closes first."""
LONGEST_HEADER = 32 * 1024
"""Bytes of all headers of an answer, as they are on the wire."""


class KeptOneClosed(UpstreamDown):
    """A kept connection was closed before a byte of the answer came: as likely as not the request was never seen."""


class Connection(asyncio.Protocol):
    """Open until `close`, the other side's closing, or KEPT_OPEN_S without a request; then `on_closed` is called.

    A service may take `limit_s` to begin its answer, between two pieces of it, and to take in more of a request.
    """

    def __init__(self, limit_s: float, on_closed: Callable[["Connection"], None]) -> None:
        self.is_open = False
        self._is_kept = False
        self._limit_s = limit_s
        self._on_closed = on_closed
        self._loop = asyncio.get_running_loop()
        self._parser = HttpResponseParser(self)
        self._answer: Arriving | None = None
        self._head_bytes = 0
        """Received of an answer that has not begun."""
        self._is_head = False
        self._stays_open = False
        self._sender: asyncio.Task[None] | None = None
        self._is_sent = True
        self._drained: asyncio.Future[None] | None = None
        """There while the service takes in no more of the request."""
        self._ends_at = inf
        self._since = 0.0
        """When it last sent, had to wait with sending, or ended an exchange."""

    async def ask(self, begun: bytes, request: Request, ends_at: float) -> Arriving:
        """The answer to a request, begun; `begun` is what its `begin` gave. `finish` is to follow in any case.

        Raises UpstreamDown, KeptOneClosed, and what the request's body raises.
        """
        self._answer = answer = Arriving(self._transport, self._loop)
        self._head_bytes, self._is_head, self._is_sent = 0, request.method == "HEAD", request.is_whole
        self._since, self._ends_at = self._loop.time(), ends_at
        due = min(self._since + self._limit_s, ends_at)
        if due < self._looks_at:
            self._timer.cancel()
            self._look_at(due)
        self._transport.write(begun)
        if not self._is_sent:
            self._sender = self._loop.create_task(self._send(request, answer))
        await answer.begin()
        return answer

    def finish(self) -> bool:
        """End the exchange. Whether there can be another: all was sent and read, and neither side wants to close."""
        if self._sender is not None:
            self._sender.cancel()
        is_sent = self._is_sent and not self._transport.get_write_buffer_size()
        can_go_on = self.is_open and is_sent and self._stays_open and cast(Arriving, self._answer).is_complete
        if can_go_on:
            self._transport.resume_reading()
            self._is_kept = True
            self._since = self._loop.time()
        else:
            self.close(UpstreamDown("left before its end"))
        self._answer = self._sender = None
        return can_go_on

    def close(self, error: UpstreamDown) -> None:
        """At once; an exchange that is under way fails with `error`."""
        if self._answer is not None:
            self._answer.fail(error)
        if self.is_open:
            self.is_open = False
            self._timer.cancel()
            self._transport.abort()
            self._on_closed(self)

    # --- called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.is_open = True
        self._since = self._loop.time()
        self._look_at(self._since + min(self._limit_s, KEPT_OPEN_S))

    def data_received(self, data: bytes) -> None:
        answer = self._answer
        if answer is None:
            self.close(UpstreamDown("answered without being asked"))
            return
        if not answer.status:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            self.close(UpstreamDown(f"its answer is none: {error.__context__ or error}"))
        else:
            if not answer.status and self._head_bytes > LONGEST_HEADER:
                self.close(UpstreamDown("its headers are too large"))

    def eof_received(self) -> None:
        if self._answer is not None and self._answer.ends_with_connection:
            self._answer.complete()
        self.connection_lost(None)

    def connection_lost(self, error: Exception | None) -> None:
        unanswered = self._is_kept and not self._head_bytes
        self.close((KeptOneClosed if unanswered else UpstreamDown)(f"closed the connection: {error or 'orderly'}"))

    def pause_writing(self) -> None:
        self._drained = self._loop.create_future()
        self._since = self._loop.time()

    def resume_writing(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)
        self._since = self._loop.time()

    # --- called by the parser: what is raised here closes the connection

    def on_message_begin(self) -> None:
        if self._answer is None or self._answer.is_complete:
            raise ValueError("one more answer than requests")

    def on_header(self, name: bytes, value: bytes) -> None:
        answer = cast(Arriving, self._answer)
        if not answer.status:  # else it is a trailer
            answer.headers.append((name, value))

    def on_headers_complete(self) -> None:
        answer = cast(Arriving, self._answer)
        status = self._parser.get_status_code()
        if status < 200:
            answer.headers.clear()
            return
        if self._head_bytes > LONGEST_HEADER and sum(len(n) + len(v) + 4 for n, v in answer.headers) > LONGEST_HEADER:
            raise ValueError("its headers are too large")
        answer.begun(status)
        if self._is_head:
            # The parser goes on to wait for a body, unless it says now that this was all.
            self._stays_open = False
            answer.complete()

    def on_body(self, piece: bytes) -> None:
        cast(Arriving, self._answer).add(piece)

    def on_message_complete(self) -> None:
        answer = cast(Arriving, self._answer)
        if answer.status:  # else it was an interim answer
            self._stays_open = self._parser.should_keep_alive()
            answer.complete()

    # --- within

    async def _send(self, request: Request, answer: Arriving) -> None:
        try:
            async for data in request.rest():
                if not self.is_open:
                    return
                self._transport.write(data)
                if self._drained is not None:
                    await self._drained
        except Exception as error:
            answer.fail(error)
            self.close(UpstreamDown("the request broke off"))
        else:
            self._is_sent = True
            self._since = self._loop.time()

    def _look_at(self, due: float) -> None:
        self._looks_at = due
        self._timer = self._loop.call_at(due, self._look)

    def _look(self) -> None:
        """Close what is late. The connection has one timer, set when it has run out: one for each wait costs more."""
        now, since = self._loop.time(), self._since
        if self._answer is None:
            due = since + KEPT_OPEN_S
        elif self._drained is not None or (self._is_sent and self._answer.waiter is not None):
            due = min(max(since, self._answer.awaited_since) + self._limit_s, self._ends_at)
        else:
            due = min(now + self._limit_s, self._ends_at)
        if now < due:
            self._look_at(due)
        else:
            self.close(UpstreamDown("took too long"))
