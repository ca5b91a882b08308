"""What every service's app does around its own routes."""

import json
import time
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, ClassVar

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from pydantic import BaseModel, Field
from sqlalchemy import text

from shared.app import create_app
from shared.auth import (
    CLOCK_SKEW_S,
    HEADER,
    LIFETIME_S,
    Administrator,
    Caller,
    FromService,
    Identity,
    Instructor,
    ServiceCaller,
    SignedIn,
    Signer,
    Verifier,
)
from shared.database import Transaction
from shared.errors import Invalid, InvalidToken, NotFound, Refusal
from shared.runtime.keys import JWKS
from shared.settings import ServiceSettings
from shared.testing import Environment, user

router = APIRouter()


class Question(BaseModel):
    points: Annotated[Decimal, Field(ge=1, le=100)]


class Body(BaseModel):
    title: Annotated[str, Field(min_length=3, max_length=10)]
    questions: Annotated[list[Question], Field(max_length=2)] = []


class AlreadyEnrolled(Refusal):
    code: ClassVar[str] = "ALREADY_ENROLLED"
    message = "You are enrolled already."


@router.post("/things/", status_code=201)
async def make_thing(body: Body) -> Body:
    return body


@router.get("/refused/")
async def refused() -> None:
    raise AlreadyEnrolled(course=5)


@router.get("/invalid/")
async def invalid() -> None:
    raise Invalid(discount_price="Must be below the price, 49.00.")


@router.get("/missing/")
async def missing() -> None:
    raise NotFound("Course not found.")


@router.get("/broken/")
async def broken() -> None:
    raise LookupError("secret detail")


@router.get("/guest/")
async def guest(caller: Caller) -> int | None:
    return caller.user_id if caller else None


@router.get("/signed-in/")
async def signed_in(caller: SignedIn) -> int:
    return caller.user_id


@router.get("/instructors/")
async def instructors(caller: Instructor) -> int:
    return caller.user_id


@router.get("/administrators/")
async def administrators(caller: Administrator) -> int:
    return caller.user_id


@router.get("/internal/things/")
async def internal(caller: FromService) -> str:
    return caller.name


@router.post("/half/")
async def half(session: Transaction) -> None:
    await session.execute(text("INSERT INTO effects (aggregate_id) VALUES (1)"))
    raise AlreadyEnrolled


@router.post("/whole/")
async def whole(session: Transaction) -> None:
    await session.execute(text("INSERT INTO effects (aggregate_id) VALUES (1)"))


@router.post("/stored/")
async def stored(request: Request, session: Transaction) -> None:
    value = (await request.json())["value"]
    kind = "text" if isinstance(value, str) else "bigint"
    await session.execute(text(f"SELECT CAST(:value AS {kind})"), {"value": value})


class Settings(ServiceSettings):
    SERVICE = "catalog"


@pytest.fixture
def keys(environment: Environment) -> Path:
    return environment.keys


@pytest.fixture
def app(keys: Path, bus_database_url: str) -> FastAPI:
    settings = Settings(
        database_url=bus_database_url, listen="127.0.0.1:1", run_worker=False, identity_jwks_file=keys / JWKS
    )
    return create_app(settings, routers=[router], handlers={}, largest_body=2000)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://t") as opened:
        yield opened


