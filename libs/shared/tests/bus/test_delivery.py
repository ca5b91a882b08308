"""From the outbox over a real broker to an effect, exactly once, whatever is repeated, broken or unknown."""

import asyncio

import aio_pika
import pytest
from sqlalchemy import text
from uuid_utils import uuid7

from shared import broker, outbox, telemetry
from shared.broker import dead_letters, retry_queue

pytestmark = pytest.mark.timeout(60)


def new_id() -> str:
    return str(uuid7())


class TestTheWay:
    async def test_what_is_committed_has_its_effect_once_and_in_order(self, bus, enrolled, run, wait_until) -> None:
        async with run(bus.make_relay(), bus.make_consumer()):
            for version in range(1, 251):
                async with bus.database.transaction() as session:
                    await outbox.record(session, enrolled(version % 5, version))

            async def arrived() -> bool:
                return len(await bus.effects()) == 250

            await wait_until(arrived)
            assert await bus.effects() == [(version % 5, version) for version in range(1, 251)]
            assert await bus.unpublished() == 0

    async def test_positions_in_the_log_follow_the_order_of_recording(self, bus, enrolled, run, wait_until) -> None:
        async with bus.database.transaction() as session:
            await outbox.record(session, *(enrolled(5, version) for version in range(1, 300)))
        async with run(bus.make_relay()):

            async def published() -> bool:
                return await bus.unpublished() == 0

            await wait_until(published)
        async with bus.database.reading() as session:
            versions = (await session.execute(text("SELECT version FROM outbox ORDER BY position"))).scalars().all()
        assert versions == list(range(1, 300))

    async def test_the_message_has_the_cloudevents_attributes(self, bus, enrolled, run) -> None:
        async with bus.database.transaction() as session:
            await outbox.record(session, enrolled(5, 3))
        async with bus.channel() as channel:
            listening = await channel.declare_queue(exclusive=True)
            await listening.bind(bus.topology.exchange, "enrollment.#")
            async with run(bus.make_relay()), listening.iterator(timeout=20, no_ack=True) as messages:
                message = await anext(messages)
        assert message.type == "enrollment.enrollment.created.v1" == message.headers["cloudEvents_type"]
        assert message.message_id == message.headers["cloudEvents_id"]
        assert message.headers["cloudEvents_subject"] == "enrollment/5"
        assert message.headers["cloudEvents_sequence"] == "3"
        assert message.headers["cloudEvents_source"] == "/enrollment"
        assert message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT

    async def test_the_request_id_follows_an_event_to_its_effect(self, bus, enrolled, run, wait_until) -> None:
        telemetry.begin("request-1")
        async with bus.database.transaction() as session:
            await outbox.record(session, enrolled(5))
            event_id = await session.scalar(text("SELECT event_id::text FROM outbox"))
        telemetry.begin("another request")
        async with run(bus.make_relay(), bus.make_consumer()):

            async def arrived() -> bool:
                return bool(await bus.effects())

            await wait_until(arrived)
        assert bus.traces == [("request-1", event_id)]

    async def test_an_event_nobody_wants_does_not_hold_up_the_relay(self, bus, enrolled, run, wait_until) -> None:
        async with bus.channel() as channel:
            queue = await channel.get_queue(bus.queue, ensure=False)
            await queue.unbind(bus.topology.exchange, "enrollment.enrollment.#")
        async with bus.database.transaction() as session:
            await outbox.record(session, enrolled(5))
        async with run(bus.make_relay()):
            left_over = await bus.take(f"{bus.topology.prefix}syllabus.unrouted")

            async def marked() -> bool:
                return await bus.unpublished() == 0

            await wait_until(marked)
        assert left_over.type == "enrollment.enrollment.created.v1"

    async def test_a_second_relay_takes_over_when_the_first_ends(self, bus, enrolled, run, wait_until) -> None:
        async def published() -> bool:
            return await bus.unpublished() == 0

        first = asyncio.create_task(bus.make_relay().run())
        async with run(bus.make_relay()):
            async with bus.database.transaction() as session:
                await outbox.record(session, enrolled(1))
            await wait_until(published)
            first.cancel()
            async with bus.database.transaction() as session:
                await outbox.record(session, enrolled(2))
            await wait_until(published)
        with pytest.raises(asyncio.CancelledError):
            await first


class TestExactlyOnce:
    async def test_a_repeat_has_no_effect(self, bus, enrolled, run, wait_until, message_of) -> None:
        twice, once = message_of(enrolled(1), event_id=new_id()), message_of(enrolled(2), event_id=new_id())
        await bus.send(twice, twice)
        async with run(bus.make_consumer()):

            async def first_arrived() -> bool:
                return bool(await bus.effects())

            await wait_until(first_arrived)
            await bus.send(twice, once)

            async def last_arrived() -> bool:
                return (2, 1) in await bus.effects()

            await wait_until(last_arrived)
        assert await bus.effects() == [(1, 1), (2, 1)]

    async def test_a_consumer_that_ends_before_acknowledging_is_repeated_without_effect(
        self, bus, enrolled, run, wait_until, message_of
    ) -> None:
        await bus.send(*(message_of(enrolled(number), event_id=new_id()) for number in range(30)))

        async def all_arrived() -> bool:
            return len(await bus.effects()) == 30

        async def queue_empty() -> bool:
            return await bus.depth(bus.queue) == 0

        consumer = bus.make_consumer()
        carry_out, carried_out = consumer._carry_out, asyncio.Event()

        async def carry_out_and_hang(queue, deliveries) -> None:
            await carry_out(queue, deliveries)
            carried_out.set()
            await asyncio.Event().wait()

        consumer._carry_out = carry_out_and_hang
        async with run(consumer):
            await carried_out.wait()
        assert await bus.depth(bus.queue) > 0 or await bus.effects()
        async with run(bus.make_consumer()):
            await wait_until(all_arrived)
            await wait_until(queue_empty)
        assert sorted(await bus.effects()) == [(number, 1) for number in range(30)]


