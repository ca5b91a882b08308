"""The connections to one service: kept open, and so many at most."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from gateway.upstream.answer import Arriving, UpstreamDown
from gateway.upstream.connection import Connection, KeptOneClosed
from gateway.upstream.request import Request

CONNECT_LIMIT_S = 1.0
"""To look up the service's name, and to reach it."""
WAIT_LIMIT_S = 5.0
"""For a free connection, when all are in use."""
MOST_CONNECTIONS = 200


class Pool:
    """Hands connections out, the one used last first, so that those which are too many grow old and are closed.

    `address` is `unix:/path`, or `http://host:port` with or without a path before those of requests.
    """

    def __init__(self, address: str, name: str, *, limit_s: float) -> None:
        self.host, self.prefix = name, ""
        """What requests are to say in `Host`, and before their targets."""
        self._limit_s = limit_s
        self._connect: Callable[[], Coroutine[Any, Any, tuple[Any, Connection]]]
        loop = asyncio.get_running_loop()
        if address.startswith("unix:"):
            self._connect = partial(loop.create_unix_connection, self._made, address.removeprefix("unix:"))
        else:
            parts = urlsplit(address)
            if parts.scheme != "http" or not parts.hostname:
                raise ValueError(f"{address}: services are asked over http only")
            self.host, self.prefix = parts.netloc, parts.path.rstrip("/")
            self._connect = partial(loop.create_connection, self._made, parts.hostname, parts.port or 80)
        self._idle: dict[Connection, None] = {}
        self._places = MOST_CONNECTIONS
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        """Each is given a connection, or a place to open one in."""
        self._is_closed = False

    async def ask(self, begun: bytes, request: Request, ends_at: float) -> tuple[Connection, Arriving]:
        """A connection, to be given back, with the answer to the request, begun.

        A read is sent again, once, over a new connection, when a kept one turns out to be closed. Raises UpstreamDown,
        KeptOneClosed for what is not sent again, and what the request's body raises.
        """
        connection = await self._take(ends_at)
        while True:  # twice at most: a new connection is not a kept one
            try:
                return connection, await connection.ask(begun, request, ends_at)
            except BaseException as error:
                if not isinstance(error, KeptOneClosed) or not request.is_repeatable:
                    self.give_back(connection)
                    raise
            connection.finish()
            connection = await self._open(ends_at)

    def give_back(self, connection: Connection) -> None:
        """End the connection's exchange; whoever waits longest is next."""
        self._pass_on(connection if connection.finish() else None)

    def close(self) -> None:
        self._is_closed = True
        for connection in list(self._idle):
            connection.close(UpstreamDown("closed"))

    async def _take(self, ends_at: float) -> Connection:
        if self._idle:
            return self._idle.popitem()[0]
        if self._places:
            self._places -= 1
        else:
            connection = await self._wait(ends_at)
            if connection is not None and connection.is_open:
                return connection
        return await self._open(ends_at)

    async def _wait(self, ends_at: float) -> Connection | None:
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[Connection | None] = loop.create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout_at(min(loop.time() + WAIT_LIMIT_S, ends_at)):
                return await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():  # its turn came, and nobody is there to take it
                self._pass_on(turn.result())
            elif turn in self._waiting:
                self._waiting.remove(turn)
            if isinstance(error, TimeoutError):
                raise UpstreamDown("all connections are in use") from error
            raise

    async def _open(self, ends_at: float) -> Connection:
        """A new connection, in a place that is taken already; it is free again when there is none."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(min(loop.time() + CONNECT_LIMIT_S, ends_at)):
                return (await self._connect())[1]
        except BaseException as error:
            self._pass_on(None)
            if isinstance(error, OSError):  # a TimeoutError is one
                raise UpstreamDown(f"no connection: {type(error).__name__}: {error}") from error
            raise

    def _pass_on(self, connection: Connection | None) -> None:
        """Give a connection, or the place of a closed one, to who waits longest, or keep it for who comes next."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return
        if connection is None or not connection.is_open:
            self._places += 1
        else:
            self._idle[connection] = None
            if self._is_closed:
                connection.close(UpstreamDown("closed"))

    def _made(self) -> Connection:
        return Connection(self._limit_s, self._forget)

    def _forget(self, connection: Connection) -> None:
        """One was closed. Where it is in use, its place is, until it is given back."""
        if connection in self._idle:
            del self._idle[connection]
            self._pass_on(None)
