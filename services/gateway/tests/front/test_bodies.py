from typing import Any

import httpx
import pytest

JSON = {"Content-Type": "application/json"}
DEEP = b"[" * 65 + b"]" * 65


class TestKinds:
    @pytest.mark.parametrize("path", ["/api/courses/", "/api/auth/register/"])
    @pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/xml", None])
    async def test_what_is_not_json_is_415(
        self, public: httpx.AsyncClient, upstreams: Any, path: str, kind: str | None
    ) -> None:
        answer = await public.post(path, content=b"a=1", headers={"Content-Type": kind} if kind else {})
        assert (answer.status_code, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
        assert "application/json" in answer.json()["error"]
        assert upstreams["catalog"].asked == []

    async def test_without_a_body_none_is_asked_for(self, public: httpx.AsyncClient, upstreams: Any) -> None:
        assert (await public.post("/api/courses/5/enroll/")).status_code == 200

    async def test_text_is_taken_where_files_may_be_text(self, public: httpx.AsyncClient, upstreams: Any) -> None:
        answer = await public.post(
            "/api/question-banks/5/import/", content="::a:: b {T}", headers={"Content-Type": "text/plain"}
        )
        assert answer.json()["body"] == "::a:: b {T}"


class TestDepth:
    @pytest.mark.parametrize("path", ["/api/courses/", "/api/auth/login/", "/api/auth/register/"])
    async def test_too_deep_is_400(self, public: httpx.AsyncClient, upstreams: Any, path: str) -> None:
        answer = await public.post(path, content=DEEP, headers=JSON)
        assert (answer.status_code, answer.json()["code"]) == (400, "MALFORMED_REQUEST")
        assert answer.json()["details"] == {"limit": 64}
        assert answer.headers["Connection"] == "close"

    async def test_as_deep_as_may_be_passes(self, public: httpx.AsyncClient, upstreams: Any) -> None:
        answer = await public.put("/api/courses/5/", content=DEEP[1:-1], headers=JSON)
        assert answer.json()["body"] == DEEP[1:-1].decode()

    async def test_uploads_are_not_looked_into(self, public: httpx.AsyncClient, upstreams: Any) -> None:
        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        assert (await public.post("/api/resources/", content=DEEP, headers=headers)).status_code == 200

    async def test_other_encodings_are_400(self, public: httpx.AsyncClient, upstreams: Any) -> None:
        answer = await public.post("/api/courses/", content='{"a": 1}'.encode("utf-16"), headers=JSON)
        assert (answer.status_code, answer.json()["code"]) == (400, "MALFORMED_REQUEST")

    async def test_the_gateways_own_bodies_are_smaller(self, public: httpx.AsyncClient) -> None:
        answer = await public.post("/api/auth/login/", content=b" " * (1024 * 1024 + 1), headers=JSON)
        assert (answer.status_code, answer.json()["details"]) == (413, {"limit": 1024 * 1024})


class TestHead:
    @pytest.mark.parametrize("path", ["/api/courses/", "/api/health/", "/", "/verify/", "/api/nothing/"])
    async def test_is_get_without_a_body(self, public: httpx.AsyncClient, upstreams: Any, path: str) -> None:
        got, head = await public.get(path), await public.head(path)
        assert (head.status_code, head.content) == (got.status_code, b"")
        assert head.headers["Content-Type"] == got.headers["Content-Type"]
        assert (await public.head(path)).status_code == got.status_code

    async def test_says_how_long_a_body_would_be(self, public: httpx.AsyncClient, upstreams: Any) -> None:
        head = await public.head("/api/courses/")
        assert int(head.headers["Content-Length"]) > 100
        assert upstreams["catalog"].asked[0]["method"] == "GET"

    async def test_a_large_answer_is_not_fetched(self, public: httpx.AsyncClient, upstreams: Any) -> None:
        async def answer(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000000000")]})
            for _ in range(10):
                await send({"type": "http.response.body", "body": bytes(100), "more_body": True})
            while (await receive())["type"] != "http.disconnect":
                pass
            upstreams["catalog"].gone.set()

        upstreams["catalog"].answer = answer
        head = await public.head("/api/resources/5/download/")
        assert head.headers["Content-Length"] == "1000000000"
        await upstreams["catalog"].gone.wait()
