"""What is to stop, stops, although what it waits for is lost at the same moment."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, Never

import psycopg
import pytest

from shared.broker import BrokerAway, Topology
from shared.inbox import Consumer
from shared.jobs import JobKind, _carry_out, work_off
from shared.relay import Relay
from shared.worker import Schedule, _repeat

pytestmark = pytest.mark.timeout(60)


async def test_stops_although_the_broker_goes_away_at_the_same_moment(bus, wait_until, monkeypatch) -> None:
    """As when the whole system is told to stop: it must not take the lost connection for all there is to know."""
    consuming: list[str] = []

    async def lose_the_broker_when_cancelled(connection: object, queue: str) -> None:
        consuming.append(queue)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ConnectionError("the broker went away") from None

    consumer = bus.make_consumer()
    monkeypatch.setattr(consumer, "_consume", lose_the_broker_when_cancelled)
    task = asyncio.create_task(consumer.run())

    async def consumes() -> bool:
        return bool(consuming)

    await wait_until(consumes)
    task.cancel()
    async with asyncio.timeout(20):
        with pytest.raises(asyncio.CancelledError):
            await task
    assert len(consuming) == 1


class Vanishing:
    """A database that is lost just when the one who waits for it is cancelled: that one sees the loss alone."""

    def __init__(self) -> None:
        self.waiting = asyncio.Event()
        self.asked = 0

    async def connect(self) -> Never:
        await self.lose()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        await self.lose()
        yield

    async def lose(self) -> Never:
        self.asked += 1
        self.waiting.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise psycopg.OperationalError("the connection is lost") from None
        raise AssertionError


JOB: Any = SimpleNamespace(id=1, kind="any")
KIND: Any = JobKind("any", row=None)  # type: ignore[arg-type]
DELIVERY: Any = SimpleNamespace(envelope=SimpleNamespace(event_id="1"))
TOPOLOGY = Topology("enrollment", ())


@pytest.mark.parametrize(
    "run",
    [
        pytest.param(lambda lost: Relay(lost, None, service="enrollment", exchange="").run(), id="relay"),  # type: ignore[arg-type]
        pytest.param(
            lambda lost: Consumer(lost, None, url="", topology=TOPOLOGY, handlers={})._attempt("queue", [DELIVERY]),  # type: ignore[arg-type]
            id="consumer",
        ),
        pytest.param(lambda lost: _repeat(Schedule(0, Vanishing.lose), lost), id="schedule"),
        pytest.param(lambda lost: work_off(lost, {}), id="jobs"),
        pytest.param(
            lambda lost: _carry_out(SimpleNamespace(begin_nested=lost.transaction), KIND, JOB, 1, {}), id="row of a job"
        ),
    ],
)
async def test_stops_although_the_database_goes_away_at_the_same_moment(run: Callable[[Any], Any]) -> None:
    database = Vanishing()
    task = asyncio.ensure_future(run(database))
    await database.waiting.wait()
    task.cancel()
    async with asyncio.timeout(20):
        with pytest.raises(asyncio.CancelledError):
            await task
    assert database.asked == 1


async def test_a_relay_stops_although_the_broker_goes_away_at_the_same_moment(bus, monkeypatch) -> None:
    """`gather` passes on what one of the publishes raised when it was cancelled, and not the cancellation."""
    publishing = asyncio.Event()

    async def lose_the_broker_when_cancelled(connection: object) -> None:
        publishing.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise BrokerAway("the broker went away") from None

    relay = bus.make_relay()
    monkeypatch.setattr(relay, "publish_batch", lose_the_broker_when_cancelled)
    task = asyncio.create_task(relay.run())
    await publishing.wait()
    task.cancel()
    async with asyncio.timeout(20):
        with pytest.raises(asyncio.CancelledError):
            await task
