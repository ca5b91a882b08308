"""Events that are handled many at once: in their order, each once, and alone when one of them fails."""

from collections.abc import Callable, Sequence
from typing import Any

import aio_pika
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared import broker, tracing
from shared.broker import Topology, retry_queue
from shared.contracts import Event
from shared.contracts.enrollment.events import EnrollmentCompleted, EnrollmentCreated, EnrollmentUnenrolled
from shared.inbox import BatchHandler, Consumer
from shared.telemetry import cause
from shared.testing.service import delivered

pytestmark = pytest.mark.timeout(60)

Called = list[tuple[str, list[int], str | None]]
"""What handled which events, and what it took for their cause."""


class Retries:
    """Keeps what is put off."""

    def __init__(self) -> None:
        self.put_off: list[tuple[aio_pika.Message, str]] = []

    async def publish(self, messages: Any, exchange: str = "") -> None:
        self.put_off += messages


@pytest.fixture
def called() -> Called:
    return []


@pytest.fixture
def retries() -> Retries:
    return Retries()


@pytest.fixture
def consumer(bus, called: Called, retries: Retries) -> Consumer:
    """Takes EnrollmentCreated and EnrollmentUnenrolled many at once, EnrollmentCompleted one by one."""

    async def many(session: AsyncSession, events: Sequence[EnrollmentCreated]) -> None:
        called.append(("many", [event.enrollment_id for event in events], cause()))
        for event in events:
            await bus.on_enrollment(session, event)

    async def alone(session: AsyncSession, event: Event) -> None:
        called.append(("alone", [int(event.aggregate_id)], cause()))
        await bus.on_enrollment(session, event)

    handlers = {
        EnrollmentCreated: BatchHandler(many),
        EnrollmentUnenrolled: BatchHandler(many),
        EnrollmentCompleted: alone,
    }
    return Consumer(bus.database, retries, url="", topology=Topology("test", tuple(handlers)), handlers=handlers)  # type: ignore[arg-type]


Make = Callable[..., Any]


@pytest.fixture
def make(enrolled) -> Make:
    """An event of an enrollment, of a type."""

    def make_one(number: int, kind: type[Event] = EnrollmentCreated) -> Event:
        return kind.model_validate(enrolled(number).model_dump())

    return make_one


QUEUE = "test.enrollment-enrollment"


async def test_those_of_one_handler_that_follow_one_another_are_one_call(bus, consumer, called, make) -> None:
    await consumer.handle(
        QUEUE,
        [
            delivered(make(1)),
            delivered(make(2, EnrollmentUnenrolled)),
            delivered(make(3, EnrollmentCompleted), event_id="01890000-0000-7000-8000-000000000003"),
            delivered(make(4)),
            delivered(make(5)),
        ],
    )
    assert [(how, numbers) for how, numbers, _ in called] == [("many", [1, 2]), ("alone", [3]), ("many", [4, 5])]
    assert [why for _, _, why in called] == [None, "01890000-0000-7000-8000-000000000003", None]
    assert [number for number, _ in await bus.effects()] == [1, 2, 3, 4, 5]


async def test_alone_it_has_its_cause(consumer, called, make) -> None:
    event_id = "01890000-0000-7000-8000-000000000001"
    await consumer.handle(QUEUE, [delivered(make(1), event_id=event_id)])
    assert called == [("many", [1], event_id)]


async def test_a_repeat_in_the_batch_or_after_it_has_no_effect(bus, consumer, called, make) -> None:
    twice = delivered(make(1))
    await consumer.handle(QUEUE, [twice, delivered(make(2)), twice])
    await consumer.handle(QUEUE, [twice, delivered(make(3))])
    assert [numbers for _, numbers, _ in called] == [[1, 2], [3]]
    assert [number for number, _ in await bus.effects()] == [1, 2, 3]


async def test_when_one_fails_each_has_its_effect_alone_and_that_one_is_put_off(
    bus, consumer, called, retries, make
) -> None:
    bus.failing = {2}
    await consumer.handle(QUEUE, [delivered(make(number)) for number in (1, 2, 3)])
    assert [numbers for _, numbers, _ in called] == [[1, 2, 3], [1], [2], [3]]
    assert [number for number, _ in await bus.effects()] == [1, 3]
    [(message, queue)] = retries.put_off
    assert queue == retry_queue(QUEUE, broker.RETRY_DELAYS_S[0])
    assert message.headers["cloudEvents_partitionkey"] == "2"


@pytest.mark.parametrize(("flag", "calls"), [("01", [[1], [2], [3, 4]]), ("00", [[1, 2, 3, 4]])])
async def test_what_is_traced_is_handled_in_its_own_trace(
    consumer, called, make, monkeypatch, flag: str, calls: list[list[int]]
) -> None:
    exporter = tracing.Exporter("test", "http://127.0.0.1:9", 0.0)
    monkeypatch.setattr(tracing, "_exporter", exporter)
    traces = [f"00-{number * 32}-b7ad6b7169203331-{flag}" for number in "ab"]
    messages = [delivered(make(number), traceparent=trace) for number, trace in enumerate((*traces, None, None), 1)]
    await consumer.handle(QUEUE, messages)
    assert [numbers for _, numbers, _ in called] == calls
    assert {span.trace_id for span in exporter._waiting} == ({"a" * 32, "b" * 32} if flag == "01" else set())
