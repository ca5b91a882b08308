"""Two listeners in one process: the public one behind the front, the private one for probes and other services.

Both use one app, one event loop and one worker; the private paths exist on the private address only.
"""

import asyncio
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
import uvloop
from fastapi import FastAPI
from starlette.types import ASGIApp

from gateway.front import Front
from gateway.main import create
from gateway.push.hub import PING_EVERY_S
from gateway.settings import Settings
from shared import tracing
from shared.entry import begin_draining, server_config, settle

LARGEST_SAID = 16 * 1024
"""Bytes of what a client may say over a socket."""


class CannotListen(Exception):
    """An address is taken, or is none of this machine's."""


class Listener(uvicorn.Server):
    """A server that leaves signals, and the end of the process, to whoever runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except (OSError, SystemExit) as error:
            raise CannotListen from error


def serve(settings: Settings) -> None:
    """Serve both addresses until SIGTERM or SIGINT. Ends the process with 1 when it cannot."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(_until_signalled(settings))
        except CannotListen:
            sys.exit(f"The gateway cannot listen at {settings.listen} and {settings.internal_listen}.")


async def _until_signalled(settings: Settings) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await run(create(settings), settings, stop)


async def run(app: FastAPI, settings: Settings, stop: asyncio.Event) -> None:
    """Serve both addresses until `stop` is set, or one of them ends. Raises CannotListen."""
    public = public_listener(app, settings.listen)
    private = _listener(app, settings.internal_listen)
    async with app.router.lifespan_context(app):
        settle()
        serving = [asyncio.create_task(listener.serve()) for listener in (public, private)]
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait([*serving, stopped], return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if settings.drain_s and stop.is_set():
            begin_draining(app, public.config, private.config)
            await asyncio.wait(serving, timeout=settings.drain_s, return_when=asyncio.FIRST_COMPLETED)
        await app.state.push.hub.stop()
        public.should_exit = private.should_exit = True
        ended = await asyncio.gather(*serving, return_exceptions=True)
    for failure in ended:
        if isinstance(failure, BaseException):
            raise failure
    tracing.close()


def public_listener(app: FastAPI, listen: str) -> Listener:
    """The server at the public address."""
    public = _listener(Front(app), listen)
    config = public.config
    # Clients and caches on the way reckon with it (RFC 9110, 6.6.1); between the services it would be a waste.
    config.date_header = True
    config.ws = "websockets-sansio"
    config.ws_max_size = LARGEST_SAID
    config.ws_ping_interval = config.ws_ping_timeout = PING_EVERY_S
    # Messages are short, and a compressor takes more memory than all else of a socket.
    config.ws_per_message_deflate = False
    return public


def _listener(app: ASGIApp, listen: str) -> Listener:
    return Listener(server_config(app, listen, lifespan="off"))
