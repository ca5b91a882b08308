"""The open-loop client: every request is sent when it is due, and what waits counts as waiting."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import pytest
from bench import paced


@contextmanager
def server(delay_s: float, status: str = "200 OK") -> Iterator[tuple[str, list[bytes]]]:
    """Answers each request after a while, one at a time on each connection, or with no status hangs up; and what it was
    sent."""
    sent, stop, loop_of = list[bytes](), asyncio.Event(), list[asyncio.AbstractEventLoop]()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.read(65536):
            sent.append(head)
            if not status:
                break
            await asyncio.sleep(delay_s)
            writer.write(f"HTTP/1.1 {status}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n".encode())
        writer.close()

    async def serve() -> None:
        loop_of.append(asyncio.get_running_loop())
        listening = await asyncio.start_server(answer, "127.0.0.1", 0)
        address.set_result(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}")
        await stop.wait()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait_for(asyncio.gather(*others), 20)  # clients have closed
        listening.close()

    address: Future[str] = Future()
    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    url = address.result(20)
    try:
        yield url, sent
    finally:
        loop_of[0].call_soon_threadsafe(stop.set)
        thread.join()


def get(number: int) -> paced.Request:
    return "GET", f"/{number}", {"Authorization": "Token x"}, None


def test_requests_are_whole_and_all_are_answered() -> None:
    def put(number: int) -> paced.Request:
        return "PUT", f"/{number}", {}, {"n": number}

    with server(0.0) as (url, sent):
        got = paced.send(url, put, rate=200, seconds=0.1, warm_up=0.1)
    assert got.failed == {}
    assert len(sent) == 40
    assert sent[0] == (
        b'PUT /0 HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{"n": 0}'
    )


def test_waiting_behind_a_slow_one_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paced, "MOST_CLIENTS", 1)
    with server(0.02) as (url, _):
        got = paced.send(url, get, rate=200, seconds=0.2, warm_up=0.0)
    assert got.p50 > 200  # forty of 20 ms each, one after the other, within 200 ms
    assert got.p99 > got.p50


def test_failures_are_told() -> None:
    with server(0.0, "503 Service Unavailable") as (url, _):
        assert paced.send(url, get, rate=200, seconds=0.1, warm_up=0.0).failed == {"503": 20}


def test_so_are_connections_that_are_lost() -> None:
    with server(0.0, "") as (url, _):
        assert paced.send(url, get, rate=200, seconds=0.1, warm_up=0.0).failed == {"0": 20}
