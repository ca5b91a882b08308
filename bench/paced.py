"""Latency at a fixed rate (open loop): requests are sent on a schedule, whether or not earlier ones were answered.

What is counted begins when a request was due, so that waiting behind a slow one counts. The client is bare, as on two
cores the load generator must not be what is waited for.
"""

import asyncio
import gc
import json
import statistics
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httptools
import uvloop

Request = tuple[str, str, dict[str, str], dict[str, Any] | None]
"""Method, path, headers, JSON body."""
Note = Callable[[float, int], None]
"""When a request was due, and the status of its answer."""
LOST = 0
"""In place of a status: the server closed the connection instead."""
MOST_CLIENTS = 256
LIMIT_S = 60.0


@dataclass(frozen=True)
class Latency:
    """Milliseconds from when a request was due to the last byte of its answer."""

    p50: float
    p99: float
    failed: Mapping[str, int]
    """How many answers there were of each status that is not 2xx (`LOST` among them)."""


def send(url: str, make: Callable[[int], Request], *, rate: float, seconds: float, warm_up: float) -> Latency:
    """Requests of the first `warm_up` seconds do not count, as in `side_by_side`: they open connections, and fill what
    is kept and remembered."""
    gc.collect()
    gc.disable()  # looking for garbage stops this process, which would count as waiting
    try:
        return uvloop.run(_send(url, make, rate, seconds, warm_up))
    finally:
        gc.enable()


async def _send(url: str, make: Callable[[int], Request], rate: float, seconds: float, warm_up: float) -> Latency:
    times: list[float] = []
    failed: Counter[str] = Counter()
    clients = _Clients(urlsplit(url).hostname or "", urlsplit(url).port or 80)

    def note(due: float, status: int) -> None:
        if not 200 <= status < 300:
            failed[str(status)] += 1
        if due >= counting:
            times.append((time.perf_counter() - due) * 1000)

    begun = time.perf_counter()
    counting = begun + warm_up
    for number in range(int(rate * warm_up) + max(20, int(rate * seconds))):
        due = begun + number / rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        clients.ask(_bytes_of(*make(number)), due, note)
    await clients.finish()
    times.sort()
    return Latency(statistics.median(times), times[len(times) * 99 // 100], failed)


def _bytes_of(method: str, path: str, headers: Mapping[str, str], body: Mapping[str, Any] | None) -> bytes:
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", *(f"{name}: {value}" for name, value in headers.items())]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


class _Clients:
    """Up to MOST_CLIENTS connections; requests that find all of them busy wait in turn."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._free: list[_Client] = []
        self._opened = 0
        self._waiting: deque[tuple[bytes, float, Note]] = deque()
        self._unanswered = 0
        self._opening: set[asyncio.Task[None]] = set()

    def ask(self, request: bytes, due: float, note: Note) -> None:
        self._unanswered += 1
        if self._free:
            self._free.pop().ask(request, due, note)
            return
        self._waiting.append((request, due, note))
        if self._opened < MOST_CLIENTS:
            self._opened += 1
            self._opening.add(task := asyncio.create_task(self._connect()))
            task.add_done_callback(self._opening.discard)

    async def _connect(self) -> None:
        _, client = await asyncio.get_running_loop().create_connection(lambda: _Client(self), *self._address)
        self.lend(client)

    def answered(self) -> None:
        self._unanswered -= 1

    def lend(self, client: "_Client") -> None:
        """To who waits for one, else to who comes."""
        if self._waiting:
            client.ask(*self._waiting.popleft())
        else:
            self._free.append(client)

    async def finish(self) -> None:
        """Wait for what is still to be answered. Raises TimeoutError."""
        async with asyncio.timeout(LIMIT_S):
            while self._unanswered:
                await asyncio.sleep(0.01)
        for client in self._free:
            client.close()


class _Client(asyncio.Protocol):
    """One connection, with one request at a time."""

    def __init__(self, clients: _Clients) -> None:
        self._clients = clients
        self._parser = httptools.HttpResponseParser(self)
        self._due = 0.0
        self._note: Note | None = None
        self._transport: Any = None

    def ask(self, request: bytes, due: float, note: Note) -> None:
        self._due, self._note = due, note
        self._transport.write(request)

    def close(self) -> None:
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._note is not None:
            self._end(LOST)

    def on_message_complete(self) -> None:
        self._end(self._parser.get_status_code())
        self._parser = httptools.HttpResponseParser(self)
        self._clients.lend(self)

    def _end(self, status: int) -> None:
        assert self._note is not None
        self._note(self._due, status)
        self._note = None
        self._clients.answered()
