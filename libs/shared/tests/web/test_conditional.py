"""ETag, If-None-Match and If-Match, over a resource that is one row of the database."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import text

from shared import problems
from shared.conditional import Conditional
from shared.database import Database, OpenDatabase, Reading, Transaction
from shared.errors import NotFound

READ = text("SELECT version FROM effects WHERE aggregate_id = :id")
WRITE = text("UPDATE effects SET version = :version WHERE aggregate_id = :id")


def counters() -> FastAPI:
    """`/counters/{id}/`, changed in the request's transaction by PUT, in one the route opens itself by PATCH."""
    app = FastAPI()

    @app.get("/counters/{id}/")
    async def read(id: int, session: Reading) -> dict[str, int]:
        version = await session.scalar(READ, {"id": id})
        if version is None:
            raise NotFound
        return {"version": version}

    @app.put("/counters/{id}/")
    async def change(id: int, body: dict[str, int], session: Transaction) -> dict[str, int]:
        await session.execute(WRITE, {"id": id, **body})
        return body

    @app.patch("/counters/{id}/")
    async def change_later(id: int, body: dict[str, int], database: OpenDatabase) -> dict[str, int]:
        async with database.transaction(aside=True) as session:
            await session.scalar(READ, {"id": id})
        async with database.transaction() as session:
            await session.execute(WRITE, {"id": id, **body})
        return body

    @app.put("/counters/{id}/reset/")
    async def reset(id: int, session: Transaction) -> None:
        await session.execute(WRITE, {"id": id, "version": 0})

    return app


@pytest.fixture
async def client(database: Database) -> AsyncClient:
    async with database.transaction() as session:
        await session.execute(text("INSERT INTO effects (aggregate_id, version) VALUES (1, 10)"))
    app = counters()
    app.state.database = database
    problems.install(app)
    app.add_middleware(Conditional)
    return AsyncClient(transport=ASGITransport(app, raise_app_exceptions=False), base_url="http://service")


async def etag(client: AsyncClient) -> str:
    return (await client.get("/counters/1/")).headers["etag"]


def put(client: AsyncClient, version: int, tag: str, method: str = "PUT", path: str = "/counters/1/") -> Any:
    return client.request(method, path, json={"version": version}, headers={"If-Match": tag})


class TestRead:
    async def test_what_the_client_has_is_not_sent_again(self, client: AsyncClient) -> None:
        tag = await etag(client)
        answer = await client.get("/counters/1/", headers={"If-None-Match": f'"other", W/{tag}'})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)

    async def test_what_has_changed_is(self, client: AsyncClient) -> None:
        tag = await etag(client)
        await client.put("/counters/1/", json={"version": 11})
        answer = await client.get("/counters/1/", headers={"If-None-Match": tag})
        assert (answer.status_code, answer.json()) == (200, {"version": 11})
        assert answer.headers["etag"] != tag

    async def test_refusals_have_no_tag(self, client: AsyncClient) -> None:
        answer = await client.get("/counters/2/", headers={"If-None-Match": "*"})
        assert answer.status_code == 404
        assert "etag" not in answer.headers


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
class TestChange:
    async def test_of_what_was_read(self, client: AsyncClient, method: str) -> None:
        answer = await put(client, 11, await etag(client), method)
        assert answer.status_code == 200
        assert (await client.get("/counters/1/")).json() == {"version": 11}

    async def test_of_something_else_is_refused(self, client: AsyncClient, method: str) -> None:
        tag = await etag(client)
        await client.put("/counters/1/", json={"version": 11})
        answer = await put(client, 12, tag, method)
        assert (answer.status_code, answer.json()["code"]) == (412, "PRECONDITION_FAILED")
        assert (await client.get("/counters/1/")).json() == {"version": 11}

    async def test_of_many_at_once_one_succeeds(self, client: AsyncClient, method: str) -> None:
        tag = await etag(client)
        answers = await asyncio.gather(*(put(client, 20 + n, tag, method) for n in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
        [winner] = [answer for answer in answers if answer.status_code == 200]
        assert (await client.get("/counters/1/")).json() == winner.json()

    async def test_one_of_several_tags_will_do_and_so_will_a_star(self, client: AsyncClient, method: str) -> None:
        assert (await put(client, 11, f'"stale", {await etag(client)}', method)).status_code == 200
        assert (await put(client, 12, "*", method)).status_code == 200

    async def test_what_the_gateway_adds_to_a_tag_does_not_count(self, client: AsyncClient, method: str) -> None:
        tag = await etag(client)
        assert (await put(client, 11, f'{tag[:-1]}.5f2a"', method)).status_code == 200

    async def test_where_nothing_can_be_read_it_is_ignored(self, client: AsyncClient, method: str) -> None:
        assert (await put(client, 0, '"any"', "PUT", "/counters/1/reset/")).status_code == 200
        assert (await client.get("/counters/1/")).json() == {"version": 0}
