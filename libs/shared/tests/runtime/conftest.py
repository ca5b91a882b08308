"""What the runtime's tests share. Their servers are their own: they kill them."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.runtime.process import Identity, wait_until
from shared.runtime.roles import SERVICES

HERE = Path(__file__).parent


def _make_place() -> Path:
    # Not pytest's tmp_path: PostgreSQL and RabbitMQ run as another user than root and could not enter it.
    place = Path(tempfile.mkdtemp(prefix="syllabus-rt-", dir="/var/tmp"))
    place.chmod(0o711)
    return place


@pytest.fixture
def place() -> Iterator[Path]:
    """An empty directory that every user can pass through."""
    made = _make_place()
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def module_place() -> Iterator[Path]:
    made = _make_place()
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def in_python(place: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a Python program of its own, from source text; its output can be read."""
    started: list[subprocess.Popen[str]] = []

    def start(source: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", source, *arguments],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


@pytest.fixture
def five_services(place: Path) -> Path:
    """A folder to put on PYTHONPATH: stand-ins for the five services and the demo."""
    for name in (*SERVICES, "demo"):
        package = place / "packages" / name
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        shutil.copy(HERE / "stand_in.py", package / "__main__.py")
    return place / "packages"


@pytest.fixture
def all_gone() -> Callable[[Path], None]:
    """Waits until no process that is recorded below a directory lives."""

    def wait(directory: Path) -> None:
        found = [Identity.read(path) for path in directory.rglob("*.pid")]
        recorded = [identity for identity in found if identity]
        assert recorded
        assert wait_until(lambda: not any(identity.alive() for identity in recorded), 15.0)

    return wait
