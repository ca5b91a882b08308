"""A trace goes from a request through the outbox row and the message to the effect, and to the collector."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import outbox, tracing
from shared.broker import connect
from shared.contracts.enrollment.events import EnrollmentCreated
from shared.database import Database
from shared.gauges import measure
from shared.telemetry import DEAD_LETTERS, METRICS, QUEUE_DEPTH, UNROUTED

ABOVE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Collector:
    """Takes spans as OTLP sends them."""

    def __init__(self) -> None:
        self.spans: list[dict[str, Any]] = []
        collector = self

        class Taking(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                assert self.path == "/v1/traces"
                for scope in told["resourceSpans"][0]["scopeSpans"]:
                    collector.spans += scope["spans"]
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing on the screen."""

        self.server = HTTPServer(("127.0.0.1", 0), Taking)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def received(self) -> list[dict[str, Any]]:
        """All of them: nothing is traced after this."""
        tracing.close()
        return self.spans


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    made = Collector()
    monkeypatch.setattr(tracing, "_exporter", tracing.Exporter("enrollment", made.address, 1.0))
    yield made
    tracing.close()
    made.server.shutdown()
    made.server.server_close()


def test_off_nothing_is_made() -> None:
    with tracing.span("anything") as span:
        assert span is None
        assert tracing.traceparent() is None


@pytest.mark.parametrize(
    "header",
    ["", "00-1-2-01", ABOVE.upper(), ABOVE[:-1], f"01{ABOVE[2:]}", f"00-{'0' * 32}-b7ad6b7169203331-01", "00-é-b-01"],
)
def test_what_is_no_traceparent_begins_a_trace_of_its_own(header: str) -> None:
    assert tracing.parse(header) is None


async def test_a_served_request_is_a_child_of_whoever_asked(collector: Collector) -> None:
    app = FastAPI()
    seen: list[str | None] = []

    @app.get("/things/{number}")
    async def thing(number: int) -> None:
        seen.append(tracing.traceparent())

    app.add_middleware(tracing.Traced)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        await client.get("/things/7", headers={"traceparent": ABOVE})
        await client.get("/livez")
    (span,) = collector.received()
    assert seen == [f"00-{span['traceId']}-{span['spanId']}-01"]
    assert span["traceId"] == ABOVE.split("-")[1]
    assert span["parentSpanId"] == ABOVE.split("-")[2]
    assert span["name"] == "GET /things/{number}"
    assert {"key": "http.response.status_code", "value": {"intValue": "200"}} in span["attributes"]


async def test_an_event_carries_the_trace_of_its_cause_to_its_effect(
    bus, enrolled, run, wait_until, collector: Collector
) -> None:
    seen: list[str | None] = []
    handle = bus.on_enrollment

    async def seeing(session: AsyncSession, event: EnrollmentCreated) -> None:
        seen.append(tracing.traceparent())
        await handle(session, event)

    bus.on_enrollment = seeing
    with tracing.span("POST /api/courses/{ref}/enroll/", "server", parent=ABOVE):
        async with bus.database.transaction() as session:
            await outbox.record(session, enrolled(1))

    async def arrived() -> bool:
        return len(await bus.effects()) == 1 and len(seen) == 1

    async with run(bus.make_relay(), bus.make_consumer()):
        await wait_until(arrived)
    request, effect = collector.received()
    assert effect["name"] == f"process {EnrollmentCreated.TYPE}"
    assert (effect["traceId"], effect["parentSpanId"]) == (request["traceId"], request["spanId"])
    assert seen == [f"00-{effect['traceId']}-{effect['spanId']}-01"]


async def test_a_collector_that_is_away_costs_spans_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "_exporter", tracing.Exporter("enrollment", "http://127.0.0.1:9", 1.0))
    before = METRICS.get_sample_value("syllabus_spans_lost_total") or 0
    with tracing.span("anything"):
        pass
    tracing.close()
    assert METRICS.get_sample_value("syllabus_spans_lost_total") == before + 1


async def test_an_outbox_of_before_learns_to_keep_traces(database: Database) -> None:
    async with database.transaction() as session:
        assert not await session.scalar(text(outbox.IS_BEHIND))
        await session.execute(text("ALTER TABLE outbox DROP COLUMN traceparent"))
        assert await session.scalar(text(outbox.IS_BEHIND))
        await session.execute(text(outbox.CATCH_UP))
        await outbox.maintain_partitions(session)
        assert not await session.scalar(text(outbox.IS_BEHIND))
        await session.rollback()


async def test_the_depth_of_the_queues_is_measured(bus, enrolled, run, wait_until) -> None:
    async with bus.database.transaction() as session:
        await outbox.record(session, enrolled(1), enrolled(2))
    connection = await connect(bus.url, "test")
    async with connection:
        await bus.topology.declare(connection)
        async with run(bus.make_relay()):
            label = bus.queue.removeprefix(bus.topology.prefix)

            async def arrived() -> bool:
                await measure(connection, bus.topology)
                return QUEUE_DEPTH.labels(label)._value.get() == 2

            await wait_until(arrived)
    assert DEAD_LETTERS.labels(label)._value.get() == 0
    assert UNROUTED._value.get() >= 0
