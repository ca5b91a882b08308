"""The worker of a service: relay, consumers and schedules.

Runs inside the API process by default, or as a process of its own; any number may run. A task that ends although
nobody asked it to ends the process, so that whatever supervises it starts it again: nothing dies in silence.
"""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import LiteralString

import structlog

from shared.broker import Publisher, Topology
from shared.database import Database
from shared.gauges import measure_queues
from shared.inbox import Consumer, Handlers, forget_old
from shared.outbox import maintain_partitions
from shared.relay import Relay
from shared.settings import ServiceSettings
from shared.stopping import stop_if_cancelled
from shared.telemetry import begin

log = structlog.get_logger()


@dataclass(frozen=True)
class Schedule:
    """Something done about every so often, in every worker process.

    `run` shares the work with the others by locking rows, or may be done twice. `only_if`, for what has seldom anything
    to do, is asked first: SQL that finds a row whenever there is something. One statement costs a tenth of a
    transaction that finds nothing.
    """

    every_s: float
    run: Callable[[Database], Awaitable[None]]
    only_if: LiteralString | None = None

    async def is_due(self, database: Database) -> bool:
        """Whether there may be something to do now."""
        return self.only_if is None or await database.read(self.only_if, {}) is not None


async def _keep_house(database: Database) -> None:
    async with database.transaction() as session:
        await maintain_partitions(session)
        await forget_old(session)


KEEP_HOUSE = Schedule(3600, _keep_house)


async def run_worker(
    settings: ServiceSettings, database: Database, handlers: Handlers, schedules: Sequence[Schedule] = ()
) -> None:
    """Run until cancelled."""
    topology = Topology(settings.SERVICE, tuple(handlers), settings.bus_prefix)
    publisher = Publisher(settings.amqp_url, f"{settings.SERVICE}-relay")
    retries = Publisher(settings.amqp_url, f"{settings.SERVICE}-retry")
    relay = Relay(database, publisher, service=settings.SERVICE, exchange=topology.exchange)
    consumer = Consumer(database, retries, url=settings.amqp_url, topology=topology, handlers=handlers)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(relay.run())
            group.create_task(consumer.run())
            group.create_task(measure_queues(settings.amqp_url, topology))
            for schedule in (KEEP_HOUSE, *schedules):
                group.create_task(_repeat(schedule, database))
    finally:
        await publisher.close()
        await retries.close()


@asynccontextmanager
async def worker_beside(
    settings: ServiceSettings, database: Database, handlers: Handlers, schedules: Sequence[Schedule]
) -> AsyncIterator[None]:
    """Run the worker beside what is inside the `async with`, and end the process if the worker ends."""
    task = asyncio.create_task(run_worker(settings, database, handlers, schedules))
    task.add_done_callback(_end_process_unless_cancelled)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _end_process_unless_cancelled(task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        log.critical("the worker ended; ending the process", exc_info=task.exception())
        os.kill(os.getpid(), signal.SIGTERM)


async def _repeat(schedule: Schedule, database: Database) -> None:
    while True:
        begin(None)
        try:
            if await schedule.is_due(database):
                await schedule.run(database)
        except Exception:
            stop_if_cancelled()
            log.exception("schedule failed; it runs again", schedule=repr(schedule.run))
        # They began together, and apart they hold up no request: ten that look every second would make a burst.
        await asyncio.sleep(schedule.every_s * random.uniform(0.8, 1.2))  # noqa: S311
