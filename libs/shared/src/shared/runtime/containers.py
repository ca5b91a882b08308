"""Servers in containers, for a machine that has an engine and nothing better.

The engine's libraries are imported inside functions: most machines never need them.
"""

import os
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.runtime.process import StartFailed
from shared.runtime.server import Server
from shared.runtime.state import free_port, kept_secret

# testcontainers starts its reaper along with the first container, and minds two threads that both take theirs for it.
_one_at_a_time = threading.Lock()


class ContainerServer(Server):
    """A server in a container of its own, on a port of 127.0.0.1 that stays the same over restarts.

    `probe` gets the address and answers with nothing when the server serves, else with what is missing. testcontainers'
    reaper removes the container when this program dies, however it dies.
    """

    ours = True

    def __init__(self, url: str, source: str, container: Any, probe: Callable[[str], str]) -> None:
        super().__init__(url, source)
        self._container = container
        self._probe = probe

    def start(self) -> None:
        with _one_at_a_time:
            self._container.start()
        self._wait_until_ready()

    def alive(self) -> bool:
        self._engine.reload()
        return bool(self._engine.status == "running")

    def stop(self) -> None:
        self._engine.stop(timeout=15)

    def kill(self) -> None:
        self._engine.kill()

    def freeze(self) -> None:
        self._engine.pause()

    def thaw(self) -> None:
        self._engine.unpause()

    def start_again(self) -> None:
        self._engine.start()
        self._wait_until_ready()

    def ctl(self, *arguments: str) -> str:
        code, output = self._engine.exec_run(["rabbitmqctl", *arguments])
        text = str(output.decode(errors="replace"))
        if code:
            raise RuntimeError(f"rabbitmqctl {' '.join(arguments)}: exit code {code}\n{text}")
        return text

    @property
    def _engine(self) -> Any:
        return self._container.get_wrapped_container()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 60.0
        while missing := self._probe(self.url):
            if time.monotonic() > deadline:
                raise StartFailed(f"{self.source}: not ready after 60 s: {missing}")
            time.sleep(0.1)


def available() -> bool:
    """Whether a container engine answers."""
    host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if host.startswith("unix://") and not Path(host.removeprefix("unix://")).is_socket():
        return False  # known without the client, which leaves its own socket open when it cannot connect
    try:
        from testcontainers.core.docker_client import DockerClient

        DockerClient(timeout=3).client.ping()
    except Exception:  # any failure, a missing module included, means the same: no engine
        return False
    return True


def postgres(image: str, directory: Path, probe: Callable[[str], str]) -> Server:
    """PostgreSQL with its data in a volume named after `directory`."""
    password, port = kept_secret(directory / "password"), free_port()
    container = (
        _container(image, (5432, port))
        .with_env("POSTGRES_PASSWORD", password)
        .with_env("POSTGRES_INITDB_ARGS", "--locale=C.UTF-8")
        .with_volume_mapping(_volume(directory), "/var/lib/postgresql", "rw")
        .with_command(["-c", "max_connections=200", "-c", "jit=off"])
    )
    return _started(f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres", image, container, probe)


def rabbitmq(image: str, directory: Path, probe: Callable[[str], str]) -> Server:
    """RabbitMQ with its data in a volume named after `directory`."""
    password, port = kept_secret(directory / "password"), free_port()
    container = (
        _container(image, (5672, port), hostname="syllabus")  # the node names its data folder after the host
        .with_env("RABBITMQ_DEFAULT_USER", "syllabus")
        .with_env("RABBITMQ_DEFAULT_PASS", password)
        .with_volume_mapping(_volume(directory), "/var/lib/rabbitmq", "rw")
    )
    return _started(f"amqp://syllabus:{password}@127.0.0.1:{port}/", image, container, probe)


def _container(image: str, ports: tuple[int, int], **options: Any) -> Any:
    """A container whose first port is the second one of 127.0.0.1."""
    from testcontainers.core.container import DockerContainer

    inside, outside = ports
    container: Any = DockerContainer(image, **options)
    container.ports[f"{inside}/tcp"] = ("127.0.0.1", outside)  # with_bind_ports would open it to the network
    return container


def _started(url: str, image: str, container: Any, probe: Callable[[str], str]) -> Server:
    server = ContainerServer(url, f"container {image}", container, probe)
    server.start()
    return server


def _volume(directory: Path) -> str:
    return "syllabus" + re.sub(r"[^\w.-]", "-", str(directory), flags=re.ASCII)
