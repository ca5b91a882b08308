"""Answers in every form that HTTP/1.1 has, and what is none."""

import asyncio
from math import inf
from typing import Any

import pytest
from services.gateway.tests.upstream.by_hand import (
    LARGEST,
    OK,
    Service,
    answering,
    fetched,
    idle_in,
    pool_of,
    take,
    until,
    until_closed,
)

from gateway.upstream import answer as answers
from gateway.upstream.answer import UpstreamDown
from gateway.upstream.client import Upstreams
from gateway.upstream.connection import LONGEST_HEADER, Connection
from gateway.upstream.request import Request

LAST = 256 * 1024
"""The most that one read of a socket brings."""

WHOLE = {
    "length": (OK, 200, b"ok", True),
    "no body": (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, b"", True),
    "chunks": (
        b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
        201,
        b"abc0123456789",
        True,
    ),
    "trailers": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n1\r\na\r\n0\r\nT: late\r\nU:\r\n\r\n",
        200,
        b"a",
        True,
    ),
    "204": (b"HTTP/1.1 204 No Content\r\nX: y\r\n\r\n", 204, b"", True),
    "304 of something long": (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 900\r\n\r\n", 304, b"", True),
    "304 of chunks": (b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", 304, b"", True),
    "interim": (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + OK,
        200,
        b"ok",
        True,
    ),
    "no reason": (b"HTTP/1.1 404\r\nContent-Length: 1\r\n\r\nx", 404, b"x", True),
    "close": (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", False),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", False),
    "HTTP/1.0 kept": (
        b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
        200,
        b"ok",
        True,
    ),
}


class Plug(asyncio.Transport):
    """A transport with nothing at its other end."""

    is_paused = False

    def write(self, data: Any) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False

    def abort(self) -> None:
        pass


async def read(connection: Connection, *pieces: bytes, method: str = "GET") -> tuple[int, list[Any], bytes, bool]:
    """Status, headers and body of an answer that arrives in pieces, and whether the connection can be used again."""
    request = Request("x", method, "/", [], None)
    asking = asyncio.create_task(connection.ask(await request.begin(), request, inf))
    await asyncio.sleep(0)
    for piece in pieces:
        connection.data_received(piece)
        await asyncio.sleep(0)
    arriving = await asking
    body = b"".join([piece async for piece in arriving])
    return arriving.status, arriving.headers, body, connection.finish()


def plugged() -> Connection:
    connection = Connection(30.0, lambda _: None)
    connection.connection_made(Plug())
    return connection


class TestWhole:
    @pytest.mark.parametrize("kind", WHOLE)
    async def test_cut_in_two_anywhere_it_is_the_same(self, kind: str) -> None:
        raw, status, body, is_kept = WHOLE[kind]
        _, headers, _, _ = await read(plugged(), raw)
        assert not any(name in (b"T", b"U", b"Link") for name, _ in headers)
        connection = plugged()
        for at in range(1, len(raw)):
            assert await read(connection, raw[:at], raw[at:]) == (status, headers, body, is_kept), at
            if not is_kept:
                connection = plugged()
        assert await read(connection, *[raw[at : at + 1] for at in range(len(raw))]) == (status, headers, body, is_kept)
        connection.close(UpstreamDown())

    @pytest.mark.parametrize("kind", WHOLE)
    async def test_over_a_socket(self, service: Service, upstreams: Upstreams, kind: str) -> None:
        raw, status, body, is_kept = WHOLE[kind]
        service.script = answering(raw, OK)
        assert await fetched(upstreams) == (status, body)
        assert idle_in(upstreams) == is_kept
        assert (await fetched(upstreams))[1] == (b"ok" if is_kept else body)
        assert len(service.requests) == (1 if is_kept else 2)

    async def test_names_and_values_are_as_they_were_sent(self, service: Service, upstreams: Upstreams) -> None:
        service.script = answering(b"HTTP/1.1 200 OK\r\nX-A: \xe4\tb\r\nx-a:c\r\nE:\r\nContent-Length: 0\r\n\r\n")
        async with upstreams.ask("catalog", "GET", "/", []) as answer:
            assert list(answer.headers) == [
                (b"X-A", b"\xe4\tb"),
                (b"x-a", b"c"),
                (b"E", b""),
                (b"Content-Length", b"0"),
            ]

    async def test_until_the_connection_ends(self, service: Service, upstreams: Upstreams) -> None:
        service.script = answering(b"HTTP/1.1 200 OK\r\n\r\nall that\r\n\r\nthere is", lasting=False)
        assert await fetched(upstreams) == (200, b"all that\r\n\r\nthere is")
        assert idle_in(upstreams) == 0

    async def test_to_head_there_is_never_a_body(self, service: Service, upstreams: Upstreams) -> None:
        service.script = answering(OK, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        assert await fetched(upstreams) == (200, b"ok")
        assert await fetched(upstreams, "HEAD") == (200, b"")
        assert idle_in(upstreams) == 0  # its reader waits for five bytes
        service.script = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        assert await fetched(upstreams, "HEAD") == (200, b"")
        assert idle_in(upstreams) == 1

    async def test_no_more_than_wanted(self, service: Service, upstreams: Upstreams) -> None:
        service.script = answering(OK, OK)
        async with upstreams.ask("catalog", "GET", "/", []) as answer:
            assert await answer.whole(2) == b"ok"
        async with upstreams.ask("catalog", "GET", "/", []) as answer:
            with pytest.raises(UpstreamDown, match="more than 1 bytes"):
                await answer.whole(1)

    async def test_it_begins_before_it_ends(self, service: Service, upstreams: Upstreams) -> None:
        begun = asyncio.Event()

        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await take(reader, writer)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
            await begun.wait()
            writer.write(b"ab")
            begun.clear()
            await begun.wait()
            writer.write(b"cd")

        service.script = script
        async with upstreams.ask("catalog", "GET", "/", []) as answer:
            begun.set()
            assert await anext(answer.pieces) == b"ab"
            begun.set()
            assert await anext(answer.pieces) == b"cd"
            with pytest.raises(StopAsyncIteration):
                await anext(answer.pieces)


class TestNone:
    @pytest.mark.parametrize(
        "raw",
        [
            b"SSH-2.0-x\r\n",
            b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
            b"HTTP/1.1 2x0 OK\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nA b: c\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + OK,
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n" + OK,
        ],
    )
    async def test_what_is_not_http(self, service: Service, upstreams: Upstreams, raw: bytes) -> None:
        service.script = answering(raw)
        with pytest.raises(UpstreamDown, match="its answer is none"):
            await fetched(upstreams)
        await service.ended[0].wait()

    @pytest.mark.parametrize(
        "raw",
        [
            b"HTTP/1.1 200 OK\r\nX: " + b"x" * LONGEST_HEADER + b"\r\nContent-Length: 2\r\n\r\nok",
            b"HTTP/1.1 200 OK\r\n" + b"X: 23456789\r\n" * (LONGEST_HEADER // 11 + 1) + b"Content-Length: 2\r\n\r\nok",
            b"HTTP/1.1 200 " + b"x" * (LONGEST_HEADER + 300_000),
            b"HTTP/1.1 103 Hints\r\nX: y\r\n\r\n" * (LONGEST_HEADER // 20),
        ],
        ids=["one long", "many", "no end", "interim"],
    )
    async def test_headers_without_measure(self, service: Service, upstreams: Upstreams, raw: bytes) -> None:
        service.script = answering(raw)
        with pytest.raises(UpstreamDown, match="headers are too large"):
            await fetched(upstreams)
        await service.ended[0].wait()

    async def test_large_headers_with_a_large_body(self, service: Service, upstreams: Upstreams) -> None:
        head = b"HTTP/1.1 200 OK\r\nX: " + b"x" * (LONGEST_HEADER - 1000)
        service.script = answering(head + b"\r\nContent-Length: 200000\r\n\r\n" + b"y" * 200_000)
        assert await fetched(upstreams) == (200, b"y" * 200_000)

    @pytest.mark.parametrize("raw", [b"", b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"])
    async def test_broken_off_before_it_began(self, service: Service, upstreams: Upstreams, raw: bytes) -> None:
        service.script = answering(raw, lasting=False)
        with pytest.raises(UpstreamDown, match="closed the connection"):
            await fetched(upstreams)
        assert service.counts == [1]

    @pytest.mark.parametrize(
        "raw",
        [
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhalf",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nno length\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhalf",
        ],
    )
    async def test_broken_off_later(self, service: Service, upstreams: Upstreams, raw: bytes) -> None:
        service.script = answering(raw, lasting=False)
        async with upstreams.ask("catalog", "GET", "/", []) as answer:
            assert await anext(answer.pieces) == b"half"
            for _ in range(2):
                with pytest.raises(UpstreamDown):
                    await anext(answer.pieces)
        assert idle_in(upstreams) == 0

    @pytest.mark.parametrize("more", [OK, b"HTTP", b"rubbish"])
    async def test_more_answers_than_requests(self, service: Service, upstreams: Upstreams, more: bytes) -> None:
        service.script = answering(OK + more)
        assert await fetched(upstreams) == (200, b"ok")
        assert idle_in(upstreams) == 0
        assert await fetched(upstreams) == (200, b"ok")
        assert service.counts == [1, 1]

    async def test_an_answer_that_nobody_asked_for(self, service: Service, upstreams: Upstreams) -> None:
        now = asyncio.Event()

        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await take(reader, writer)
            writer.write(OK)
            await now.wait()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
            await until_closed(reader, writer)

        service.script = script
        assert await fetched(upstreams) == (200, b"ok")
        now.set()
        await until(lambda: not idle_in(upstreams))
        service.script = answering(OK)
        assert await fetched(upstreams) == (200, b"ok")


class TestSlowReaders:
    async def test_are_waited_for(self, service: Service, upstreams: Upstreams) -> None:
        service.script = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 8000000\r\n\r\n" + b"x" * 8_000_000)
        paused, taken = 0, 0
        async with upstreams.ask("catalog", "GET", "/", []) as answer:
            transport = answer.pieces._transport  # type: ignore[attr-defined]
            while taken < 8_000_000:
                if 8_000_000 - taken > answers.MOST_AHEAD + LAST:
                    await until(lambda: not transport.is_reading())
                    paused += 1
                piece = await anext(answer.pieces)
                assert len(piece) <= answers.MOST_AHEAD + LAST
                taken += len(piece)
        assert paused > 8_000_000 / (answers.MOST_AHEAD + LAST) - 2
        assert idle_in(upstreams) == 1
        service.script = answering(OK)

    async def test_get_what_came_before_the_end(self, service: Service, upstreams: Upstreams) -> None:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await take(reader, writer)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 8000000\r\n\r\n" + b"x" * 1_000_000)
            await asyncio.Event().wait()

        service.script = script
        async with upstreams.ask("catalog", "GET", "/", []) as answer:
            transport = answer.pieces._transport  # type: ignore[attr-defined]
            await until(lambda: not transport.is_reading())
            transport.abort()
            await until(lambda: answer.pieces._error)  # type: ignore[attr-defined]
            assert len(await anext(answer.pieces)) > answers.MOST_AHEAD
            with pytest.raises(UpstreamDown):
                await anext(answer.pieces)

    async def test_that_leave_close_the_connection(self, service: Service, upstreams: Upstreams) -> None:
        service.script = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 8000000\r\n\r\n" + b"x" * 8_000_000)
        async with upstreams.ask("catalog", "GET", "/", []) as answer:
            await anext(answer.pieces)
        with pytest.raises(UpstreamDown):
            [piece async for piece in answer.pieces]
        assert idle_in(upstreams) == 0
        assert await fetched(upstreams) == (200, b"x" * 8_000_000)

    async def test_that_want_nothing_of_a_whole_answer_keep_it(self, service: Service, upstreams: Upstreams) -> None:
        service.script = answering(OK, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother")
        async with upstreams.ask("catalog", "GET", "/", []) as answer:
            await until(lambda: answer.pieces.is_complete)  # type: ignore[attr-defined]
        assert await fetched(upstreams) == (200, b"other")
        assert service.counts == [2]
        assert [piece async for piece in answer.pieces] == [b"ok"]  # its own, not the other's

    async def test_that_leave_a_whole_answer_do_not_leave_it_paused(self) -> None:
        connection, plug = Connection(30.0, lambda _: None), Plug()
        connection.connection_made(plug)
        request = Request("x", "GET", "/", [], None)
        asking = asyncio.create_task(connection.ask(await request.begin(), request, inf))
        await asyncio.sleep(0)
        connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + b"x" * 200_000)
        await asking
        assert plug.is_paused
        assert connection.finish()
        assert not plug.is_paused
        assert (await read(connection, OK))[2] == b"ok"
        connection.close(UpstreamDown())

    async def test_have_no_limit_themselves(self, service: Service, hasty: Upstreams) -> None:
        service.script = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + b"x" * 2_000_000)
        async with hasty.ask("catalog", "GET", "/", []) as answer:
            await asyncio.sleep(0.15)  # the limit is what is tested
            assert await answer.whole(LARGEST) == b"x" * 2_000_000
        assert pool_of(hasty)._idle
