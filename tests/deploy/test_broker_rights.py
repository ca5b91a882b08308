"""On the broker a service may do what it needs, and nothing to the others."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from shared.broker import Publisher, Topology, connect, dead_letters
from shared.contracts.enrollment.events import EnrollmentCreated
from shared.runtime.rabbitmq import start_rabbitmq
from shared.runtime.roles import SERVICES

DEFINITIONS = Path(__file__).parents[2] / "deploy/rabbitmq/definitions.sh"
PASSWORD = "kept-quiet"
QUEUE = "catalog.enrollment-enrollment"


async def ignore(message: AbstractIncomingMessage) -> None:
    """Nothing is done about it."""


@pytest.fixture(scope="module")
def broker_url() -> Iterator[str]:
    """A broker of its own with the definitions of `deploy/rabbitmq`."""
    directory = Path(tempfile.mkdtemp(prefix="syllabus-test-"))
    directory.chmod(0o755)
    names = ["SYLLABUS_BROKER_PASSWORD", *(f"SYLLABUS_{service.upper()}_AMQP_PASSWORD" for service in SERVICES)]
    definitions = directory / "definitions.json"
    environment = {"PATH": os.environ["PATH"], **dict.fromkeys(names, PASSWORD)}
    printed = subprocess.run(["sh", DEFINITIONS], env=environment, check=True, capture_output=True, text=True).stdout
    definitions.write_text(json.dumps(json.loads(printed)))
    definitions.chmod(0o644)
    server = start_rabbitmq(directory / "node")
    server.ctl("import_definitions", str(definitions))
    yield server.url
    server.stop()
    shutil.rmtree(directory)


def as_service(url: str, service: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{service}:{PASSWORD}@{parts.netloc.rpartition('@')[2]}"))


@asynccontextmanager
async def channel_of(url: str, service: str) -> AsyncIterator[AbstractChannel]:
    connection = await connect(as_service(url, service), "test")
    async with connection:
        yield await connection.channel(on_return_raises=True)


async def test_a_service_declares_what_it_needs_publishes_and_consumes(broker_url: str) -> None:
    topology = Topology("catalog", (EnrollmentCreated,))
    async with await connect(as_service(broker_url, "catalog"), "test") as connection:
        await topology.declare(connection)
        channel = await connection.channel()
        await (await channel.get_queue(QUEUE, ensure=False)).consume(ignore)
    publisher = Publisher(as_service(broker_url, "enrollment"), "test")
    event = aio_pika.Message(b"{}", type=EnrollmentCreated.TYPE)
    await publisher.publish([(event, EnrollmentCreated.TYPE)], topology.exchange)
    await publisher.close()
    retries = Publisher(as_service(broker_url, "catalog"), "test")
    await retries.publish([(event, dead_letters(QUEUE))])
    await retries.close()


@pytest.mark.parametrize("key", [EnrollmentCreated.TYPE, "gateway.user.updated.v1"])
async def test_it_cannot_publish_the_events_of_another(broker_url: str, key: str) -> None:
    topology = Topology("catalog", (EnrollmentCreated,))
    async with await connect(as_service(broker_url, "catalog"), "test") as connection:
        await topology.declare(connection)
    async with channel_of(broker_url, "catalog") as channel:
        exchange = await channel.get_exchange(topology.exchange, ensure=False)
        with pytest.raises(aio_pika.exceptions.ChannelClosed, match="ACCESS_REFUSED"):
            await exchange.publish(aio_pika.Message(b"{}"), key)


async def test_it_cannot_read_or_delete_the_queues_of_another(broker_url: str) -> None:
    async with await connect(as_service(broker_url, "catalog"), "test") as connection:
        await Topology("catalog", (EnrollmentCreated,)).declare(connection)
    async with channel_of(broker_url, "enrollment") as channel:
        found = await channel.get_queue(QUEUE, ensure=False)
        with pytest.raises(aio_pika.exceptions.ChannelClosed, match="ACCESS_REFUSED"):
            await found.consume(ignore)
    async with channel_of(broker_url, "enrollment") as channel:
        with pytest.raises(aio_pika.exceptions.ChannelClosed, match="ACCESS_REFUSED"):
            await channel.queue_delete(QUEUE)
