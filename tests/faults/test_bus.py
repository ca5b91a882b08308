"""The bus delivers late, twice, in the wrong order, or what nobody can read; and the broker takes nothing more."""

import asyncio
import json
import random
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import aio_pika
import pytest
from tests.faults.accounting import queues_of, wanted
from tests.faults.plant import Plant, wait_for
from uuid_utils import uuid7

from shared.broker import Envelope, Publisher, dead_letters
from shared.runtime.roles import SERVICES

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900), pytest.mark.whole]

EXCHANGE = "syllabus.events"
UNPUBLISHED = "SELECT count(*) FROM enrollment.outbox WHERE published_at IS NULL"


def publish(plant: Plant, messages: Iterable[tuple[aio_pika.Message, str]], exchange: str = "") -> None:
    """As superuser of the broker, with confirms."""

    async def work() -> None:
        publisher = Publisher(plant.stack.broker.url, "faults")
        await publisher.publish(messages, exchange)
        await publisher.close()

    asyncio.run(work())


def told(plant: Plant, service: str, queue_key: str) -> list[Envelope]:
    """Every event that its owner has told and that a queue of a service gets."""
    owner = queue_key.split(".")[0]
    rows = plant.rows(
        "SELECT event_id::text, type, aggregate_id, version, recorded_at, data::text FROM"
        f" {owner}.outbox WHERE type LIKE %s AND type = ANY(%s) AND published_at IS NOT NULL ORDER BY id",
        f"{queue_key}%",
        wanted(service).get(owner, []),
    )
    return [
        Envelope(event_id, kind, owner, aggregate, version, time, data.encode())
        for event_id, kind, aggregate, version, time, data in rows
    ]


def states(plant: Plant) -> dict[str, str]:
    """A fingerprint of every table behind the gateway, but for those that note what was handled."""
    tables = plant.rows(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY(%s) AND tablename NOT LIKE 'inbox%%'"
        " ORDER BY 1, 2",
        ["catalog", "enrollment", "assessment", "certificate"],
    )
    fingerprint = "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {}.{} t"
    return {f"{schema}.{table}": plant.rows(fingerprint.format(schema, table))[0][0] for schema, table in tables}


class TestBroker:
    @pytest.mark.parametrize(
        ("alarm", "set_off", "clear"),
        [
            ("memory", ("set_vm_memory_high_watermark", "0"), ("set_vm_memory_high_watermark", "0.6")),
            ("disk", ("set_disk_free_limit", "100000GB"), ("set_disk_free_limit", "50MB")),
        ],
    )
    def test_takes_nothing_more(self, plant, suffer, alarm, set_off, clear) -> None:
        def refuse(traffic) -> None:
            traffic.reach(0.2)
            plant.stack.broker.ctl(*set_off)
            try:
                wait_for(lambda: plant.number(UNPUBLISHED) > 20)
                traffic.join()
            finally:
                plant.stack.broker.ctl(*clear)

        suffer(f"broker's {alarm} alarm until all learners are done", refuse)

    def test_frozen(self, plant, suffer) -> None:
        def freeze(traffic) -> None:
            traffic.reach(0.2)
            plant.stack.broker.freeze()
            try:
                wait_for(lambda: plant.number(UNPUBLISHED) > 20)
                traffic.join()
                log = plant.workers["enrollment"].log
                wait_for(lambda: "relay lost the broker" in log.read_text(errors="replace"))
            finally:
                plant.stack.broker.thaw()

        suffer("broker frozen until relays give it up", freeze)

    def test_lost_a_queue(self, plant, suffer) -> None:
        """Events meanwhile went by: the log fills the gap, and the inbox skips what was there."""

        def lose(traffic) -> None:
            traffic.reach(0.3)
            queue = "catalog.enrollment-enrollment"
            plant.workers["catalog"].stop()
            plant.stack.broker.ctl("delete_queue", queue)
            traffic.join()
            wait_for(lambda: plant.number(UNPUBLISHED) == 0)
            plant.start_worker("catalog")
            wait_for(lambda: queue in plant.stack.broker.ctl("-q", "list_queues", "name").splitlines())
            replay = [*plant.stack.command("enrollment", "replay"), "--queue", queue]
            subprocess.run(replay, env=plant.stack.environment("enrollment"), check=True, capture_output=True)

        suffer("a queue deleted with its events; replayed", lose)


