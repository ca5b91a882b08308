"""The command line of a service.

python -m catalog api | worker | migrate                the roles it runs in
python -m catalog migration MESSAGE                     for developers
python -m catalog dead-letters | replay | forget | reconcile | rebuild …      for operators
"""

import argparse
import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from types import FrameType
from typing import Literal

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from shared import dead_letters, migrations, reconcile, replay, tracing
from shared.app import probes
from shared.auth import Signer
from shared.broker import Publisher, Topology, prepare_topology
from shared.database import Database
from shared.errors import ServiceUnavailable
from shared.inbox import Handlers
from shared.outbox import maintain_partitions
from shared.peers import Peers
from shared.reconcile import Reconciliation
from shared.settings import ServiceSettings
from shared.telemetry import configure_logging
from shared.worker import Schedule, run_worker

STOP_LIMIT_S = 8
NO_COPIES = Reconciliation()


def main(
    settings: ServiceSettings,
    make_app: Callable[[], FastAPI],
    handlers: Handlers,
    schedules: Sequence[Schedule] = (),
    argv: Sequence[str] | None = None,
    reconciliation: Reconciliation = NO_COPIES,
) -> None:
    """Run one role of a service, as the command line says."""
    parser = argparse.ArgumentParser(prog=f"python -m {settings.SERVICE}", description=__doc__)
    roles = parser.add_subparsers(dest="role", required=True)
    roles.add_parser("api", help="serve HTTP (and run the worker, unless SYLLABUS_RUN_WORKER=false)")
    roles.add_parser("worker", help="relay events, consume events, run schedules")
    roles.add_parser("migrate", help="bring schema and queues up to date")
    roles.add_parser("migration", help="write a new migration").add_argument("message")
    letters = roles.add_parser("dead-letters", help="events that were given up: list, redrive or drop them")
    letters.add_argument("what", choices=("list", "redrive", "drop"))
    letters.add_argument("--id", help="of one event")
    again = roles.add_parser("replay", help="send a stretch of this service's log to one queue again")
    again.add_argument("--queue", required=True, help="of any service, such as certificate.enrollment-enrollment")
    again.add_argument("--type", action="append", default=[], help="of events; all without")
    again.add_argument("--since", type=datetime.fromisoformat, default=datetime(2000, 1, 1, tzinfo=UTC))
    lapse = roles.add_parser("forget", help="let a queue of this service handle everything once more")
    lapse.add_argument("--queue", required=True)
    hold = roles.add_parser("reconcile", help="hold every copy against its owner, and counters against a recount")
    hold.add_argument("--repair", action="store_true", help="take anew from the owner what differs")
    anew = roles.add_parser("rebuild", help="take a copy anew from its owner, whole, while the service serves")
    anew.add_argument("copy", choices=[copy.name for copy in reconciliation.copies])
    arguments = parser.parse_args(argv)
    if arguments.role == "api":
        serve(make_app(), settings.listen, drain_s=settings.drain_s)
    elif arguments.role == "worker":
        configure_logging(settings.SERVICE, form=settings.log_format, level=settings.log_level)
        asyncio.run(_work(settings, handlers, schedules))
    elif arguments.role == "migrate":
        configure_logging(settings.SERVICE, form=settings.log_format, level=settings.log_level)
        migrations.migrate(settings.SERVICE, settings.database_url)
        asyncio.run(_prepare(settings, handlers))
    elif arguments.role in ("dead-letters", "replay", "forget"):
        sys.stdout.write(asyncio.run(_operate(settings, handlers, arguments)) + "\n")
    elif arguments.role in ("reconcile", "rebuild"):
        configure_logging(settings.SERVICE, form=settings.log_format, level="warning")
        try:
            report = asyncio.run(_compare(settings, reconciliation, arguments))
        except ServiceUnavailable:
            sys.exit(f"{settings.SERVICE}: an owner does not answer; what was repaired until then is, do it again")
        sys.stdout.write(f"{settings.SERVICE}: {report}\n")
        sys.exit(1 if report.left else 0)
    else:
        migrations.make_migration(settings.SERVICE, settings.database_url, arguments.message)


def serve(app: FastAPI, listen: str, *, drain_s: float = 0) -> None:
    """Serve at `host:port` or `unix:/path` until `drain_s` seconds after SIGTERM or SIGINT."""
    Draining(server_config(app, listen), app, drain_s).run()
    tracing.close()


def settle() -> None:
    """To be called when everything is loaded. What is there now stays, so garbage is no longer looked for among it.

    Else looking would stop the process for tens of milliseconds now and then.
    """
    gc.collect()
    gc.freeze()


