"""What a PostgreSQL or RabbitMQ server can be asked to do, whoever runs it."""

import time
from pathlib import Path
from signal import SIGCONT, SIGSTOP, Signals

from shared.runtime.process import Process, StartFailed
from shared.runtime.state import Hold, free_port, is_free


class NotOurs(RuntimeError):
    """Somebody else runs this server; it can be used, not killed, frozen or restarted."""


class NoServer(RuntimeError):
    """No way to get a server on this machine; the message names every way that was tried."""


class Server:
    """A server that is running. This class itself stands for one given by address, which is left alone.

    `url` is the address with user and password; `source` says for people where the server came from.
    """

    ours = False
    """Whether this program runs it: then it can be killed, and nobody else uses it."""

    def __init__(self, url: str, source: str) -> None:
        self.url = url
        self.source = source

    def alive(self) -> bool:
        """Whether its process runs; says nothing about whether it answers."""
        return True

    def stop(self) -> None:
        """End it cleanly. Data stays. Fine to repeat; does nothing to a server that is not ours."""

    def kill(self) -> None:
        """End it as a power cut would: `kill -9`."""
        raise self._refusal()

    def freeze(self) -> None:
        """Hold it (SIGSTOP): connections stay open and nothing answers."""
        raise self._refusal()

    def thaw(self) -> None:
        """Undo `freeze`."""
        raise self._refusal()

    def start_again(self) -> None:
        """Start it after `stop`, `kill` or its own death, at the same address with the same data; ready on return."""
        raise self._refusal()

    def ctl(self, *arguments: str) -> str:
        """Run the server's own control command (RabbitMQ: `rabbitmqctl`) and return what it printed."""
        raise self._refusal()

    def _refusal(self) -> NotOurs:
        return NotOurs(f"{self.source}: this program did not start it")


class LocalServer(Server):
    """A server that this program runs as its child, with all its files in `directory`.

    A subclass gives `_spawn`, `_address` and `_probe`. The directory is held while the server runs, so that no two
    programs work on the same data; what a killed program left running there is ended first.
    """

    ours = True
    ports = 1  # how many ports in a row it needs
    stop_signal: Signals
    ready_within = 180.0  # seconds; recovery after a crash takes long on a busy machine

    def __init__(self, directory: Path, source: str) -> None:
        super().__init__("", source)
        self.directory = directory
        self.port = 0
        self._lock: Hold | None = None
        self._process: Process | None = None

    def start(self) -> None:
        """Start it on a free port; another one when that was taken meanwhile. Raises StartFailed, InUse."""
        for attempt in range(3):
            self.port = free_port(self.ports)
            self.url = self._address()
            try:
                self.start_again()
            except StartFailed:
                self.stop()
                if attempt == 2 or all(map(is_free, range(self.port, self.port + self.ports))):
                    raise
            else:
                return

    def start_again(self) -> None:
        if self.alive():
            return
        self.stop()
        self._lock = Hold(self.directory)
        self._process = self._spawn()
        self._wait_until_ready(self._process)

    def alive(self) -> bool:
        return self._process is not None and self._process.exit_code is None

    @property
    def process(self) -> Process:
        """The server's own process; StartFailed when it was not started."""
        if self._process is None:
            raise StartFailed(f"{self.source}: not started")
        return self._process

    def stop(self) -> None:
        if self._process:
            self._process.stop(self.stop_signal, limit=15.0)
        self._release()

    def kill(self) -> None:
        self.process.kill()
        self._release()

    def freeze(self) -> None:
        self.process.send(SIGSTOP)

    def thaw(self) -> None:
        self.process.send(SIGCONT)

    def _spawn(self) -> Process:
        raise NotImplementedError

    def _address(self) -> str:
        raise NotImplementedError

    def _probe(self) -> str:
        """Empty when it serves; else what is still missing. Takes at most a few seconds."""
        raise NotImplementedError

    def _release(self) -> None:
        if self._lock:
            self._lock.close()
            self._lock = None

    def _wait_until_ready(self, process: Process) -> None:
        deadline = time.monotonic() + self.ready_within
        while missing := self._probe():
            if process.exit_code is not None:
                raise StartFailed(f"{self.source}: ended at start (exit code {process.exit_code})\n{process.tail()}")
            if time.monotonic() > deadline:
                log = process.tail()
                self.stop()
                raise StartFailed(f"{self.source}: not ready after {self.ready_within:.0f} s: {missing}\n{log}")
            time.sleep(0.03)
