"""Keeps several children running and their log lines apart; ends all of them when asked to, or when one never starts.

Children stand in layers: all start together, and the layers stop one after the other, the last one first.
"""

import asyncio
import contextlib
import logging
import logging.handlers
import os
import signal
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Protocol

from shared.runtime.process import Identity, StartFailed, end_with_parent
from shared.runtime.server import Server

_LOG_BYTES = 5_000_000
_COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)

Say = Callable[[str, str], None]
"""Shows one line of somebody: name, text."""


class Child(Protocol):
    """Something that runs, may end by itself, and can be started again."""

    name: str

    async def start(self) -> None:
        """Start it and return when it is ready. Raises StartFailed, leaving nothing running."""

    async def ended(self) -> str:
        """Wait for its end; the answer tells people how it ended."""

    async def stop(self) -> None:
        """End it cleanly, or hard after a limit. Fine when it does not run."""


@dataclass
class Program:
    """A command as a child. Its output goes to `log`, and line by line to `say`."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    log: Path
    record: Path
    """Gets pid and start time; what a killed supervisor left running there is ended before the next start."""
    unready: Callable[[], str]
    """Blocks 2 s at most. Empty when the program serves, else what is still missing."""
    say: Say
    ready_within: float = 60.0
    stop_within: float = 10.0
    _process: asyncio.subprocess.Process | None = None
    _reader: "asyncio.Task[None] | None" = None
    _last: "deque[str]" = field(default_factory=lambda: deque(maxlen=15))

    async def start(self) -> None:
        if leftover := Identity.read(self.record):
            await asyncio.to_thread(leftover.end)
        self._last.clear()
        process = self._process = await asyncio.create_subprocess_exec(
            *self.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=self.directory,
            env=dict(self.environment),
            process_group=0,
            preexec_fn=end_with_parent(signal.SIGTERM),
        )
        if identity := Identity.of(process.pid):
            identity.write(self.record)
        if process.stdout:
            self._reader = asyncio.create_task(self._read(process.stdout))
        await self._until_ready(process)

    async def ended(self) -> str:
        if self._process is None:
            return "it was not started"
        code = await _end_of(self._process)
        return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"

    async def stop(self) -> None:
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            process.terminate()
            process.send_signal(signal.SIGCONT)
            try:
                await asyncio.wait_for(_end_of(process), self.stop_within)
            except TimeoutError:
                self.say(self.name, f"did not stop within {self.stop_within:.0f} s: killed")
                process.kill()
        await _end_of(process)
        if self._reader:
            await asyncio.wait([self._reader], timeout=1.0)

    async def _until_ready(self, process: asyncio.subprocess.Process) -> None:
        deadline = asyncio.get_running_loop().time() + self.ready_within
        while missing := await asyncio.to_thread(self.unready):
            if process.returncode is not None:
                raise await self._failed(f"ended at start ({await self.ended()})")
            if asyncio.get_running_loop().time() > deadline:
                await self.stop()
                raise await self._failed(f"not ready after {self.ready_within:.0f} s: {missing}")
            await asyncio.sleep(0.05)

    async def _failed(self, why: str) -> StartFailed:
        if self._reader:
            await asyncio.wait([self._reader], timeout=1.0)  # the last lines may still be on their way
        return StartFailed("\n".join([f"{self.name}: {why}; its last lines:", *(f"    {line}" for line in self._last)]))

    async def _read(self, output: asyncio.StreamReader) -> None:
        file = logging.handlers.RotatingFileHandler(self.log, maxBytes=_LOG_BYTES, backupCount=1, errors="replace")
        try:
            while line := await _next_line(output):
                text = line.decode(errors="replace").rstrip()
                self._last.append(text)
                self.say(self.name, text)
                file.emit(logging.makeLogRecord({"msg": text}))
        finally:
            file.close()


@dataclass
class ServerChild:
    """A PostgreSQL or RabbitMQ server as a child; it keeps its own logs."""

    name: str
    server: Server

    async def start(self) -> None:
        if not self.server.alive():
            await asyncio.to_thread(self.server.start_again)

    async def ended(self) -> str:
        while self.server.alive():  # noqa: ASYNC110 - a process has no event to wait for
            await asyncio.sleep(0.25)
        return "the server's process is gone"

    async def stop(self) -> None:
        await asyncio.to_thread(self.server.stop)


@dataclass
class Supervisor:
    """Runs `layers` of children until SIGINT or SIGTERM."""

    layers: Sequence[Sequence[Child]]
    say: Say
    first_delay: float = 0.5
    """Seconds before a dead child is started again; doubled each time it dies within a minute, up to 30."""

    async def run(self, when_ready: Callable[[], Awaitable[None]]) -> int:
        """Start all, await `when_ready` on the side, keep all alive, stop all. Returns an exit code."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, stop.set)
        work = asyncio.create_task(self._work(when_ready))
        waiting = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([work, waiting], return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                return 0
            self.say("up", f"stopping, because of {work.exception()}")  # it never ends without one
            return 1
        finally:
            work.cancel()
            waiting.cancel()
            await asyncio.wait([work])
            await self._stop()
            for name in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(name)

    async def _work(self, when_ready: Callable[[], Awaitable[None]]) -> None:
        children = list(chain.from_iterable(self.layers))
        await asyncio.gather(*(child.start() for child in children))
        await asyncio.gather(when_ready(), *(self._keep(child) for child in children))

    async def _keep(self, child: Child) -> None:
        clock = asyncio.get_running_loop().time
        delay, since = self.first_delay, clock()
        while True:
            how = await child.ended()
            delay = self.first_delay if clock() - since > 60 else delay
            self.say(child.name, f"ended by itself ({how}); starting it again in {delay:g} s")
            await asyncio.sleep(delay)
            delay, since = min(2 * delay, 30.0), clock()
            try:
                await child.start()
                self.say(child.name, "runs again")
            except StartFailed as error:
                self.say(child.name, str(error))

    async def _stop(self) -> None:
        for layer in reversed(self.layers):
            for result in await asyncio.gather(*(child.stop() for child in layer), return_exceptions=True):
                if isinstance(result, BaseException):
                    self.say("up", f"while stopping: {result}")


class Screen:
    """Shows the lines of several children on the terminal, each with its name before it; in colour on a terminal."""

    def __init__(self, names: Sequence[str]) -> None:
        self._width = max(map(len, names))
        self._colour = dict(zip(names, _COLOURS, strict=False)) if _wants_colour() else {}

    def __call__(self, name: str, text: str) -> None:
        head = f"{name:{self._width}} |"
        if colour := self._colour.get(name):
            head = f"\033[{colour}m{head}\033[0m"
        # Whoever read this may be gone (`./dev up | head`); that is no reason to end the system.
        with contextlib.suppress(OSError):
            print("\n".join(f"{head} {line}" for line in text.split("\n")), flush=True)


def _wants_colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


async def _end_of(process: asyncio.subprocess.Process) -> int:
    """The exit code of `process`, once it has ended; what is left of its group is killed."""
    while process.returncode is None:  # noqa: ASYNC110 - its wait() also waits for whoever else holds its output open
        await asyncio.sleep(0.03)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.returncode


async def _next_line(output: asyncio.StreamReader) -> bytes:
    """The next line, empty at the end; a line longer than the reader's buffer is named, not shown."""
    try:
        return await output.readline()
    except ValueError:
        return b"(a line too long to show)\n"
