"""A consumer that is to stop."""

import asyncio

import pytest

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
