"""The pytest plugin: real servers for the tests, started once for a run on free ports.

PostgreSQL is always started; RabbitMQ at once when the run is spread over processes (`-n`), else when a test first asks
for it. A server that cannot be had is an error, never a skip.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.runtime.postgres import start_postgres
from shared.runtime.rabbitmq import start_rabbitmq
from shared.runtime.server import Server
from shared.telemetry import configure_logging
from shared.testing.environment import Environment

_SERVERS = pytest.StashKey["Servers"]()


class Servers:
    """The servers of one run, held by the process that started pytest; its worker processes know the addresses."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="syllabus-test-"))
        self.directory.chmod(0o711)
        self.postgres: Server = start_postgres(self.directory / "postgres", durable=False)
        self._rabbitmq: Server | None = None

    @property
    def rabbitmq(self) -> Server:
        if self._rabbitmq is None:
            self._rabbitmq = start_rabbitmq(self.directory / "rabbitmq")
        return self._rabbitmq

    @property
    def rabbitmq_source(self) -> str:
        return self._rabbitmq.source if self._rabbitmq else "started when a test asks for it"

    def stop(self) -> None:
        if self._rabbitmq is not None:
            self._rabbitmq.stop()
        self.postgres.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    configure_logging("tests", form="console", level="warning")
    if _is_worker(config) or config.option.collectonly:
        return
    servers = config.stash[_SERVERS] = Servers()
    config.add_cleanup(servers.stop)
    if getattr(config.option, "numprocesses", None):
        assert servers.rabbitmq.url


def pytest_report_header(config: pytest.Config) -> list[str]:
    servers = config.stash.get(_SERVERS, None)
    if servers is None:
        return []
    return [f"PostgreSQL: {servers.postgres.source}", f"RabbitMQ: {servers.rabbitmq_source}"]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    servers: Servers = node.config.stash[_SERVERS]  # type: ignore[attr-defined]
    node.workerinput["syllabus"] = {  # type: ignore[attr-defined]
        "postgres": servers.postgres.url,
        "rabbitmq": servers.rabbitmq.url,
        "directory": str(servers.directory),
    }


@pytest.fixture(scope="session")
def environment(request: pytest.FixtureRequest, worker_id: str) -> Iterator[Environment]:
    """PostgreSQL, and this process's own databases on it."""
    if _is_worker(request.config):
        told = request.config.workerinput["syllabus"]  # type: ignore[attr-defined]
        admin_url, directory = told["postgres"], Path(told["directory"])
    else:
        servers = request.config.stash[_SERVERS]
        admin_url, directory = servers.postgres.url, servers.directory
    own = directory / worker_id
    own.mkdir(mode=0o711, exist_ok=True)
    made = Environment(admin_url, worker_id, own)
    yield made
    made.close()


@pytest.fixture(scope="session")
def amqp_url(request: pytest.FixtureRequest) -> str:
    """RabbitMQ, shared by all processes of the run: prefix what you declare with `bus_prefix`."""
    if _is_worker(request.config):
        return str(request.config.workerinput["syllabus"]["rabbitmq"])  # type: ignore[attr-defined]
    return request.config.stash[_SERVERS].rabbitmq.url


@pytest.fixture
def bus_prefix(worker_id: str, request: pytest.FixtureRequest) -> str:
    """A prefix of exchanges and queues that no other test uses."""
    number = request.session.stash.setdefault(_NUMBER, 0) + 1
    request.session.stash[_NUMBER] = number
    return f"{worker_id}-{number}-"


_NUMBER = pytest.StashKey[int]()