class TestFailures:
    async def test_one_that_fails_waits_for_another_attempt_and_holds_up_no_other(
        self, bus, enrolled, run, wait_until, message_of
    ) -> None:
        bus.failing = {3}
        await bus.send(*(message_of(enrolled(number), event_id=new_id()) for number in range(6)))
        async with run(bus.make_consumer()):

            async def others_arrived() -> bool:
                return len(await bus.effects()) == 5

            await wait_until(others_arrived)
            waiting = await bus.take(retry_queue(bus.queue, broker.RETRY_DELAYS_S[0]))
        assert waiting.headers["syllabus_attempt"] == 2
        assert waiting.headers["cloudEvents_partitionkey"] == "3"
        assert (3, 1) not in await bus.effects()

    async def test_rows_that_others_hold_are_waited_for_and_count_as_no_attempt(
        self, bus, enrolled, run, wait_until, monkeypatch
    ) -> None:
        tried = 0

        async def take_what_is_held(session, event) -> None:
            nonlocal tried
            tried += 1
            await session.execute(text("SET LOCAL lock_timeout = '10ms'"))
            await bus.on_enrollment(session, event)
            await session.execute(text("LOCK TABLE effects IN EXCLUSIVE MODE"))

        monkeypatch.setattr("shared.inbox.LONGEST_BACKOFF_S", 0.01)
        consumer = bus.make_consumer()
        consumer._handlers = {kind: (event, take_what_is_held) for kind, (event, _) in consumer._handlers.items()}
        async with bus.database.transaction() as session:
            await outbox.record(session, enrolled(1))
        async with bus.database.transaction() as holding:
            await holding.execute(text("LOCK TABLE effects IN ROW EXCLUSIVE MODE"))
            async with run(bus.make_relay(), consumer):

                async def tried_often() -> bool:
                    return tried > 10

                await wait_until(tried_often)
                await holding.rollback()

                async def arrived() -> bool:
                    return bool(await bus.effects())

                await wait_until(arrived)
        assert await bus.effects() == [(1, 1)]
        assert await bus.depth(dead_letters(bus.queue)) == 0

    async def test_after_its_wait_it_comes_back(self, bus, enrolled, run, wait_until, message_of) -> None:
        bus.failing = {3}
        await bus.send(message_of(enrolled(3), event_id=new_id()))
        async with run(bus.make_consumer()):

            async def put_off() -> bool:
                return await bus.depth(retry_queue(bus.queue, broker.RETRY_DELAYS_S[0])) == 1

            await wait_until(put_off)
            bus.failing = set()

            async def arrived() -> bool:
                return await bus.effects() == [(3, 1)]

            await wait_until(arrived)

    async def test_after_the_last_attempt_it_is_a_dead_letter_with_the_reason(
        self, bus, enrolled, run, message_of
    ) -> None:
        bus.failing = {3}
        last = len(broker.RETRY_DELAYS_S) + 1
        await bus.send(message_of(enrolled(3), event_id=new_id(), attempt=last))
        async with run(bus.make_consumer()):
            dead = await bus.take(dead_letters(bus.queue))
        assert dead.headers["syllabus_error"] == "ValueError: this one fails"
        assert dead.headers["cloudEvents_partitionkey"] == "3"
        assert await bus.effects() == []

    @pytest.mark.parametrize(
        "broken",
        [
            aio_pika.Message(b"no event at all"),
            aio_pika.Message(b"{}", headers={"cloudEvents_id": "1"}),
        ],
    )
    async def test_what_cannot_be_read_is_a_dead_letter_at_once(
        self, bus, enrolled, run, wait_until, message_of, broken
    ) -> None:
        good = message_of(enrolled(1), event_id=new_id())
        torn = message_of(enrolled(2), event_id=new_id())
        torn.body = torn.body[:-20]
        await bus.send(broken, torn, good)
        async with run(bus.make_consumer()):

            async def good_arrived() -> bool:
                return await bus.effects() == [(1, 1)]

            await wait_until(good_arrived)
            errors = [(await bus.take(dead_letters(bus.queue))).headers["syllabus_error"] for _ in range(2)]
        assert all(error.startswith("Unreadable") for error in errors)

    async def test_an_unknown_fact_of_a_known_aggregate_is_dropped(
        self, bus, enrolled, run, wait_until, message_of
    ) -> None:
        unknown = message_of(enrolled(1), event_id=new_id(), event_type="enrollment.enrollment.celebrated.v7")
        probe = aio_pika.Message(b"", type=broker.PROBE)
        await bus.send(unknown, probe, message_of(enrolled(2), event_id=new_id()))
        async with run(bus.make_consumer()):

            async def arrived() -> bool:
                return await bus.effects() == [(2, 1)]

            await wait_until(arrived)
        assert await bus.depth(dead_letters(bus.queue)) == 0

    async def test_a_deleted_queue_is_made_again(self, bus, enrolled, run, wait_until) -> None:
        async with run(bus.make_relay(), bus.make_consumer()):
            async with bus.database.transaction() as session:
                await outbox.record(session, enrolled(1))

            async def first_arrived() -> bool:
                return (1, 1) in await bus.effects()

            await wait_until(first_arrived)
            async with bus.channel() as channel:
                await channel.queue_delete(bus.queue)

            await wait_until(bus.is_consumed)
            async with bus.database.transaction() as session:
                await outbox.record(session, enrolled(2))

            async def second_arrived() -> bool:
                return (2, 1) in await bus.effects()

            await wait_until(second_arrived)
