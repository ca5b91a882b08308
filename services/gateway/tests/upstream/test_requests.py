"""What a service gets to read."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from services.gateway.tests.upstream.by_hand import (
    OK,
    Service,
    answering,
    fetched,
    idle_in,
    of,
    take,
    until,
    until_closed,
)

from gateway.upstream.breaker import FAILURES
from gateway.upstream.client import UpstreamDown, Upstreams
from gateway.upstream.request import Request

MEGABYTE = 1024 * 1024


class TestHeads:
    async def test_byte_for_byte(self, service: Service, upstreams: Upstreams) -> None:
        service.script = answering(OK)
        await fetched(upstreams, "GET", "/a%20b/?q=ä", [("accept", "a/b"), ("X-Name", "Ä €"), ("empty", "")])
        assert service.requests == [
            ["GET /a%20b/?q=ä HTTP/1.1\r\nHost: catalog\r\naccept: a/b\r\nX-Name: Ä €\r\nempty: \r\n\r\n".encode()]
        ]

    @pytest.mark.parametrize("said", [[], [("content-length", "0")], [("Content-Length", "7")]])
    async def test_without_a_body_its_length_is_the_method_s(
        self, service: Service, upstreams: Upstreams, said: list[tuple[str, str]]
    ) -> None:
        service.script = answering(*[OK] * 7)
        for method in ("GET", "HEAD", "OPTIONS"):
            assert await Request("catalog", method, "/", said, None).begin() == (
                b"%b / HTTP/1.1\r\nHost: catalog\r\n\r\n" % method.encode()
            )
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            await fetched(upstreams, method, "/", said)
            assert service.requests[0][-1] == (
                b"%b / HTTP/1.1\r\nHost: catalog\r\nContent-Length: 0\r\n\r\n" % method.encode()
            )

    @pytest.mark.parametrize(
        ("target", "name", "value"),
        [
            *[("/", "X", f"a{control}b") for control in ("\r\n", "\n", "\r", "\0", "\x1f", "\x7f")],
            *[("/", f"X{control}", "a") for control in ("\r\n", "\n", "\r", "\0")],
            *[(f"/a{control}b", "X", "a") for control in ("\r\n", "\n", "\r", "\0", " ", "\t HTTP/1.1\r\nX: ")],
            ("/", "X", "a\r\n\r\nGET / HTTP/1.1\r\nHost: y"),
        ],
    )
    async def test_are_one_and_no_more(
        self, service: Service, upstreams: Upstreams, target: str, name: str, value: str
    ) -> None:
        for _ in range(FAILURES + 1):
            with pytest.raises(ValueError, match="control characters"):
                await fetched(upstreams, "GET", target, [(name, value)])
        assert service.requests == []
        assert await fetched(upstreams) == (200, b"ok")  # the service is not blamed


class TestBodies:
    async def test_of_known_length(self, service: Service, upstreams: Upstreams) -> None:
        service.script = answering(OK, OK)
        for pieces in ((b"abcdef",), (b"", b"ab", b"", b"cdef", b"")):
            assert await fetched(upstreams, "POST", "/", [("content-length", "6")], of(*pieces)) == (200, b"ok")
        assert service.requests == [[b"POST / HTTP/1.1\r\nHost: catalog\r\nContent-Length: 6\r\n\r\nabcdef"] * 2]

    async def test_of_unknown_length(self, service: Service, upstreams: Upstreams) -> None:
        service.script = answering(OK, OK)
        for pieces in ((b"ab", b"", b"0123456789abcdef"), ()):
            assert await fetched(upstreams, "PUT", "/", [], of(*pieces)) == (200, b"ok")
        head = b"PUT / HTTP/1.1\r\nHost: catalog\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert service.requests == [[head + b"2\r\nab\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n", head + b"0\r\n\r\n"]]

    async def test_a_short_one_is_one_write_with_its_head_and_is_read_to_its_end(self) -> None:
        is_ended = False

        async def body() -> AsyncIterator[bytes]:
            nonlocal is_ended
            yield b"ab"
            is_ended = True

        request = Request("x", "POST", "/", [("Content-Length", "2")], body())
        assert (await request.begin()).endswith(b"\r\n\r\nab")
        assert request.is_whole
        assert is_ended

    @pytest.mark.parametrize(
        "pieces", [(), (b"a",), (b"ab", b"c", b""), (b"abcdef",), (b"abcde", b"f"), (b"ab", b"cdef")]
    )
    async def test_not_of_the_length_that_was_said(
        self, service: Service, upstreams: Upstreams, pieces: tuple[bytes, ...]
    ) -> None:
        service.script = until_closed
        for _ in range(FAILURES + 1):
            with pytest.raises(ValueError, match="than its Content-Length"):
                await fetched(upstreams, "POST", "/", [("content-length", "5")], of(*pieces))
        for ended in service.ended:
            await ended.wait()
        service.script = answering(OK)
        assert await fetched(upstreams) == (200, b"ok")

    @pytest.mark.parametrize("before", [(), (b"ab",), (b"ab", b"cd")])
    @pytest.mark.parametrize("headers", [[], [("content-length", "9")]])
    async def test_that_fail_say_so_themselves(
        self, service: Service, upstreams: Upstreams, before: tuple[bytes, ...], headers: list[tuple[str, str]]
    ) -> None:
        async def body() -> AsyncIterator[bytes]:
            for piece in before:
                yield piece
            raise KeyError("gone")

        service.script = until_closed
        for _ in range(FAILURES + 1):
            with pytest.raises(KeyError, match="gone"):
                await fetched(upstreams, "POST", "/", headers, body())
        for ended in service.ended:
            await ended.wait()
        service.script = answering(OK)
        assert await fetched(upstreams) == (200, b"ok")

    async def test_that_fail_after_the_answer_began_break_it_off(self, service: Service, upstreams: Upstreams) -> None:
        begun = asyncio.Event()

        async def body() -> AsyncIterator[bytes]:
            yield b"ab"
            await begun.wait()
            raise KeyError("gone")

        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
            await until_closed(reader, writer)

        service.script = script
        async with upstreams.ask("catalog", "POST", "/", [], body()) as answer:
            begun.set()
            with pytest.raises(UpstreamDown, match="gone"):
                await answer.whole(9)
        await service.ended[0].wait()

    async def test_answered_before_their_end(self, service: Service, upstreams: Upstreams) -> None:
        """The answer is handed out while the client has more to send, and the connection is left."""
        is_ended = asyncio.Event()

        async def body() -> AsyncIterator[bytes]:
            try:
                yield b"x" * 1000
                await asyncio.Event().wait()
            finally:
                is_ended.set()

        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nlarge")
            await until_closed(reader, writer)

        service.script = script
        assert await fetched(upstreams, "POST", "/", [("content-length", "100000")], body()) == (413, b"large")
        await is_ended.wait()
        await service.ended[0].wait()
        assert idle_in(upstreams) == 0

    async def test_answered_with_much_of_them_unread(self, service: Service, upstreams: Upstreams) -> None:
        """All was handed to the transport, but not all of it has gone."""

        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(OK)
            await asyncio.Event().wait()

        service.script = script
        headers = [("content-length", str(8 * MEGABYTE))]
        assert await fetched(upstreams, "POST", "/", headers, of(b"x" * 8 * MEGABYTE)) == (200, b"ok")
        assert idle_in(upstreams) == 0

    async def test_sent_on_while_the_answer_is_read(self, service: Service, upstreams: Upstreams) -> None:
        said: asyncio.Queue[bytes] = asyncio.Queue()

        async def body() -> AsyncIterator[bytes]:
            while piece := await said.get():
                yield piece

        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while (piece := (await reader.readuntil(b"\r\n") + await reader.readuntil(b"\r\n"))) != b"0\r\n\r\n":
                writer.write(piece)
            writer.write(b"0\r\n\r\n")
            await until_closed(reader, writer)

        service.script = script
        said.put_nowait(b"a")
        async with upstreams.ask("catalog", "POST", "/", [], body()) as answer:
            assert await anext(answer.pieces) == b"a"
            for piece in (b"b", b"c"):
                said.put_nowait(piece)
                assert await anext(answer.pieces) == piece
            said.put_nowait(b"")
            assert await answer.whole(1) == b""
        assert idle_in(upstreams) == 1

    async def test_wait_for_services_that_read_slowly(self, service: Service, upstreams: Upstreams) -> None:
        given, may_read = 0, asyncio.Event()

        async def body() -> AsyncIterator[bytes]:
            nonlocal given
            for _ in range(200):
                given += 1
                yield b"x" * 65536

        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await may_read.wait()
            await take(reader, writer)
            writer.write(OK)
            await until_closed(reader, writer)

        service.script = script
        asking = asyncio.create_task(fetched(upstreams, "POST", "/", [("content-length", str(200 * 65536))], body()))
        held = -1
        while given != held:
            held = given
            await asyncio.sleep(0.02)
        assert 0 < given < 100
        may_read.set()
        assert await asking == (200, b"ok")
        assert given == 200
        assert len(service.requests[0][0]) > 200 * 65536
        assert idle_in(upstreams) == 1

    async def test_are_given_up_when_the_service_takes_no_more(self, service: Service, hasty: Upstreams) -> None:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.Event().wait()

        service.script = script
        body = of(*[b"x" * MEGABYTE] * 20)
        with pytest.raises(UpstreamDown, match="took too long"):
            await fetched(hasty, "POST", "/", [], body)

    async def test_may_take_their_time_themselves(self, service: Service, hasty: Upstreams) -> None:
        async def body() -> AsyncIterator[bytes]:
            for _ in range(3):
                yield b"x"
                await asyncio.sleep(0.08)  # beyond the limit for a service, which is what is tested

        service.script = answering(OK)
        assert await fetched(hasty, "POST", "/", [], body()) == (200, b"ok")

    @pytest.mark.parametrize("before", [(), (b"a",)])
    async def test_are_within_the_limit_for_the_whole(
        self, service: Service, upstreams: Upstreams, before: tuple[bytes, ...]
    ) -> None:
        async def body() -> AsyncIterator[bytes]:
            for piece in before:
                yield piece
            await asyncio.Event().wait()

        service.script = until_closed
        with pytest.raises(UpstreamDown):
            await fetched(upstreams, "POST", "/", [], body(), limit_s=0.05)

    async def test_a_service_that_breaks_off_ends_them(self, service: Service, upstreams: Upstreams) -> None:
        async def body() -> AsyncIterator[bytes]:
            while True:
                yield b"x" * MEGABYTE

        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")

        service.script = script
        with pytest.raises(UpstreamDown):
            await fetched(upstreams, "POST", "/", [], body())
        await until(lambda: not any("Connection._send" in repr(task) for task in asyncio.all_tasks()))
