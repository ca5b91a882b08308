import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from gateway.upstream import proxy
from gateway.upstream.client import Upstreams
from shared.auth import Identity, Verifier
from shared.testing import ServiceUnderTest

MEGABYTE = 1024 * 1024
JSON = {"Content-Type": "application/json"}
HALF_A_REQUEST = (
    b"POST /api/courses/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\nhalf"
)


class TestThere:
    async def test_a_request_arrives_as_it_was_sent(
        self, public: httpx.AsyncClient, upstreams: Any, make_account: Any
    ) -> None:
        answer = await public.post(
            "/api/courses/?x=a%20b&x=%C3%A4&y=", content=b'{"title": "\xc3\xa4"}', headers={"X-Custom": "kept"} | JSON
        )
        seen = answer.json()
        assert (seen["service"], seen["method"], seen["path"]) == ("catalog", "POST", "/api/courses/")
        assert seen["query"] == "x=a%20b&x=%C3%A4&y="
        assert seen["body"] == '{"title": "ä"}'
        assert seen["headers"]["x-custom"] == "kept"

    async def test_a_path_without_its_slash_is_served_with_it(self, public: httpx.AsyncClient, upstreams: Any) -> None:
        answer = await public.get("/api/courses/python-101?a=1")
        assert answer.status_code == 200
        assert (answer.json()["path"], answer.json()["query"]) == ("/api/courses/python-101/", "a=1")

    async def test_what_was_routed_is_what_arrives(self, public: httpx.AsyncClient, upstreams: Any) -> None:
        answer = await public.get("/api/courses/%7Ea%2520%C3%A4%3Fb%23/")
        assert answer.json()["path"] == "/api/courses/~a%20ä?b#/"

    @pytest.mark.parametrize(
        "path",
        [
            "/api/courses/../../internal/users/1/",
            "/api/courses/%2e%2e/%2e%2e/internal/",
            "/api/courses/..%2f..%2finternal/",
            "/api/courses/./",
            "/api//courses/",
            "/api/courses/%00/",
            "/api/courses/%0d%0aX-Evil:%201/",
            "/api/courses/a%5Cb/",
            "/internal/users/1/",
            "/metrics",
            "/livez",
            "/readyz",
        ],
    )
    async def test_no_path_leads_past_the_table(self, tmp_path: Path, public: Any, upstreams: Any, path: str) -> None:
        # By hand: a client library would tidy the path.
        reader, writer = await asyncio.open_unix_connection(tmp_path / "public")
        writer.write(f"GET {path} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 404 ")
        assert b'"NOT_FOUND"' in answer
        assert all(not upstream.asked for upstream in upstreams.values())

    async def test_what_only_the_gateway_may_say_is_not_taken_from_outside(
        self, public: httpx.AsyncClient, upstreams: Any
    ) -> None:
        answer = await public.get(
            "/api/courses/",
            headers={
                "X-Syllabus-Identity": "forged",
                "X-SYLLABUS-Client-IP": "1.2.3.4",
                "X-Forwarded-For": "1.2.3.4",
                "Cookie": "sessionid=secret",
                "Connection": "X-Hop, keep-alive",
                "X-Hop": "1",
                "TE": "trailers",
            },
        )
        headers = answer.json()["headers"]
        for name in ("x-syllabus-identity", "x-forwarded-for", "cookie", "x-hop", "te", "authorization"):
            assert name not in headers
        assert headers["x-syllabus-client-ip"] != "1.2.3.4"

    async def test_a_signed_in_user_arrives_by_signature_and_not_by_token(
        self, public: httpx.AsyncClient, upstreams: Any, gateway: ServiceUnderTest, make_account: Any
    ) -> None:
        ada = await make_account(role="instructor", premium=True)
        headers = (await public.get("/api/courses/", headers=ada.header)).json()["headers"]
        assert ada.token not in str(headers)
        verifier: Verifier = gateway.app.state.verifier
        assert verifier.verify(headers["x-syllabus-identity"]) == Identity(ada.id, "instructor", "Ada Byron", True)

    async def test_the_request_id_goes_along(self, public: httpx.AsyncClient, upstreams: Any) -> None:
        answer = await public.get("/api/courses/", headers={"X-Request-ID": "my-id_1"})
        assert answer.headers["X-Request-ID"] == answer.json()["headers"]["x-request-id"] == "my-id_1"

    async def test_a_body_of_unknown_length_streams(self, public: httpx.AsyncClient, upstreams: Any) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            for number in range(5):
                yield str(number).encode() * 10

        answer = await public.put("/api/courses/5/", content=pieces(), headers=JSON)
        assert answer.json()["body"] == "".join(str(number) * 10 for number in range(5))

    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    async def test_every_method_goes_through(self, public: httpx.AsyncClient, upstreams: Any, method: str) -> None:
        assert (await public.request(method, "/api/courses/5/")).json()["method"] == method


