"""What an engine is asked for. No engine runs here: its client is replaced by one that takes notes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from testcontainers.core import container as testcontainers
from testcontainers.core.config import testcontainers_config

from shared.runtime import containers
from shared.runtime.server import Server


class Engine:
    """Takes the place of the engine's client and of the one container it runs."""

    def __init__(self, **options: object) -> None:
        self.asked: dict[str, Any] = {}
        self.done: list[str] = []
        self.status = "created"
        self.short_id = "abc"

    def create(self, image: str, **options: object) -> "Engine":
        self.asked = options | {"image": image}
        return self

    def start(self, *_: object) -> None:
        self.status = "running"

    def reload(self) -> None:
        pass

    def stop(self, timeout: float) -> None:
        self.status = "exited"

    def kill(self) -> None:
        self.status = "exited"

    def exec_run(self, command: list[str]) -> tuple[int, bytes]:
        return (0, b"done") if command == ["rabbitmqctl", "status"] else (64, b"unknown")


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine()
    monkeypatch.setattr(testcontainers, "DockerClient", lambda **_: made)
    monkeypatch.setattr(testcontainers_config, "ryuk_disabled", True)
    return made


def serves(url: str) -> str:
    return ""


class TestContainers:
    @pytest.mark.parametrize(("make", "inside"), [(containers.postgres, 5432), (containers.rabbitmq, 5672)])
    def test_only_this_machine_gets_in_and_data_stays(
        self, engine: Engine, tmp_path: Path, make: Callable[..., Server], inside: int
    ) -> None:
        server = make("image:1", tmp_path, serves)
        ((port, (host, outside)),) = engine.asked["ports"].items()
        assert (port, host) == (f"{inside}/tcp", "127.0.0.1")
        assert f"@127.0.0.1:{outside}/" in server.url
        assert (tmp_path / "password").read_text() in server.url
        (volume,) = engine.asked["volumes"]
        assert volume.startswith("syllabus-")
        assert "/" not in volume

    def test_it_can_be_killed_and_started_again(self, engine: Engine, tmp_path: Path) -> None:
        server = containers.rabbitmq("image:1", tmp_path, serves)
        assert server.alive()
        server.kill()
        assert not server.alive()
        server.start_again()
        assert server.alive()

    def test_a_failing_command_brings_its_words(self, engine: Engine, tmp_path: Path) -> None:
        server = containers.rabbitmq("image:1", tmp_path, serves)
        assert server.ctl("status") == "done"
        with pytest.raises(RuntimeError, match="exit code 64\nunknown"):
            server.ctl("nonsense")

    def test_without_an_engine_it_says_so_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
        assert not containers.available()
