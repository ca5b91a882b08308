"""A stretch of the log, sent to one queue again."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from shared import outbox
from shared.broker import Publisher
from shared.replay import forget, replay

pytestmark = pytest.mark.timeout(60)

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
async def told(bus, enrolled, run, wait_until) -> None:
    """Ten events, published and handled."""
    async with bus.database.transaction() as session:
        await outbox.record(session, *(enrolled(number) for number in range(10)))
    async with run(bus.make_relay(), bus.make_consumer()):

        async def handled() -> bool:
            return len(await bus.effects()) == 10

        await wait_until(handled)


async def send_again(bus, *, types=(), since=LONG_AGO) -> int:
    publisher = Publisher(bus.url, "test-replay")
    try:
        return await replay(
            bus.database, publisher, source="enrollment", queue=bus.queue, types=types, since=since
        )  # fmt: skip
    finally:
        await publisher.close()


async def test_what_was_handled_is_skipped(bus, told, run, wait_until) -> None:
    assert await send_again(bus) == 10
    async with run(bus.make_consumer()):

        async def empty() -> bool:
            return await bus.depth(bus.queue) == 0

        await wait_until(empty)
    assert len(await bus.effects()) == 10


async def test_a_consumer_that_forgot_is_rebuilt_in_order(bus, told, run, wait_until) -> None:
    async with bus.database.transaction() as session:
        await session.execute(text("DELETE FROM effects"))
    assert await forget(bus.database, "enrollment.enrollment-enrollment") == 10
    await send_again(bus)
    async with run(bus.make_consumer()):

        async def rebuilt() -> bool:
            return len(await bus.effects()) == 10

        await wait_until(rebuilt)
    assert await bus.effects() == [(number, 1) for number in range(10)]


async def test_only_the_stretch_and_the_types_asked_for(bus, told) -> None:
    assert await send_again(bus, types=["enrollment.enrollment.completed.v1"]) == 0
    assert await send_again(bus, since=datetime.now(UTC) + timedelta(minutes=1)) == 0
    assert await send_again(bus, types=["enrollment.enrollment.created.v1"]) == 10
