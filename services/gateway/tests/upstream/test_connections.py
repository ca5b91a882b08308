"""When connections are opened, kept, used again and closed, and what a request waits for."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from services.gateway.tests.upstream.by_hand import (
    OK,
    Service,
    always_ok,
    answering,
    fetched,
    idle_in,
    of,
    pool_of,
    take,
    until,
    until_closed,
    upstreams_at,
)

from gateway.upstream import connection, pool
from gateway.upstream.breaker import FAILURES
from gateway.upstream.client import UpstreamDown, Upstreams
from gateway.upstream.connection import Connection

WRITES = ["POST", "PUT", "PATCH", "DELETE"]


class TestKept:
    async def test_for_one_request_after_the_other(self, service: Service, upstreams: Upstreams) -> None:
        service.script = always_ok
        for method in ("GET", "POST", "DELETE", "OPTIONS"):
            assert await fetched(upstreams, method) == (200, b"ok")
        assert await fetched(upstreams, "PUT", "/", [], of(b"a", b"b")) == (200, b"ok")
        assert service.counts == [5]

    async def test_no_longer_than_the_service_does(self, service: Service, upstreams: Upstreams) -> None:
        """Whatever comes after its closing was seen, writes too, goes over a new one."""
        service.script = answering(OK, lasting=False)
        for count, method in enumerate(["GET", *WRITES], 1):
            assert await fetched(upstreams, method) == (200, b"ok")
            await until(lambda: not idle_in(upstreams))
            assert service.counts == [1] * count
        assert pool_of(upstreams)._places == pool.MOST_CONNECTIONS

    @pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
    async def test_a_read_is_sent_again_once(self, service: Service, upstreams: Upstreams, method: str) -> None:
        async def first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await answering(OK, b"", lasting=False)(reader, writer)

        service.script = first
        assert await fetched(upstreams) == (200, b"ok")
        service.script = answering(b"HTTP/1.1 204 No Content\r\n\r\n")
        assert await fetched(upstreams, method) == (204, b"")
        assert service.counts == [2, 1]
        assert service.requests[0][1] == service.requests[1][0]

    async def test_and_not_twice(self, service: Service, upstreams: Upstreams) -> None:
        service.script = answering(OK, b"", lasting=False)
        first = asyncio.create_task(fetched(upstreams))
        assert await fetched(upstreams) == await first == (200, b"ok")
        assert service.counts == [1, 1]
        service.script = answering(b"", lasting=False)
        with pytest.raises(UpstreamDown):
            await fetched(upstreams)
        assert sorted(service.counts) == [1, 1, 2]

    async def test_nor_with_a_body_or_when_an_answer_began(self, service: Service, upstreams: Upstreams) -> None:
        service.script = answering(OK, b"", lasting=False)
        assert await fetched(upstreams) == (200, b"ok")
        with pytest.raises(UpstreamDown):
            await fetched(upstreams, "GET", "/", [("content-length", "1")], of(b"x"))
        service.script = answering(OK, b"H", lasting=False)
        assert await fetched(upstreams) == (200, b"ok")
        with pytest.raises(UpstreamDown):
            await fetched(upstreams)
        assert service.counts == [2, 2]

    @pytest.mark.parametrize("method", WRITES)
    @pytest.mark.parametrize("pieces", [None, (b"abc",), (b"ab", b"c")])
    async def test_a_write_never_is(
        self, service: Service, upstreams: Upstreams, method: str, pieces: tuple[bytes, ...] | None
    ) -> None:
        """And it says nothing of the service's health."""
        service.script = answering(OK, b"", lasting=False)
        for count in range(FAILURES + 1):
            assert await fetched(upstreams) == (200, b"ok")
            with pytest.raises(UpstreamDown):
                await fetched(
                    upstreams, method, "/", [("content-length", "3")], None if pieces is None else of(*pieces)
                )
            assert service.counts == [2] * (count + 1)

    async def test_a_write_that_was_lost_with_one_is_no_failure(self, service: Service, upstreams: Upstreams) -> None:
        service.script = answering(OK, b"", lasting=False)
        async with AsyncExitStack() as stack:
            for _ in range(FAILURES + 1):
                await stack.enter_async_context(upstreams.ask("catalog", "GET", "/", []))
        await until(lambda: idle_in(upstreams) == FAILURES + 1)
        for _ in range(FAILURES + 1):
            with pytest.raises(UpstreamDown, match="closed the connection"):
                await fetched(upstreams, "POST")
        assert await fetched(upstreams) == (200, b"ok")

    async def test_when_nobody_needs_them_they_are_closed(
        self, service: Service, upstreams: Upstreams, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(connection, "KEPT_OPEN_S", 0.05)
        assert await fetched(upstreams) == (200, b"ok")
        await service.ended[0].wait()
        assert idle_in(upstreams) == 0
        assert await fetched(upstreams) == (200, b"ok")
        assert service.counts == [1, 1]

    async def test_the_one_used_last_is_used_next(self, service: Service, upstreams: Upstreams) -> None:
        service.script = always_ok
        async with upstreams.ask("catalog", "GET", "/", []):
            async with upstreams.ask("catalog", "GET", "/", []) as answer:
                assert await answer.whole(2) == b"ok"
            for _ in range(3):
                assert await fetched(upstreams) == (200, b"ok")
        assert sorted(service.counts) == [1, 4]

    async def test_until_all_is_closed(self, service: Service, upstreams: Upstreams) -> None:
        async with upstreams.ask("catalog", "GET", "/a", []) as answer:
            assert await fetched(upstreams, "GET", "/b") == (200, b"ok")
            await upstreams.close()
            assert await answer.whole(2) == b"ok"
        for ended in service.ended:
            await ended.wait()
        assert len(service.ended) == 2
        assert idle_in(upstreams) == 0


def when_passing_on(
    upstreams: Upstreams, *, before: Callable[[], object] = bool, after: Callable[[], object] = bool
) -> None:
    """Once, when a connection or place is passed on, and who waits for it has not noticed yet."""
    found = pool_of(upstreams)
    pass_on = found._pass_on

    def passing_on(connection: Connection | None) -> None:
        found._pass_on = pass_on  # type: ignore[method-assign]
        before()
        pass_on(connection)
        after()

    found._pass_on = passing_on  # type: ignore[method-assign]


class TestFull:
    async def test_two_hundred_at_once_over_few(
        self, service: Service, upstreams: Upstreams, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pool, "MOST_CONNECTIONS", 5)

        async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                request = await take(reader, writer)
                number = request.split(b" ")[1].strip(b"/")
                await asyncio.sleep(0)
                if int(number) % 7 == 3:
                    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno"[:-2])
                    writer.write(number[:2].rjust(2))
                    return
                length = int(number) * 100
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (length + len(number)))
                writer.write(number + b"x" * length)

        service.script = echo
        answers = await asyncio.gather(*(fetched(upstreams, "GET", f"/{number}/") for number in range(200)))
        for number, (status, body) in enumerate(answers):
            said = str(number).encode()
            assert status == 200
            assert body == (said[:2].rjust(2) if number % 7 == 3 else said + b"x" * (number * 100))
        assert sum(service.counts) == 200
        assert pool_of(upstreams)._places + idle_in(upstreams) == 5
        assert not pool_of(upstreams)._waiting

    @pytest.fixture
    def single(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pool, "MOST_CONNECTIONS", 1)

    async def held(
        self, service: Service, upstreams: Upstreams, count: int, method: str = "GET"
    ) -> tuple[asyncio.Event, list[asyncio.Task[tuple[int, bytes]]]]:
        """As many requests waiting in line, while one has the only connection until the event is set."""
        may_answer = asyncio.Event()

        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                await take(reader, writer)
                await may_answer.wait()
                writer.write(OK)

        service.script = script
        tasks = [asyncio.create_task(fetched(upstreams, "GET", "/first"))]
        await until(lambda: service.counts == [1])
        for number in range(count):
            tasks.append(asyncio.create_task(fetched(upstreams, method, f"/{number}")))
            await until(lambda number=number: len(pool_of(upstreams)._waiting) == number + 1)
        return may_answer, tasks

    @pytest.mark.usefixtures("single")
    async def test_who_came_first_is_first(self, service: Service, upstreams: Upstreams) -> None:
        may_answer, tasks = await self.held(service, upstreams, 5)
        may_answer.set()
        assert await asyncio.gather(*tasks) == [(200, b"ok")] * 6
        targets = [request.split(b" ")[1] for request in service.requests[0]]
        assert targets == [b"/first", b"/0", b"/1", b"/2", b"/3", b"/4"]

    @pytest.mark.usefixtures("single")
    async def test_who_leaves_takes_no_place_along(self, service: Service, upstreams: Upstreams) -> None:
        may_answer, tasks = await self.held(service, upstreams, 5)
        for gone in (tasks[1], tasks[3]):
            gone.cancel()
        may_answer.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        targets = [request.split(b" ")[1] for request in service.requests[0]]
        assert targets == [b"/first", b"/1", b"/3", b"/4"]
        assert idle_in(upstreams) == 1

    @pytest.mark.usefixtures("single")
    @pytest.mark.parametrize("is_lost", [False, True])
    @pytest.mark.parametrize("when", ["before", "after"])
    async def test_who_leaves_when_their_turn_has_come_passes_it_on(
        self, service: Service, upstreams: Upstreams, is_lost: bool, when: str
    ) -> None:
        may_answer, tasks = await self.held(service, upstreams, 2)
        when_passing_on(upstreams, **{when: tasks[1].cancel})
        if is_lost:
            tasks[0].cancel()
        may_answer.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert tasks[1].cancelled()
        assert tasks[2].result() == (200, b"ok")
        assert pool_of(upstreams)._places + idle_in(upstreams) == 1

    @pytest.mark.usefixtures("single")
    async def test_a_connection_lost_on_its_way_to_the_next_is_replaced(
        self, service: Service, upstreams: Upstreams
    ) -> None:
        may_answer, tasks = await self.held(service, upstreams, 2, "POST")
        turn = pool_of(upstreams)._waiting[0]
        when_passing_on(upstreams, after=lambda: turn.result().close(UpstreamDown("lost")))
        may_answer.set()
        assert await asyncio.gather(*tasks) == [(200, b"ok")] * 3
        assert service.counts == [1, 2]

    @pytest.mark.usefixtures("single")
    async def test_a_place_that_became_free_is_the_next_one_s(self, service: Service, upstreams: Upstreams) -> None:
        _, tasks = await self.held(service, upstreams, 2)
        service.script = answering(OK, OK)
        tasks[0].cancel()
        assert await asyncio.gather(*tasks[1:]) == [(200, b"ok")] * 2
        assert service.counts == [1, 2]

    @pytest.mark.usefixtures("single")
    async def test_a_place_that_nothing_came_of_too(
        self, service: Service, upstreams: Upstreams, tmp_path: Path
    ) -> None:
        _, tasks = await self.held(service, upstreams, 2)
        (tmp_path / "catalog").unlink()
        tasks[0].cancel()
        for task in tasks[1:]:
            with pytest.raises(UpstreamDown, match="no connection"):
                await task
        assert pool_of(upstreams)._places == 1

    @pytest.mark.usefixtures("single")
    async def test_waiting_has_an_end(
        self, service: Service, upstreams: Upstreams, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        may_answer, tasks = await self.held(service, upstreams, 0)
        with pytest.raises(UpstreamDown, match="in use"):
            await fetched(upstreams, limit_s=0.01)
        monkeypatch.setattr(pool, "WAIT_LIMIT_S", 0.01)
        with pytest.raises(UpstreamDown, match="in use"):
            await fetched(upstreams)
        assert not pool_of(upstreams)._waiting
        may_answer.set()
        assert await tasks[0] == (200, b"ok")


class TestLimits:
    async def test_to_begin(self, service: Service, hasty: Upstreams) -> None:
        service.script = until_closed
        with pytest.raises(UpstreamDown, match="took too long"):
            await fetched(hasty)
        await service.ended[0].wait()
        assert service.counts == [0]  # and it is not asked again

    async def test_to_begin_on_a_kept_connection(self, service: Service, hasty: Upstreams) -> None:
        service.script = answering(OK)
        assert await fetched(hasty) == (200, b"ok")
        with pytest.raises(UpstreamDown, match="took too long"):
            await fetched(hasty)
        assert len(service.requests) == 1

    @pytest.mark.parametrize("raw", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"])
    async def test_drops_of_a_head_do_not_prolong_it(self, service: Service, hasty: Upstreams, raw: bytes) -> None:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(raw)
            while True:
                writer.write(b"X: y\r\n" if raw.startswith(b"HTTP/1.1 200") else raw)
                await asyncio.sleep(0.01)

        service.script = script
        with pytest.raises(UpstreamDown, match="took too long"):
            await fetched(hasty)

    async def test_between_pieces(self, service: Service, hasty: Upstreams) -> None:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await take(reader, writer)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
            for _ in range(8):  # longer than the limit in all
                writer.write(b"x")
                await asyncio.sleep(0.02)
            await until_closed(reader, writer)

        service.script = script
        async with hasty.ask("catalog", "GET", "/", []) as answer:
            taken = b""
            while len(taken) < 8:
                taken += await anext(answer.pieces)
            with pytest.raises(UpstreamDown, match="took too long"):
                await anext(answer.pieces)
        await service.ended[0].wait()

    async def test_for_the_whole(self, service: Service, upstreams: Upstreams) -> None:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await take(reader, writer)
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                writer.write(b"x")
                await asyncio.sleep(0.01)

        service.script = answering(OK)
        assert await fetched(upstreams, limit_s=5) == (200, b"ok")  # leaves nothing behind
        with pytest.raises(UpstreamDown, match="took too long"):
            await fetched(upstreams, limit_s=0.05)
        service.script = script
        with pytest.raises(UpstreamDown, match="took too long"):
            await fetched(upstreams, limit_s=0.1)

    async def test_to_connect(self, upstreams: Upstreams, monkeypatch: pytest.MonkeyPatch) -> None:
        await fetched(upstreams)
        await upstreams.close()
        places = pool_of(upstreams)._places
        monkeypatch.setattr(pool, "CONNECT_LIMIT_S", 0.01)
        monkeypatch.setattr(pool_of(upstreams), "_connect", asyncio.Event().wait)
        with pytest.raises(UpstreamDown, match="no connection: TimeoutError"):
            await fetched(upstreams)
        assert pool_of(upstreams)._places == places

    async def test_five_in_a_row_and_the_service_is_left_alone(self, service: Service, hasty: Upstreams) -> None:
        service.script = until_closed
        for _ in range(FAILURES):
            with pytest.raises(UpstreamDown, match="took too long"):
                await fetched(hasty)
        with pytest.raises(UpstreamDown, match="left alone"):
            await fetched(hasty)
        assert len(service.requests) == FAILURES


class TestCancelled:
    @pytest.mark.parametrize("raw", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"])
    async def test_a_request_closes_its_connection(self, service: Service, upstreams: Upstreams, raw: bytes) -> None:
        service.script = answering(raw)
        asking = asyncio.create_task(fetched(upstreams))
        await until(lambda: service.counts == [1])
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await service.ended[0].wait()
        assert idle_in(upstreams) == 0
        assert pool_of(upstreams)._places == pool.MOST_CONNECTIONS

    async def test_says_nothing_of_the_service(self, service: Service, upstreams: Upstreams) -> None:
        service.script = until_closed
        for count in range(FAILURES + 1):
            asking = asyncio.create_task(fetched(upstreams))
            await until(lambda count=count: len(service.requests) == count + 1)
            asking.cancel()
            await asyncio.wait([asking])
            assert asking.cancelled()
        service.script = answering(OK)
        assert await fetched(upstreams) == (200, b"ok")

    async def test_while_it_connects(self, service: Service, upstreams: Upstreams) -> None:
        asking = asyncio.create_task(fetched(upstreams))
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait([asking])
        assert asking.cancelled()
        assert pool_of(upstreams)._places == pool.MOST_CONNECTIONS

    async def test_an_error_within_closes_it_too(self, service: Service, upstreams: Upstreams) -> None:
        service.script = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        with pytest.raises(KeyError):
            async with upstreams.ask("catalog", "GET", "/", []):
                raise KeyError
        await service.ended[0].wait()

    async def test_in_the_middle_of_sending(self, service: Service, upstreams: Upstreams) -> None:
        is_ended, is_begun = asyncio.Event(), asyncio.Event()

        async def body() -> AsyncIterator[bytes]:
            try:
                yield b"a"
                is_begun.set()
                await asyncio.Event().wait()
            finally:
                is_ended.set()

        service.script = until_closed
        asking = asyncio.create_task(fetched(upstreams, "POST", "/", [], body()))
        await is_begun.wait()
        asking.cancel()
        await asyncio.wait([asking])
        await is_ended.wait()
        await until(lambda: service.ended)
        await service.ended[0].wait()


class TestAddresses:
    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
    @pytest.mark.parametrize("prefix", ["", "/", "/under/here/"])
    async def test_over_tcp(self, service: Service, host: str, prefix: str) -> None:
        server = await asyncio.start_server(service.connected, "127.0.0.1")
        port = server.sockets[0].getsockname()[1]
        service.script = always_ok
        upstreams = upstreams_at(f"http://{host}:{port}{prefix}")
        assert await fetched(upstreams, "GET", "/x/?y") == (200, b"ok")
        assert await fetched(upstreams, "GET", "/z/") == (200, b"ok")
        await upstreams.close()
        server.close()
        first = f"GET {prefix.rstrip('/')}/x/?y HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
        assert service.requests[0][0] == first
        assert service.counts == [2]

    async def test_where_nobody_listens(self, tmp_path: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            for address in (f"http://127.0.0.1:{port}", f"unix:{tmp_path / 'nobody'}"):
                upstreams = upstreams_at(address)
                for method in ("GET", "POST", "PUT", "GET", "DELETE"):
                    with pytest.raises(UpstreamDown, match="no connection"):
                        await fetched(upstreams, method)
                assert pool_of(upstreams)._places == pool.MOST_CONNECTIONS
                with pytest.raises(UpstreamDown, match="left alone"):
                    await fetched(upstreams)

    @pytest.mark.parametrize("address", ["https://catalog", "catalog:8011", "ftp://catalog/", "http://"])
    async def test_of_another_kind_are_refused(self, address: str) -> None:
        with pytest.raises(ValueError, match="http only"):
            await fetched(upstreams_at(address))