def begin_draining(app: FastAPI, *configs: uvicorn.Config) -> None:
    """No longer say that one is ready, and let go of kept connections with the next answer on each."""
    app.state.draining = True
    for config in configs:  # the server takes these up within a second
        config.encoded_headers.append((b"connection", b"close"))


class Draining(uvicorn.Server):
    """A server that goes on for a while after it was asked to stop. A second signal stops it at once."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, drain_s: float) -> None:
        super().__init__(config)
        self._service = app
        self._drain_s = drain_s
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        settle()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not self._drain_s or self._loop is None or getattr(self._service.state, "draining", False):
            super().handle_exit(sig, frame)
            return
        begin_draining(self._service, self.config)
        stop = partial(super().handle_exit, sig, frame)
        self._loop.call_soon_threadsafe(self._loop.call_later, self._drain_s, stop)


class Probes(uvicorn.Server):
    """A worker's probes: signals are the worker's own to handle."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def server_config(app: ASGIApp, listen: str, *, lifespan: Literal["auto", "off"] = "auto") -> uvicorn.Config:
    """How every server of ours is run. `lifespan="off"` where somebody else runs the app's."""
    place: dict[str, str | int] = {}
    if listen.startswith("unix:"):
        place["uds"] = listen.removeprefix("unix:")
    else:
        host, _, port = listen.rpartition(":")
        place.update(host=host, port=int(port))
    return uvicorn.Config(
        app,
        **place,  # type: ignore[arg-type]
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        # Services are asked by the gateway and each other only, who name the client in a header of ours.
        proxy_headers=False,
        lifespan=lifespan,
        loop="uvloop",
        http="httptools",
        timeout_keep_alive=75,
        timeout_graceful_shutdown=STOP_LIMIT_S,
    )


async def _work(settings: ServiceSettings, handlers: Handlers, schedules: Sequence[Schedule]) -> None:
    database = Database(settings.database_url, pool_size=settings.database_pool_size, name=settings.SERVICE)
    tracing.configure(settings)
    task = asyncio.create_task(run_worker(settings, database, handlers, schedules))
    answering = None
    if settings.worker_listen:
        server = Probes(server_config(probes(database), settings.worker_listen, lifespan="off"))
        answering = asyncio.create_task(server.serve())
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        pass
    finally:
        if answering is not None:
            server.should_exit = True
            await answering
        await database.close()
        tracing.close()


async def _operate(settings: ServiceSettings, handlers: Handlers, arguments: argparse.Namespace) -> str:
    """What an operator asked for; returns what to tell them."""
    if arguments.role == "dead-letters":
        return await _dead_letters(settings, handlers, arguments.what, arguments.id)
    database = Database(settings.database_url, pool_size=1, name=settings.SERVICE)
    publisher = Publisher(settings.amqp_url, f"{settings.SERVICE}-replay")
    try:
        if arguments.role == "forget":
            return f"{await replay.forget(database, arguments.queue)} forgotten"
        sent = await replay.replay(
            database,
            publisher,
            source=settings.SERVICE,
            queue=f"{settings.bus_prefix}{arguments.queue}",
            types=arguments.type,
            since=arguments.since,
        )
        return f"{sent} sent"
    finally:
        await publisher.close()
        await database.close()


async def _compare(
    settings: ServiceSettings, reconciliation: Reconciliation, arguments: argparse.Namespace
) -> reconcile.Report:
    database = Database(settings.database_url, pool_size=2, name=settings.SERVICE)
    signer = None
    if settings.identity_key_file:
        signer = Signer(settings.SERVICE, settings.identity_key_file, settings.identity_key_id)
    owners = Peers(settings, signer)
    try:
        if arguments.role == "rebuild":
            return await reconcile.rebuild(reconciliation, arguments.copy, database, owners)
        return await reconcile.reconcile(reconciliation, database, owners, repair=arguments.repair)
    finally:
        await owners.close()
        await database.close()


async def _dead_letters(settings: ServiceSettings, handlers: Handlers, what: str, event_id: str | None) -> str:
    topology = Topology(settings.SERVICE, tuple(handlers), settings.bus_prefix)
    if what == "redrive":
        return f"{await dead_letters.redrive(settings.amqp_url, topology, event_id)} redriven"
    if what == "drop":
        return f"{await dead_letters.drop(settings.amqp_url, topology, event_id or '')} dropped"
    letters = await dead_letters.list_dead_letters(settings.amqp_url, topology)
    return "\n".join(map(str, letters)) or "none"


async def _prepare(settings: ServiceSettings, handlers: Handlers) -> None:
    database = Database(settings.database_url, pool_size=1, name=settings.SERVICE)
    async with database.transaction() as session:
        await maintain_partitions(session)
    await database.close()
    await prepare_topology(settings.amqp_url, Topology(settings.SERVICE, tuple(handlers), settings.bus_prefix))
