"""`python -m shared.runtime.up`: the whole system on this machine, until Ctrl-C.

Servers, roles, keys, migrations, services, demo content, in this order; what an earlier start did is kept.
"""

import asyncio
import contextlib
import importlib.util
import os
import signal
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import FrameType

import psycopg

from shared.runtime.process import end_with_parent
from shared.runtime.roles import SERVICES
from shared.runtime.running import Running, published
from shared.runtime.stack import Stack, unready
from shared.runtime.state import Hold, InUse, checkout, free_port, is_free, state_dir
from shared.runtime.supervisor import Program, Screen, ServerChild, Supervisor

DEFAULT_PORT = 8000

# Each is done once in the life of a state directory, by `python -m <step>`. The address is shown before the last.
DEMO_STEPS = (("gateway", "demo-accounts"), ("demo", "load"), ("demo", "play"))
DEMO_LIMIT = 600.0  # seconds for a step
DEMO_PASSWORD = "syllabus-demo"  # noqa: S105 - shown to everybody; these accounts exist on local systems only
DEMO_ACCOUNTS = ("admin@example.com", "instructor@example.com", "student@example.com", "premium@example.com")


class PortTaken(RuntimeError):
    """The port that PORT asks for cannot be had."""


def main() -> int:
    """The exit code: 0 after a clean stop, 130 when interrupted while starting, 1 when something did not start."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, _leave)
    try:
        state = state_dir()
        with Hold(state):
            return _run(state)
    except InUse as error:
        running = Running.read(state)
        print(f"already running (process {running.supervisor.pid}): {running.wiring.public_url}" if running else error)
        return 0 if running else 1
    except (RuntimeError, psycopg.Error) as error:
        print(f"could not start: {error}", file=sys.stderr)
        return 1


def choose_port() -> int:
    """PORT if it is set, else 8000 or the next free one above. Raises PortTaken when PORT is wrong or in use."""
    asked = os.environ.get("PORT")
    if not asked:
        return next((port for port in range(DEFAULT_PORT, DEFAULT_PORT + 100) if is_free(port)), None) or free_port()
    if not asked.isdecimal() or not 0 < int(asked) < 65536:
        raise PortTaken(f"PORT={asked} is not a port number")
    if not is_free(int(asked)):
        raise PortTaken(
            f"port {asked} is in use; you asked for it with PORT: end what listens there, or set another PORT"
        )
    return int(asked)


def _run(state: Path) -> int:
    begun = time.monotonic()
    stack = Stack(state, durable=True, port=choose_port())
    try:
        with _told("starting PostgreSQL and RabbitMQ"):
            stack.start_servers()
        print(f"  PostgreSQL from {stack.database.source}\n  RabbitMQ from {stack.broker.source}")
        with _told("bringing schemas and queues up to date"):
            stack.migrate()
        print("starting the services ...", flush=True)
        with published(stack.wiring):
            return asyncio.run(_supervise(stack, begun))
    finally:
        stack.close()


async def _supervise(stack: Stack, begun: float) -> int:
    screen = Screen(["up", "demo", "postgres", "rabbitmq", *SERVICES])

    async def when_ready() -> None:
        *content, story = DEMO_STEPS
        done = all([await _demo(module, step, stack, screen) for module, step in content])
        screen("up", _welcome(stack, time.monotonic() - begun))
        if done:
            await _demo(*story, stack, screen)

    servers = [ServerChild("postgres", stack.database), ServerChild("rabbitmq", stack.broker)]
    behind = [_program(service, stack, screen) for service in SERVICES if service != "gateway"]
    code = await Supervisor([servers, behind, [_program("gateway", stack, screen)]], screen).run(when_ready)
    screen("up", "stopped")
    return code


def _program(service: str, stack: Stack, screen: Screen) -> Program:
    return Program(
        name=service,
        command=stack.command(service),
        environment=stack.environment(service),
        directory=checkout(),
        log=stack.directory / "logs" / f"{service}.log",
        record=stack.directory / "run" / f"{service}.pid",
        unready=partial(unready, stack.wiring.socket(service)),
        say=partial(_say_if_unusual, screen),
    )


def _say_if_unusual(screen: Screen, name: str, text: str) -> None:
    """Every request is a line of the log, and stays there: on the screen only what a person should look at."""
    if "[info " not in text and "[debug " not in text:
        screen(name, text)


async def _demo(module: str, step: str, stack: Stack, screen: Screen) -> bool:
    """Do a step of the demo content, unless it was done; whether it is done now. A failure is told."""
    done = stack.directory / f"demo-{step}.done"
    if done.exists():
        return True
    if importlib.util.find_spec(module) is None:
        screen("demo", f"{step}: skipped, this checkout has no demo content")
        return False
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, step),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=checkout(),
        env=stack.environment("gateway"),
        process_group=0,
        preexec_fn=end_with_parent(signal.SIGTERM),
    )
    try:
        async with asyncio.timeout(DEMO_LIMIT):
            while process.stdout and (line := await process.stdout.readline()):
                screen("demo", line.decode(errors="replace").rstrip())
            code = await process.wait()
    except TimeoutError:
        screen("demo", f"{step}: not done after {DEMO_LIMIT:.0f} s")
        return False
    finally:
        if process.returncode is None:
            process.kill()
    if code:
        screen("demo", f"{step}: failed (exit code {code}); the next start tries again")
        return False
    done.touch()
    return True


def _welcome(stack: Stack, seconds: float) -> str:
    url = stack.url
    accounts = "\n".join(f"    {account}" for account in DEMO_ACCOUNTS)
    return (
        f"\nSyllabus is ready after {seconds:.0f} s at {url}\n\n"
        f"  API documentation   {url}/api/docs/\n"
        f"  OpenAPI             {url}/api/schema/\n"
        f"  events (AsyncAPI)   {url}/api/events/schema/\n"
        f"  state and logs      {stack.directory}\n\n"
        f"  demo accounts, password {DEMO_PASSWORD}:\n{accounts}\n\n"
        "Every request and event is in the logs: ./dev logs. Ctrl-C stops everything; data is kept.\n"
    )


@contextlib.contextmanager
def _told(what: str) -> Iterator[None]:
    begun = time.monotonic()
    print(f"{what} ...", flush=True)
    yield
    print(f"  done in {time.monotonic() - begun:.1f} s", flush=True)


def _leave(number: int, frame: FrameType | None) -> None:
    """Before there is a supervisor: end at once. The kernel tells every child, and each ends cleanly by itself."""
    os.write(1, b"\ninterrupted\n")
    os._exit(130)


if __name__ == "__main__":
    sys.exit(main())
