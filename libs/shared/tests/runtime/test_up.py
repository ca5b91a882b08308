import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

from shared.runtime import up
from shared.runtime.process import Identity
from shared.runtime.state import Hold, free_port


def read_until(stream: IO[str] | None, part: str) -> str:
    """Everything up to the line with `part` in it."""
    assert stream
    lines = []
    for line in stream:
        lines.append(line)
        if part in line:
            return "".join(lines)
    pytest.fail(f"ended without {part!r}:\n{''.join(lines)}")


class TestUp:
    def test_from_first_start_to_last_stop(
        self,
        place: Path,
        five_services: Path,
        in_python: Callable[..., subprocess.Popen[str]],
        all_gone: Callable[[Path], None],
    ) -> None:
        state, port = place / "state", free_port()
        environment = {"SYLLABUS_STATE_DIR": str(state), "PYTHONPATH": str(five_services), "PORT": str(port)}

        def command(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [sys.executable, "-m", f"shared.runtime.{name}", *arguments],
                env=os.environ | environment,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )

        start = "import sys; from shared.runtime.up import main; sys.exit(main())"
        first = in_python(start, **environment)
        shown = read_until(first.stdout, "demo play")
        assert "ready after" in shown
        assert f"at http://127.0.0.1:{port}" in shown
        assert "student@example.com" in shown
        assert "demo        | gateway demo-accounts" in shown
        assert "demo        | demo load" in shown

        second = command("up")
        assert second.returncode == 0
        assert second.stdout == f"already running (process {first.pid}): http://127.0.0.1:{port}\n"

        told = command("within", "catalog", "--", "sh", "-c", "echo $SYLLABUS_LISTEN")
        assert told.stdout == f"unix:{state}/run/catalog.sock\n"

        catalog = Identity.read(state / "run" / "catalog.pid")
        assert catalog
        os.kill(catalog.pid, signal.SIGKILL)
        assert "ended by itself (signal SIGKILL)" in read_until(first.stdout, "runs again")

        first.kill()
        first.wait()
        all_gone(state)

        third = in_python(start, **environment)
        shown = read_until(third.stdout, "ready after")
        assert "demo load" not in shown
        stopped = command("stop")
        assert f"stopping process {third.pid}" in stopped.stdout
        rest, _ = third.communicate(timeout=10)
        assert third.returncode == 0
        assert rest.index("gateway stops") < rest.index("catalog stops") < rest.index("stopped")
        all_gone(state)
        assert command("stop").stdout == "nothing is running\n"

    def test_interrupted_while_starting_it_ends_at_once_with_all_children(
        self,
        place: Path,
        five_services: Path,
        in_python: Callable[..., subprocess.Popen[str]],
        all_gone: Callable[[Path], None],
    ) -> None:
        environment = {"SYLLABUS_STATE_DIR": str(place / "state"), "PYTHONPATH": str(five_services)}
        starting = in_python("import sys; from shared.runtime.up import main; sys.exit(main())", **environment)
        while not (place / "state" / "rabbitmq" / "server.pid").exists():
            assert starting.poll() is None
        starting.send_signal(signal.SIGINT)
        assert starting.wait(5) == 130
        all_gone(place)

    def test_a_start_under_way_is_told(
        self, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("SYLLABUS_STATE_DIR", str(place))
        monkeypatch.setattr(signal, "signal", lambda *_: None)
        with Hold(place):
            assert up.main() == 1
        assert f"is in use by process {os.getpid()}" in capsys.readouterr().out


class TestChoosePort:
    def test_a_taken_default_gives_way(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("PORT", raising=False)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            monkeypatch.setattr(up, "DEFAULT_PORT", taken.getsockname()[1])
            assert up.choose_port() != taken.getsockname()[1]

    def test_a_taken_port_that_was_asked_for_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            monkeypatch.setenv("PORT", str(port))
            with pytest.raises(up.PortTaken, match=f"port {port} is in use"):
                up.choose_port()

    def test_nonsense_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PORT", "eighty")
        with pytest.raises(up.PortTaken, match="not a port number"):
            up.choose_port()