class TestErrors:
    async def test_a_refusal_has_its_code_sentence_and_details(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/refused/")
        assert answer.status_code == 400
        expected = {"error": "You are enrolled already.", "code": "ALREADY_ENROLLED", "details": {"course": 5}}
        assert answer.json() == expected

    async def test_wrong_fields_are_named_by_path_with_their_limits(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/things/", json={"title": "ab", "questions": [{"points": 0}, {}]})
        assert answer.status_code == 400
        assert answer.json() == {
            "title": ["String should have at least 3 characters."],
            "questions.0.points": ["Input should be greater than or equal to 1."],
            "questions.1.points": ["This field is required."],
        }
        assert (await client.get("/invalid/")).json() == {"discount_price": ["Must be below the price, 49.00."]}

    @pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[1,2", b'{"title": \x00}'])
    async def test_a_body_that_is_not_json_is_malformed(self, client: httpx.AsyncClient, body: bytes) -> None:
        answer = await client.post("/things/", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 400

    async def test_a_body_that_is_no_object_is_told_so(self, client: httpx.AsyncClient) -> None:
        assert (await client.post("/things/", json=[1])).json() == {"non_field_errors": ["Expected a JSON object."]}

    async def test_what_is_not_there_and_what_is_not_allowed(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/missing/")).json()["error"] == "Course not found."
        nowhere = await client.get("/nowhere/")
        assert (nowhere.status_code, nowhere.json()["code"]) == (404, "NOT_FOUND")
        wrong_method = await client.delete("/things/")
        assert (wrong_method.status_code, wrong_method.json()["code"]) == (405, "METHOD_NOT_ALLOWED")

    async def test_a_fault_of_ours_tells_only_the_request_id(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/broken/", headers={"X-Request-ID": "mine-1"})
        assert answer.status_code == 500
        assert answer.headers["X-Request-ID"] == "mine-1" == answer.json()["details"]["request_id"]
        assert "secret" not in answer.text

    async def test_a_body_beyond_the_limit_is_413(self, client: httpx.AsyncClient) -> None:
        async def endless() -> AsyncIterator[bytes]:
            for _ in range(30):
                yield b"x" * 100

        for sent in (b"x" * 2001, endless()):
            answer = await client.post("/things/", content=sent, headers={"content-type": "application/json"})
            assert (answer.status_code, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")

    async def test_a_database_that_is_away_is_503(self, keys: Path) -> None:
        settings = Settings(database_url="postgresql://a:b@127.0.0.1:1/none", listen="127.0.0.1:1", run_worker=False)
        app = create_app(settings, routers=[router], handlers={})
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
            answer = await client.post("/whole/")
            ready = await client.get("/readyz")
        assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert answer.headers["Retry-After"] == "2"
        assert ready.status_code == 503

    @pytest.mark.parametrize("value", ["a\0b", "a\ud800b", 2**70])
    async def test_a_value_the_database_cannot_hold_is_a_400(self, client: httpx.AsyncClient, value: object) -> None:
        answer = await client.post("/stored/", content=json.dumps({"value": value}))
        assert (answer.status_code, answer.json()["code"]) == (400, "MALFORMED_REQUEST")


class TestTransaction:
    async def count(self, app: FastAPI) -> int:
        async with app.state.database.reading() as session:
            return await session.scalar(text("SELECT count(*) FROM effects")) or 0

    async def test_a_refusal_leaves_nothing_behind(self, app: FastAPI, client: httpx.AsyncClient) -> None:
        before = await self.count(app)
        assert (await client.post("/half/")).status_code == 400
        assert await self.count(app) == before
        assert (await client.post("/whole/")).status_code == 200
        assert await self.count(app) == before + 1


class TestRequestId:
    async def test_every_answer_carries_one(self, client: httpx.AsyncClient) -> None:
        first, second = [(await client.get("/guest/")).headers["X-Request-ID"] for _ in range(2)]
        assert first
        assert first != second

    @pytest.mark.parametrize("unfit", ["x" * 101, "a b", "a\tb", "ü".encode().decode("latin1"), "a;b"])
    async def test_one_that_does_not_fit_a_log_line_is_replaced(self, client: httpx.AsyncClient, unfit: str) -> None:
        answer = await client.get(
            "/guest/", headers={"X-Request-ID": unfit.encode("latin1").decode("latin1").encode("latin1")}
        )  # type: ignore[dict-item]
        assert answer.headers["X-Request-ID"] != unfit


class TestIdentity:
    ROLES = ("student", "instructor", "administrator")
    ALLOWED: ClassVar = {
        "/guest/": (200, 200, 200, 200),
        "/signed-in/": (401, 200, 200, 200),
        "/instructors/": (401, 403, 200, 200),
        "/administrators/": (401, 403, 403, 200),
        "/internal/things/": (401, 404, 404, 404),
    }

    @pytest.mark.parametrize("path", ALLOWED)
    async def test_who_may_come_in(self, client: httpx.AsyncClient, keys: Path, path: str) -> None:
        signer = Signer("gateway", keys / "gateway.pem")
        statuses = [(await client.get(path)).status_code]
        for role in self.ROLES:
            headers = {HEADER: signer.for_user(user(7, role))}  # type: ignore[arg-type]
            statuses.append((await client.get(path, headers=headers)).status_code)
        assert tuple(statuses) == self.ALLOWED[path]

    async def test_services_are_let_in_where_users_are_not(self, client: httpx.AsyncClient, keys: Path) -> None:
        headers = {HEADER: Signer("enrollment", keys / "enrollment.pem").for_service()}
        assert (await client.get("/internal/things/", headers=headers)).json() == "enrollment"
        assert (await client.get("/signed-in/", headers=headers)).status_code == 401

    async def test_what_was_not_signed_by_the_gateway_is_refused(self, client: httpx.AsyncClient, keys: Path) -> None:
        identity = Identity(1, "administrator", "Eve", is_premium=True)
        impostor = Signer("catalog", keys / "catalog.pem").for_user(identity)
        claimed = Signer("gateway", keys / "catalog.pem").for_user(identity)
        expired = Signer("gateway", keys / "gateway.pem").for_user(identity, lifetime_s=-60)
        for token in (impostor, claimed, expired, "no.token.at-all", "x" * 5000, impostor[:-3]):
            answer = await client.get("/guest/", headers={HEADER: token})
            assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_TOKEN")

    async def test_what_was_remembered_still_expires(self, keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        verifier, token = Verifier(keys / JWKS), Signer("catalog", keys / "catalog.pem").for_service()
        assert verifier.verify(token) == ServiceCaller("catalog")
        later = time.time() + LIFETIME_S + CLOCK_SKEW_S + 1
        monkeypatch.setattr(time, "time", lambda: later)
        with pytest.raises(InvalidToken):
            verifier.verify(token)


class TestOperations:
    async def test_it_tells_whether_it_lives_is_ready_and_how_it_fares(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/livez")).status_code == 204
        assert (await client.get("/readyz")).json() == {"status": "ready"}
        await client.get("/guest/")
        assert (
            'syllabus_http_request_seconds_count{method="GET",route="/guest/",status="200"}'
            in (await client.get("/metrics")).text
        )
