"""The whole system as real processes on one machine: servers, schemas and the five services.

Plain blocking Python, for tests and benchmarks; nothing here restarts what dies. `./dev up` takes its servers and its
commands from here and leaves the watching to the supervisor.

    with Stack() as stack:
        httpx.get(f"{stack.url}/api/courses/")
        stack.kill("enrollment"); stack.start("enrollment")
        stack.broker.kill(); stack.broker.start_again()
"""

import http.client
import json
import os
import secrets
import shutil
import socket
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from shared.runtime.environment import Wiring, service_environment
from shared.runtime.keys import ensure_keys
from shared.runtime.postgres import start_postgres
from shared.runtime.process import Process, StartFailed, run, wait_until
from shared.runtime.rabbitmq import start_rabbitmq
from shared.runtime.roles import SERVICES, derived_passwords, drop_database, prepare_database
from shared.runtime.server import Server
from shared.runtime.state import check_socket_room, checkout, free_port

_MIGRATION_LIMIT = 180.0  # seconds
_READY_LIMIT = 180.0


class Stack:
    """One private system. All its files are below `directory`; without one, in a temporary folder that `close` removes.

    `port` is that of the public address; `settings` are environment variables laid over those of every service, and
    `of_postgres` settings of the database server.
    """

    database: Server
    broker: Server
    wiring: Wiring

    def __init__(
        self,
        directory: Path | None = None,
        *,
        durable: bool = False,
        port: int | None = None,
        settings: Mapping[str, str] | None = None,
        of_postgres: Mapping[str, str] | None = None,
    ) -> None:
        self._temporary = directory is None
        self.directory = directory or Path(tempfile.mkdtemp(prefix="syllabus-", dir="/var/tmp"))
        check_socket_room(self.directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o711)  # PostgreSQL and RabbitMQ run as another user when this is root
        self._durable = durable
        self.database_name = "syllabus"
        self._port = port
        self._settings = dict(settings or {})
        self._of_postgres = of_postgres
        self._servers: list[Server] = []
        self._services: dict[str, Process] = {}

    def __enter__(self) -> Self:
        try:
            self.start_servers()
            self.migrate()
            self.start(*SERVICES)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """The public address."""
        return self.wiring.public_url

    def start_servers(self) -> None:
        """Start PostgreSQL and RabbitMQ side by side; make roles, keys and folders. Raises as those two do."""
        with ThreadPoolExecutor(2) as pool:
            broker = pool.submit(start_rabbitmq, self.directory / "rabbitmq")
            database = pool.submit(
                start_postgres, self.directory / "postgres", durable=self._durable, settings=self._of_postgres
            )
        self._servers = [f.result() for f in (database, broker) if not f.exception()]
        self.database, self.broker = database.result(), broker.result()
        ensure_keys(self.directory / "keys")
        if not self._durable:
            self._keep_apart()
        self.wiring = Wiring(
            directory=self.directory,
            port=self._port or free_port(),
            database_urls=prepare_database(
                self.database.url,
                database=self.database_name,
                passwords=derived_passwords(self.database.url),
            ),
            amqp_url=self.broker.url,
        )
        for folder in ("run", "logs", *(f"files/{service}" for service in SERVICES)):
            (self.directory / folder).mkdir(parents=True, exist_ok=True, mode=0o700)

    def migrate(self) -> None:
        """Bring every service's schema and queues up to date. Raises StartFailed with all that the failed ones said."""
        try:
            run(
                [sys.executable, "-m", "shared.runtime.migrate"],
                directory=checkout(),
                environment=os.environ | self._settings,
                given=json.dumps({service: self.environment(service) for service in SERVICES}),
                limit=_MIGRATION_LIMIT,
            )
        except StartFailed as error:
            raise StartFailed(f"migration failed\n{error}") from error

    def environment(self, service: str) -> dict[str, str]:
        """All environment variables of one process of `service`."""
        return os.environ | service_environment(service, self.wiring) | self._settings

    def command(self, service: str, role: str = "api") -> list[str]:
        """The command line that runs `service`."""
        return [sys.executable, "-m", service, role]

    def start(self, *services: str) -> None:
        """Start these services together and wait until each is ready. Raises StartFailed with the end of a log."""
        for service in services:
            self._services[service] = Process(
                self.command(service),
                log=self.directory / "logs" / f"{service}.log",
                record=self.directory / "run" / f"{service}.pid",
                directory=checkout(),
                environment=self.environment(service),
            )
        for service in services:
            process = self._services[service]
            wait_until(lambda: process.exit_code is not None or not self.missing(service), _READY_LIMIT)  # noqa: B023
            if process.exit_code is not None:
                raise StartFailed(f"{service}: ended at start (exit code {process.exit_code})\n{process.tail()}")
            if missing := self.missing(service):
                raise StartFailed(f"{service}: not ready after {_READY_LIMIT:.0f} s: {missing}\n{process.tail()}")

    def missing(self, service: str) -> str:
        """Empty when `service` is ready, else why not."""
        return unready(self.wiring.socket(service))

    def process(self, service: str) -> Process:
        """The running process of `service`."""
        return self._services[service]

    def stop(self, service: str) -> None:
        """End it cleanly (SIGTERM)."""
        self._services[service].stop()

    def kill(self, service: str) -> None:
        """End it with `kill -9`."""
        self._services[service].kill()

    def close(self) -> None:
        """End everything, the gateway first. Fine to repeat."""
        for process in self._services.values():
            if process.exit_code is None:
                process.ask_to_stop()
        for process in self._services.values():
            process.stop()
        with ThreadPoolExecutor(2) as pool:
            for server in self._servers:
                pool.submit(server.stop)
        if self.database_name != "syllabus":
            drop_database(self.database.url, self.database_name)
        if self._temporary:
            shutil.rmtree(self.directory, ignore_errors=True)

    def _keep_apart(self) -> None:
        """On servers that are not ours there may be other systems: use names of our own."""
        own = f"syllabus-{secrets.token_hex(4)}"
        if not self.database.ours:
            self.database_name = own
        if not self.broker.ours:
            self._settings.setdefault("SYLLABUS_BUS_PREFIX", f"{own}-")


def unready(path: Path) -> str:
    """Ask GET /readyz at the Unix socket `path`. Empty when the answer is 200, else what came instead; 2 s at most."""
    connection = _UnixConnection("localhost", timeout=2.0)
    connection.path = str(path)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        text = answer.read(500).decode(errors="replace")
        return "" if answer.status == 200 else f"{answer.status} {text}"
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__
    finally:
        connection.close()


class _UnixConnection(http.client.HTTPConnection):
    path: str

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)
