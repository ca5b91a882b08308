"""Many messages in one write: all confirmed or none taken for it, whole and in order."""

import aio_pika
import pytest

from shared.broker import BrokerAway, Publisher, dead_letters

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
async def publisher(amqp_url: str):
    made = Publisher(amqp_url, "test-publishing")
    yield made
    await made.close()


@pytest.fixture
def queue(bus) -> str:
    """One of the queues that can be taken from one by one."""
    return dead_letters(bus.queue)


async def test_large_and_empty_bodies_arrive_whole_and_in_order(bus, publisher, queue) -> None:
    bodies = [b"a" * 300_000, b"", b"b" * 131_072, *(str(number).encode() for number in range(300))]
    await publisher.publish((aio_pika.Message(body), queue) for body in bodies)
    assert [(await bus.take(queue)).body for _ in bodies[:6]] == bodies[:6]
    assert await bus.depth(queue) == len(bodies) - 6


async def test_nothing_at_all_is_nothing(publisher) -> None:
    await publisher.publish([])


async def test_one_that_no_queue_takes_is_told(publisher, queue) -> None:
    messages = [(aio_pika.Message(b"1"), queue), (aio_pika.Message(b"2", message_id="2"), "no-such-queue")]
    with pytest.raises(BrokerAway):
        await publisher.publish(messages)
    await publisher.publish(messages[:1])


async def test_one_that_cannot_be_sent_costs_the_next_nothing(bus, publisher, queue) -> None:
    await publisher.publish([(aio_pika.Message(b"1"), queue)])
    with pytest.raises(TypeError, match="255"):
        await publisher.publish([(aio_pika.Message(b"2"), queue), (aio_pika.Message(b"3"), "a" * 300)])
    for body in (b"4", b"5"):
        await publisher.publish([(aio_pika.Message(body), queue)])
    assert [(await bus.take(queue)).body for _ in range(3)] == [b"1", b"4", b"5"]
