import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.runtime.process import Identity, Process, StartFailed, run, wait_until

FOREVER = "import time; print('up', flush=True); time.sleep(60)"


def start(directory: Path, source: str = FOREVER, **options: object) -> Process:
    process = Process(
        [sys.executable, "-c", source],
        log=directory / "log",
        record=directory / "record",
        directory=directory,
        environment=os.environ,
        **options,  # type: ignore[arg-type]
    )
    assert wait_until(lambda: bool(process.tail()), 5.0)
    return process


class TestProcess:
    def test_it_stops_when_asked(self, tmp_path: Path) -> None:
        process = start(tmp_path)
        process.stop()
        assert process.exit_code == -signal.SIGTERM

    def test_it_is_killed_when_it_does_not_listen(self, tmp_path: Path) -> None:
        process = start(tmp_path, f"import signal; signal.signal(15, signal.SIG_IGN); {FOREVER}")
        process.stop(limit=0.2)
        assert process.exit_code == -signal.SIGKILL

    def test_a_frozen_one_is_woken_to_stop(self, tmp_path: Path) -> None:
        process = start(tmp_path)
        process.send(signal.SIGSTOP)
        process.stop(limit=5.0)
        assert process.exit_code == -signal.SIGTERM

    def test_it_outlives_the_thread_that_started_it(self, tmp_path: Path) -> None:
        started: list[Process] = []
        thread = threading.Thread(target=lambda: started.append(start(tmp_path)))
        thread.start()
        thread.join()
        assert not wait_until(lambda: started[0].exit_code is not None, 0.3)
        started[0].kill()

    def test_it_ends_when_its_parent_is_killed(
        self, tmp_path: Path, in_python: Callable[..., subprocess.Popen[str]]
    ) -> None:
        parent = in_python(
            "import os, sys; from pathlib import Path; from shared.runtime.process import Process\n"
            "place = Path(sys.argv[1])\n"
            "Process(['sleep', '60'], log=place / 'log', record=place / 'record', directory=place,"
            " environment=os.environ)\n"
            "sys.stdin.read()",
            str(tmp_path),
        )
        assert wait_until((tmp_path / "record").exists, 10.0)
        child = Identity.read(tmp_path / "record")
        parent.kill()
        assert child
        assert wait_until(lambda: not child.alive(), 5.0)

    def test_what_an_earlier_program_left_is_ended_first(self, tmp_path: Path) -> None:
        leftover = start(tmp_path)
        process = start(tmp_path)
        assert leftover.exit_code == -signal.SIGTERM
        assert process.exit_code is None
        process.kill()


class TestIdentity:
    def test_a_recycled_pid_is_left_alone(self, tmp_path: Path) -> None:
        process = start(tmp_path)
        now = Identity.of(process.pid)
        assert now
        Identity(now.pid, now.started - 1).end()
        assert now.alive()
        process.kill()
        assert not now.alive()

    def test_a_damaged_record_names_nobody(self, tmp_path: Path) -> None:
        (tmp_path / "record").write_text("[1")
        assert Identity.read(tmp_path / "record") is None


class TestRun:
    def test_a_failure_brings_the_output(self, tmp_path: Path) -> None:
        with pytest.raises(StartFailed, match=r"(?s)exit code 3.*the reason"):
            run(["sh", "-c", "echo the reason; exit 3"], directory=tmp_path, environment=os.environ)

    def test_it_has_a_limit(self, tmp_path: Path) -> None:
        with pytest.raises(StartFailed, match="not done after"):
            run(["sleep", "9"], directory=tmp_path, environment=os.environ, limit=0.1)
