"""Dead letters, by command."""

import aio_pika
import pytest
from uuid_utils import uuid7

from shared import broker
from shared.broker import dead_letters
from shared.dead_letters import drop, list_dead_letters, redrive

pytestmark = pytest.mark.timeout(60)

LAST = len(broker.RETRY_DELAYS_S) + 1


@pytest.fixture
async def given_up(bus, enrolled, run, wait_until, message_of) -> list[str]:
    """Ids of three events that failed for good."""
    bus.failing = {1, 2, 3}
    ids = [str(uuid7()) for _ in range(3)]
    await bus.send(*(message_of(enrolled(n + 1), event_id=ids[n], attempt=LAST) for n in range(3)))
    async with run(bus.make_consumer()):

        async def buried() -> bool:
            return await bus.depth(dead_letters(bus.queue)) == 3

        await wait_until(buried)
    bus.failing = set()
    return ids


async def test_they_are_listed_with_the_reason_and_stay(bus, given_up) -> None:
    for _ in range(2):
        letters = await list_dead_letters(bus.url, bus.topology)
        assert [letter.event_id for letter in letters] == given_up
    assert (letters[0].subject, letters[0].error) == ("enrollment/1", "ValueError: this one fails")
    assert given_up[0] in str(letters[0])


async def test_redriven_they_have_their_effect_once(bus, given_up, run, wait_until) -> None:
    assert await redrive(bus.url, bus.topology, given_up[1]) == 1
    assert await redrive(bus.url, bus.topology) == 2
    assert await redrive(bus.url, bus.topology) == 0
    async with run(bus.make_consumer()):

        async def arrived() -> bool:
            return len(await bus.effects()) == 3

        await wait_until(arrived)
    assert sorted(await bus.effects()) == [(1, 1), (2, 1), (3, 1)]


async def test_one_that_is_dropped_is_gone_and_the_others_stay(bus, given_up) -> None:
    assert await drop(bus.url, bus.topology, given_up[0]) == 1
    assert await drop(bus.url, bus.topology, "none such") == 0
    assert [letter.event_id for letter in await list_dead_letters(bus.url, bus.topology)] == given_up[1:]


async def test_what_could_not_be_read_is_listed_too(bus, run, wait_until) -> None:
    await bus.send(aio_pika.Message(b"no event", message_id="odd"))
    async with run(bus.make_consumer()):

        async def buried() -> bool:
            return await bus.depth(dead_letters(bus.queue)) == 1

        await wait_until(buried)
    (letter,) = await list_dead_letters(bus.url, bus.topology)
    assert letter.event_id == "odd"
    assert letter.error.startswith("Unreadable")
