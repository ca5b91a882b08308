import asyncio
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.runtime.process import Identity, wait_until
from shared.runtime.supervisor import Program, Supervisor

SERVE = 'trap "echo $0 >> order; exit 0" TERM; echo $0 is up; while :; do sleep 0.02; done'
DEAF = 'trap "" TERM; echo deaf; while :; do sleep 0.02; done'


class Said(list[tuple[str, str]]):
    """What was shown, and a way to wait for it."""

    def __call__(self, name: str, text: str) -> None:
        self.append((name, text))

    async def wait_for(self, name: str, part: str) -> None:
        async with asyncio.timeout(10):
            while not any(name == who and part in text for who, text in self):
                await asyncio.sleep(0.01)


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def program(tmp_path: Path, said: Said) -> Callable[..., Program]:
    def make(name: str, script: str = SERVE, **options: object) -> Program:
        return Program(
            name=name,
            command=["sh", "-c", script, name],
            environment=os.environ,
            directory=tmp_path,
            log=tmp_path / f"{name}.log",
            record=tmp_path / f"{name}.pid",
            say=said,
            **({"unready": lambda: ""} | options),  # type: ignore[arg-type]
        )

    return make


def identity(program: Program) -> Identity:
    found = Identity.read(program.record)
    assert found
    return found


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


class TestRun:
    async def test_layers_stop_in_reverse_order(
        self, tmp_path: Path, said: Said, program: Callable[..., Program]
    ) -> None:
        async def when_ready() -> None:
            for name in "abc":
                await said.wait_for(name, "is up")
            interrupt()

        layers = [[program("a")], [program("b")], [program("c")]]
        assert await Supervisor(layers, said).run(when_ready) == 0
        assert (tmp_path / "order").read_text().split() == ["c", "b", "a"]
        assert (tmp_path / "a.log").read_text() == "a is up\n"

    async def test_a_dead_child_is_started_again(self, said: Said, program: Callable[..., Program]) -> None:
        one, other = program("one"), program("other")

        async def when_ready() -> None:
            before = identity(one), identity(other)
            os.kill(before[0].pid, signal.SIGKILL)
            await said.wait_for("one", "runs again")
            assert identity(one) != before[0]
            assert identity(other) == before[1]
            interrupt()

        assert await Supervisor([[one, other]], said, first_delay=0.05).run(when_ready) == 0
        assert ("one", "ended by itself (signal SIGKILL); starting it again in 0.05 s") in said

    async def test_the_pauses_grow_while_it_keeps_dying(self, said: Said, program: Callable[..., Program]) -> None:
        async def when_ready() -> None:
            await said.wait_for("one", "in 0.08 s")
            interrupt()

        await Supervisor([[program("one", "exit 3")]], said, first_delay=0.02).run(when_ready)
        told = [text for _, text in said if "again in" in text]
        assert told[:2] == [f"ended by itself (exit code 3); starting it again in {s} s" for s in ("0.02", "0.04")]

    async def test_a_child_that_never_gets_ready_ends_all(self, said: Said, program: Callable[..., Program]) -> None:
        fine = program("fine")
        stuck = program("stuck", "echo the reason; sleep 60", unready=lambda: "503 later", ready_within=0.3)

        async def when_ready() -> None:
            pytest.fail("never ready")

        assert await Supervisor([[fine], [stuck]], said).run(when_ready) == 1
        message = dict(said)["up"]
        assert "stuck: not ready after 0 s: 503 later" in message
        assert message.endswith("    the reason")
        assert not identity(fine).alive()
        assert not identity(stuck).alive()

    async def test_a_child_that_ends_at_start_is_told_at_once(
        self, said: Said, program: Callable[..., Program]
    ) -> None:
        async def when_ready() -> None:
            pytest.fail("never ready")

        broken = program("broken", "echo no such table; exit 7", unready=lambda: "no answer")
        assert await Supervisor([[broken]], said).run(when_ready) == 1
        assert "broken: ended at start (exit code 7)" in dict(said)["up"]
        assert "no such table" in dict(said)["up"]

    async def test_a_deaf_child_is_killed(self, said: Said, program: Callable[..., Program]) -> None:
        deaf = program("deaf", DEAF, stop_within=0.2)

        async def when_ready() -> None:
            await said.wait_for("deaf", "deaf")
            interrupt()

        assert await Supervisor([[deaf]], said).run(when_ready) == 0
        assert not identity(deaf).alive()

    async def test_it_can_be_stopped_while_starting(self, said: Said, program: Callable[..., Program]) -> None:
        slow = program("slow", unready=lambda: "not yet")

        async def when_ready() -> None:
            pytest.fail("never ready")

        run = asyncio.create_task(Supervisor([[slow]], said).run(when_ready))
        await said.wait_for("slow", "is up")
        interrupt()
        assert await run == 0
        assert not identity(slow).alive()

    async def test_a_line_too_long_is_no_harm(self, said: Said, program: Callable[..., Program]) -> None:
        async def when_ready() -> None:
            await said.wait_for("one", "after it")
            interrupt()

        script = f"head -c 200000 /dev/zero | tr '\\0' x; echo; echo after it; {SERVE}"
        assert await Supervisor([[program("one", script)]], said).run(when_ready) == 0


class TestKilled:
    def test_children_end_with_a_killed_supervisor(
        self, tmp_path: Path, in_python: Callable[..., subprocess.Popen[str]], all_gone: Callable[[Path], None]
    ) -> None:
        supervisor = in_python(
            "import asyncio, os, sys; from pathlib import Path\n"
            "from shared.runtime.supervisor import Program, Screen, Supervisor\n"
            "place = Path(sys.argv[1])\n"
            "one, two = [Program(name=n, command=['sleep', '60'], environment=os.environ, directory=place,"
            " log=place / n, record=place / f'{n}.pid', unready=lambda: '', say=Screen('ab')) for n in 'ab']\n"
            "async def when_ready():\n"
            "    print('ready', flush=True)\n"
            "asyncio.run(Supervisor([[one], [two]], Screen('ab')).run(when_ready))",
            str(tmp_path),
        )
        assert supervisor.stdout
        assert any("ready" in line for line in supervisor.stdout)
        supervisor.kill()
        all_gone(tmp_path)

    async def test_what_it_left_is_ended_before_the_next_start(
        self, said: Said, program: Callable[..., Program]
    ) -> None:
        left = subprocess.Popen(["sleep", "60"])  # noqa: ASYNC220
        one = program("one")
        found = Identity.of(left.pid)
        assert found
        found.write(one.record)

        async def when_ready() -> None:
            await said.wait_for("one", "is up")
            interrupt()

        await Supervisor([[one]], said).run(when_ready)
        assert wait_until(lambda: left.poll() is not None, 5.0)