class TestBack:
    async def test_status_headers_and_body_come_back(self, public: httpx.AsyncClient, upstreams: Any) -> None:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            headers = [
                (b"content-type", b"application/pdf"),
                (b"etag", b'"1"'),
                (b"set-cookie", b"a=1"),
                (b"set-cookie", b"b=2"),
                (b"keep-alive", b"timeout=5"),
                (b"server", b"secret/1.0"),
                (b"x-syllabus-secret", b"1"),
                (b"x-request-id", b"theirs"),
                (b"content-encoding", b"gzip"),
            ]
            await send({"type": "http.response.start", "status": 418, "headers": headers})
            await send({"type": "http.response.body", "body": b"not really gzip"})

        upstreams["catalog"].answer = answer
        async with public.stream("GET", "/api/courses/") as response:
            body = b"".join([piece async for piece in response.aiter_raw()])
        assert (response.status_code, body) == (418, b"not really gzip")
        assert response.headers["etag"] == '"1"'
        assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers.get_list("x-request-id") != ["theirs"]
        for name in ("keep-alive", "x-syllabus-secret"):
            assert name not in response.headers
        assert "secret/1.0" not in response.headers.get("server", "")

    @pytest.mark.parametrize("status", [204, 304])
    async def test_answers_without_a_body_have_none(
        self, public: httpx.AsyncClient, upstreams: Any, status: int
    ) -> None:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": status, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        upstreams["catalog"].answer = answer
        for _ in range(2):  # over the same connection
            response = await public.delete("/api/courses/5/")
            assert (response.status_code, response.content) == (status, b"")

    async def test_redirects_are_the_clients_business(self, public: httpx.AsyncClient, upstreams: Any) -> None:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            await reply_with(send, 302, [(b"location", b"/api/lessons/")])

        upstreams["catalog"].answer = answer
        response = await public.get("/api/resources/1/download/")
        assert (response.status_code, response.headers["location"]) == (302, "/api/lessons/")

    async def test_nobody_gets_anothers_cookie(self, public: httpx.AsyncClient, upstreams: Any) -> None:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            await reply_with(send, 200, [(b"set-cookie", b"who=ada")])

        upstreams["catalog"].answer = answer
        await public.get("/api/courses/")
        public.cookies.clear()
        await public.get("/api/courses/")
        assert "cookie" not in upstreams["catalog"].asked[1]["headers"]


async def reply_with(send: Send, status: int, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


class TestStreaming:
    async def test_large_bodies_pass_in_pieces_both_ways(self, public: httpx.AsyncClient, upstreams: Any) -> None:
        """24 MB up and down; neither side may run ahead of the other by more than buffers."""
        ahead = {"up": 0, "down": 0}

        async def echo_digest(scope: Scope, receive: Receive, send: Send) -> None:
            digest, more = hashlib.sha256(), True
            while more:
                message = await receive()
                digest.update(message.get("body", b""))
                ahead["up"] -= len(message.get("body", b""))
                more = message.get("more_body", False)
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": digest.digest(), "more_body": True})
            for _ in range(24):
                await send({"type": "http.response.body", "body": bytes(MEGABYTE), "more_body": True})
                ahead["down"] += MEGABYTE
            await send({"type": "http.response.body", "body": b""})

        upstreams["catalog"].answer = echo_digest
        most = {"up": 0, "down": 0}

        async def pieces() -> AsyncIterator[bytes]:
            for number in range(24):
                ahead["up"] += MEGABYTE
                most["up"] = max(most["up"], ahead["up"])
                yield bytes([number]) * MEGABYTE

        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        async with public.stream("POST", "/api/resources/", content=pieces(), headers=headers) as response:
            received = bytearray()
            async for piece in response.aiter_raw():
                ahead["down"] -= len(piece)
                most["down"] = max(most["down"], ahead["down"])
                received += piece
        expected = hashlib.sha256(b"".join(bytes([number]) * MEGABYTE for number in range(24))).digest()
        assert received[:32] == expected
        assert len(received) == 32 + 24 * MEGABYTE
        assert most["up"] < 8 * MEGABYTE
        assert most["down"] < 8 * MEGABYTE

    async def test_an_answer_arrives_as_it_is_made(self, public: httpx.AsyncClient, upstreams: Any) -> None:
        read_first = asyncio.Event()

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"first", "more_body": True})
            await read_first.wait()
            await send({"type": "http.response.body", "body": b"second"})

        upstreams["catalog"].answer = answer
        async with public.stream("GET", "/api/courses/") as response:
            pieces = response.aiter_raw()
            assert await anext(pieces) == b"first"
            read_first.set()
            assert await anext(pieces) == b"second"


