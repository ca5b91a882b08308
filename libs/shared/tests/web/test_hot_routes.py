"""Hot routes: they answer what is in plain order, and leave everything else to FastAPI, untouched."""

from decimal import Decimal
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, FastAPI, Path, Query
from httpx import ASGITransport, AsyncClient
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from shared import hot_routes, problems
from shared.answers import JsonBytes
from shared.errors import NotFound
from shared.hot_routes import LARGEST_BODY, HotRoute, PlainQuery, body_of


class Change(BaseModel):
    value: Annotated[int, Field(ge=0)]
    note: str = ""


class Counter(BaseModel):
    id: int
    value: int


def app_with(taken: list[str]) -> FastAPI:
    """`/counters/{id}/`; `taken` has the ids whose requests went the short way."""
    router = APIRouter()

    @router.get("/counters/latest/")
    async def latest() -> Counter:
        return Counter(id=9, value=9)

    @router.put("/counters/{id}/")
    @router.patch("/counters/{id}/")
    async def change(id: Annotated[int, Path(ge=1)], body: Change) -> Counter:
        if id == 404:
            raise NotFound
        return Counter(id=id, value=body.value)

    @router.get("/counters/{id}/")
    async def read(id: Annotated[int, Path(ge=1)]) -> Counter:
        return Counter(id=id, value=0)

    async def hot_change(request: Request, id: str) -> Response | None:
        body = await body_of(request, Change)
        if body is None or not id.isdigit():
            return None
        taken.append(id)
        return JsonBytes((await change(int(id), body)).model_dump_json())

    async def hot_read(request: Request, id: str) -> Response | None:
        if not id.isdigit() or request.scope["query_string"]:
            return None
        taken.append(id)
        return JsonBytes((await read(int(id))).model_dump_json())

    app = FastAPI()
    problems.install(app)
    app.include_router(router)
    hot_routes.install(app, [HotRoute(router, change, hot_change), HotRoute(router, read, hot_read)])
    return app


@pytest.fixture
def taken() -> list[str]:
    return []


@pytest.fixture
def client(taken: list[str]) -> AsyncClient:
    return AsyncClient(transport=ASGITransport(app_with(taken)), base_url="http://service")


def _same(hot: Any, usual: Any) -> None:
    assert (hot.status_code, hot.content) == (usual.status_code, usual.content)
    assert hot.headers == usual.headers


class TestInPlainOrder:
    async def test_the_answer_is_fastapis_to_the_byte(self, client: AsyncClient, taken: list[str]) -> None:
        hot = await client.get("/counters/7/")
        assert taken == ["7"]
        _same(hot, await client.get("/counters/7/?any=1"))
        assert taken == ["7"]

    @pytest.mark.parametrize("method", ["PUT", "PATCH"])
    async def test_each_method_of_the_route_is_served(self, client: AsyncClient, taken: list[str], method: str) -> None:
        answer = await client.request(method, "/counters/7/", json={"value": 3})
        assert (answer.json(), taken) == ({"id": 7, "value": 3}, ["7"])

    async def test_what_it_raises_leaves_in_the_apis_format(self, client: AsyncClient, taken: list[str]) -> None:
        answer = await client.put("/counters/404/", json={"value": 3})
        assert (answer.status_code, answer.json()["code"], taken) == (404, "NOT_FOUND", ["404"])


class TestEverythingElse:
    @pytest.mark.parametrize(
        ("content", "kind"),
        [
            (b'{"value": -1}', "application/json"),
            (b'{"value": ', "application/json"),
            (b"[" * 5000, "application/json"),
            (b'"\xff"', "application/json"),
            (b'{"value": 1}', "text/plain"),
            (b"", "application/json"),
            (b'{"value": 1, "note": "' + b"n" * LARGEST_BODY + b'"}', "application/json"),
            (b'{"value": 1}', "application/merge-patch+json"),
        ],
    )
    async def test_is_answered_by_fastapi_with_the_whole_body(
        self, client: AsyncClient, taken: list[str], content: bytes, kind: str
    ) -> None:
        hot = await client.put("/counters/7/", content=content, headers={"Content-Type": kind})
        assert taken == []
        plain = FastAPI()
        problems.install(plain)
        for route in app_with([]).router.routes:
            plain.router.routes.append(route)
        async with AsyncClient(transport=ASGITransport(plain), base_url="http://service") as usual:
            _same(hot, await usual.put("/counters/7/", content=content, headers={"Content-Type": kind}))

    async def test_a_body_in_pieces_without_a_length_arrives_whole(self, client: AsyncClient, taken: list[str]) -> None:
        async def pieces() -> Any:
            yield b'{"val'
            yield b'ue": 5}'

        answer = await client.put("/counters/7/", content=pieces(), headers={"Content-Type": "application/json"})
        assert (answer.json(), taken) == ({"id": 7, "value": 5}, [])

    async def test_a_path_that_only_looks_like_one(self, client: AsyncClient, taken: list[str]) -> None:
        assert (await client.get("/counters/latest/")).json() == {"id": 9, "value": 9}
        assert (await client.get("/counters/0x7/")).status_code == 400
        assert (await client.delete("/counters/7/")).status_code == 405
        assert (await client.get("/nothing/")).status_code == 404
        assert taken == []


class TestPlainQuery:
    """What fits is read as FastAPI reads it; what does not is FastAPI's to refuse."""

    @staticmethod
    async def narrowed(
        level: Annotated[str | None, Query(max_length=3)] = None, price: Annotated[Decimal, Query(ge=0)] = Decimal(5)
    ) -> None: ...

    @staticmethod
    async def route(request: Request, is_free: bool | None = None) -> None: ...

    def read(self, query: str) -> list[dict[str, Any]] | None:
        request = Request({"type": "http", "query_string": query.encode(), "headers": []})
        return PlainQuery(self.narrowed, self.route).read(request)

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("", [{"level": None, "price": Decimal(5)}, {"is_free": None}]),
            ("is_free=on&level=%C3%BC", [{"level": "ü", "price": Decimal(5)}, {"is_free": True}]),
            ("level=&price=1.50", [{"level": "", "price": Decimal("1.50")}, {"is_free": None}]),
        ],
    )
    def test_arguments_of_each(self, query: str, expected: list[dict[str, Any]]) -> None:
        assert self.read(query) == expected

    @pytest.mark.parametrize(
        "query", ["level=long", "price=-1", "price=x", "is_free=perhaps", "level=a&level=a", "other=1", "Level=a"]
    )
    def test_what_is_not_in_plain_order(self, query: str) -> None:
        assert self.read(query) is None