class TestConsumer:
    def test_slow(self, plant, suffer) -> None:
        """A frozen consumer: its connection is given up by the broker, and its events come again."""

        def freeze(traffic) -> None:
            traffic.reach(0.2)
            plant.freeze_worker("certificate")
            try:
                traffic.join()
                wait_for(lambda: plant.depth("certificate.enrollment-enrollment") > 0)
            finally:
                plant.thaw_worker("certificate")

        suffer("consumer frozen until all learners are done", freeze)

    def test_poison(self, plant, suffer) -> None:
        """Neither unreadable events, nor one that fails for ever, hold up those behind them."""
        queue = "catalog.enrollment-enrollment"

        def poison(traffic) -> None:
            traffic.reach(0.2)
            good = told(plant, "catalog", "enrollment.enrollment.")[0]
            data = json.loads(good.data)
            # Another enrollment of the same learner in the same course cannot be.
            clash = json.dumps({**data, "enrollment_id": 10**9, "version": 10**6}).encode()
            bad = [
                Envelope(event_id(1), good.type, "enrollment", "1", 1, good.time, b"{not json"),
                Envelope(event_id(2), good.type, "enrollment", "1", 1, good.time, b'{"version": "many"}'),
                Envelope(event_id(3), good.type, "enrollment", "1", 1, good.time, clash, attempt=4),
            ]
            strange = aio_pika.Message(b"\xff\xfe", type="what is this")
            publish(plant, [(envelope.to_message(), queue) for envelope in bad] + [(strange, queue)])
            wait_for(lambda: plant.depth(dead_letters(queue)) == 4)

        suffer("poison: unreadable, foreign and failing events", poison, dead=4)
        letters = plant.stack.command("catalog", "dead-letters")
        environment = plant.stack.environment("catalog")
        listed = subprocess.run([*letters, "list"], env=environment, check=True, capture_output=True, text=True).stdout
        assert "UniqueViolation" in listed or "IntegrityError" in listed
        assert "Unreadable" in listed
        plant.stack.broker.ctl("purge_queue", dead_letters(queue))


def event_id(number: int) -> str:
    return f"00000000-0000-7000-8000-{number:012}"


class TestOrder:
    def test_everything_again_in_another_order(self, plant, suffer) -> None:
        """Every event ever told goes to every queue once more, in a wild order: no table changes."""
        chance = random.Random(9)

        before = states(plant)
        for service in SERVICES:
            for queue, key in queues_of(service).items():
                envelopes = told(plant, service, key)
                chance.shuffle(envelopes)
                publish(plant, [(envelope.to_message(), queue) for envelope in envelopes])
        wait_for(lambda: plant.has_empty_queues)
        assert states(plant) == before

        def while_they_work(traffic) -> None:
            traffic.reach(0.3)
            for service in SERVICES:
                for queue, key in queues_of(service).items():
                    publish(plant, [(envelope.to_message(), queue) for envelope in reversed(told(plant, service, key))])
            traffic.join()
            wait_for(lambda: plant.has_empty_queues)

        suffer("every event again to every queue, backwards", while_they_work)

    def test_everything_anew_by_clocks_that_are_wrong(self, plant, suffer) -> None:
        """The same without the inbox's help: new ids, backwards, and the owners' clocks a day off either way."""

        def anew(traffic) -> None:
            traffic.reach(0.3)
            day = timedelta(days=1)
            for service in ("catalog", "enrollment", "assessment", "certificate"):
                for queue, key in queues_of(service).items():
                    told_now: list[tuple[aio_pika.Message, str]] = []
                    for number, old in enumerate(reversed(told(plant, service, key))):
                        off = old.time + (day if number % 2 else -day)
                        new = Envelope(new_id(), old.type, old.source, old.aggregate_id, old.version, off, old.data)
                        told_now.append((new.to_message(), queue))
                    publish(plant, told_now)
            traffic.join()
            wait_for(lambda: plant.has_empty_queues)

        suffer("every event anew, backwards, clocks a day off", anew)


def new_id() -> str:
    return str(uuid7())


class TestTwoVersions:
    def test_events_of_the_next_release_and_of_the_last(self, plant, suffer) -> None:
        """Fields, facts and aggregates that nobody knows, a next major, and optional fields left out."""

        def mix(traffic) -> None:
            traffic.reach(0.3)
            now = datetime.now(UTC)
            messages: list[tuple[aio_pika.Message, str]] = []
            for queue, key in queues_of("certificate").items():
                for old in told(plant, "certificate", key)[-5:]:
                    data: dict[str, Any] = json.loads(old.data)
                    later = {**data, "mood": {"of": "the day"}, "tags": ["new"]}
                    earlier = {name: value for name, value in data.items() if name not in OPTIONAL}
                    for variant in (later, earlier):
                        new = Envelope(
                            new_id(), old.type, old.source, old.aggregate_id, old.version, now,
                            json.dumps(variant).encode(),
                        )  # fmt: skip
                        messages.append((new.to_message(), queue))
            publish(plant, messages)
            unknown = ("enrollment.enrollment.paused.v1", "enrollment.enrollment.created.v2", "catalog.shelf.moved.v1")
            foreign = [Envelope(new_id(), kind, kind.split(".")[0], "1", 1, now, b'{"version": 1}') for kind in unknown]
            publish(plant, [(envelope.to_message(), envelope.type) for envelope in foreign], EXCHANGE)

        suffer("events of the next release and of the last", mix)


OPTIONAL = {
    "subtitle",
    "thumbnail",
    "discount_price",
    "discount_ends",
    "published_date",
    "duration_minutes",
    "due_date",
}