class TestLimits:
    async def test_a_body_that_says_it_is_too_large_is_refused_unread(
        self, tmp_path: Path, public: Any, upstreams: Any
    ) -> None:
        reader, writer = await asyncio.open_unix_connection(tmp_path / "public")
        head = "POST /api/courses/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {10 * MEGABYTE + 1}\r\n\r\n{{".encode())
        answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"PAYLOAD_TOO_LARGE" in answer
        assert upstreams["catalog"].asked == []

    async def test_a_body_that_turns_out_too_large_is_broken_off(
        self, public: httpx.AsyncClient, upstreams: Any
    ) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(11):
                yield b"x" * MEGABYTE

        answer = await public.post("/api/courses/", content=pieces(), headers=JSON)
        assert (answer.status_code, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")
        assert answer.json()["details"] == {"limit": 10 * MEGABYTE}

    async def test_ten_megabytes_are_not_too_large(self, public: httpx.AsyncClient, upstreams: Any) -> None:
        answer = await public.post("/api/courses/", content=b"x" * (10 * MEGABYTE), headers=JSON)
        assert len(answer.json()["body"]) == 10 * MEGABYTE

    async def test_a_body_that_stops_arriving_is_given_up(
        self, public: httpx.AsyncClient, upstreams: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(proxy, "PAUSE_LIMIT_S", 0.1)
        reader, writer = await asyncio.open_unix_connection(tmp_path / "public")
        writer.write(HALF_A_REQUEST)
        answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b"MALFORMED_REQUEST" in answer

    @pytest.mark.parametrize(
        ("path", "headers", "status"),
        [
            ("/api/courses/?q=" + "x" * 9000, {}, 414),
            ("/api/courses/" + "x" * 9000, {}, 414),
            ("/api/courses/", {"X-Long": "x" * 33_000}, 431),
        ],
    )
    async def test_address_and_headers_have_limits(
        self, public: httpx.AsyncClient, upstreams: Any, path: str, headers: dict[str, str], status: int
    ) -> None:
        answer = await public.get(path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, "MALFORMED_REQUEST")
        assert upstreams["catalog"].asked == []

    async def test_unknown_methods_are_refused(self, public: httpx.AsyncClient, upstreams: Any) -> None:
        answer = await public.request("TRACE", "/api/courses/")
        assert (answer.status_code, answer.json()["code"]) == (405, "METHOD_NOT_ALLOWED")


class TestServicesThatFail:
    async def test_a_service_that_is_down_is_503(self, public: httpx.AsyncClient) -> None:
        answer = await public.get("/api/courses/", headers={"X-Request-ID": "abc"})
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.json()["code"] == "SERVICE_UNAVAILABLE"
        assert answer.json()["details"]["request_id"] == "abc"
        assert str(answer.json()).count("unix") == 0

    async def test_others_answer_meanwhile(self, public: httpx.AsyncClient, upstreams: Any, tmp_path: Path) -> None:
        (tmp_path / "catalog").unlink()
        assert (await public.get("/api/courses/")).status_code == 503
        assert (await public.get("/api/enrollments/")).status_code == 200

    async def test_one_that_breaks_off_before_answering_is_503(self, public: httpx.AsyncClient, tmp_path: Path) -> None:
        async with raw_service(tmp_path / "catalog", answers=[]) as connections:
            assert (await public.post("/api/courses/", json={})).status_code == 503
            assert len(connections) == 1

    async def test_one_that_breaks_off_while_answering_leaves_the_answer_unfinished(
        self, public: httpx.AsyncClient, tmp_path: Path
    ) -> None:
        half = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
        async with raw_service(tmp_path / "catalog", answers=[half, None]):
            with pytest.raises(httpx.RemoteProtocolError):
                await public.get("/api/courses/")

    async def test_one_that_does_not_answer_is_503_in_time(
        self, public: httpx.AsyncClient, upstreams: Any, gateway: ServiceUnderTest
    ) -> None:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            upstreams["catalog"].gone.set()

        upstreams["catalog"].answer = answer
        gateway.app.state.upstreams = Upstreams(gateway.settings, answer_limit_s=0.2)
        started = time.perf_counter()
        assert (await public.get("/api/courses/")).status_code == 503
        assert time.perf_counter() - started < 3
        await asyncio.wait_for(upstreams["catalog"].gone.wait(), 5)
        assert len(upstreams["catalog"].asked) == 1
        await gateway.app.state.upstreams.close()

    async def test_a_client_that_goes_away_ends_the_services_work(
        self, public: httpx.AsyncClient, upstreams: Any, tmp_path: Path
    ) -> None:
        begun = asyncio.Event()

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            begun.set()
            while (await receive())["type"] != "http.disconnect":
                pass
            upstreams["catalog"].gone.set()

        upstreams["catalog"].answer = answer
        _, writer = await asyncio.open_unix_connection(tmp_path / "public")
        writer.write(b"GET /api/courses/ HTTP/1.1\r\nHost: x\r\n\r\n")
        await begun.wait()
        writer.close()
        await asyncio.wait_for(upstreams["catalog"].gone.wait(), 5)

    async def test_also_in_the_middle_of_its_body(
        self, public: httpx.AsyncClient, upstreams: Any, tmp_path: Path
    ) -> None:
        begun = asyncio.Event()

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            await receive()
            begun.set()
            while (await receive())["type"] != "http.disconnect":
                pass
            upstreams["catalog"].gone.set()

        upstreams["catalog"].answer = answer
        _, writer = await asyncio.open_unix_connection(tmp_path / "public")
        writer.write(HALF_A_REQUEST)
        await begun.wait()
        writer.close()
        await asyncio.wait_for(upstreams["catalog"].gone.wait(), 5)


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class TestKeptConnections:
    async def test_a_read_is_repeated_on_a_new_connection(self, public: httpx.AsyncClient, tmp_path: Path) -> None:
        """The service answers once, and closes when the second request has come: as if it had timed out."""
        async with raw_service(tmp_path / "catalog", answers=[OK], again=[OK]) as connections:
            assert (await public.get("/api/courses/")).text == "ok"
            assert (await public.get("/api/courses/")).text == "ok"
            assert [len(requests) for requests in connections] == [2, 1]

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    @pytest.mark.parametrize("body", [b"", b"{}"])
    async def test_a_write_never_is(self, public: httpx.AsyncClient, tmp_path: Path, method: str, body: bytes) -> None:
        async with raw_service(tmp_path / "catalog", answers=[OK], again=[OK]) as connections:
            assert (await public.get("/api/courses/")).text == "ok"
            answer = await public.request(method, "/api/courses/5/", content=body, headers=JSON)
            assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
            assert [len(requests) for requests in connections] == [2]


class raw_service:  # noqa: N801  (reads like a function)
    """A service by hand. On its first connection it gives `answers` to as many requests, on later ones those of
    `again`; it closes when one more request has come, or at once where an answer is None.

    Yields the requests of each connection.
    """

    def __init__(self, path: Path, answers: list[bytes | None], again: list[bytes | None] | None = None) -> None:
        self._path = path
        self._scripts = [answers, again or answers]
        self._connections: list[list[bytes]] = []

    async def __aenter__(self) -> list[list[bytes]]:
        self._server = await asyncio.start_unix_server(self._serve, self._path)
        return self._connections

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        script = self._scripts[min(len(self._connections), 1)]
        requests: list[bytes] = []
        self._connections.append(requests)
        try:
            for answer in script:
                if answer is None:
                    return
                requests.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(answer)
                await writer.drain()
            requests.append(await reader.readuntil(b"\r\n\r\n"))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
