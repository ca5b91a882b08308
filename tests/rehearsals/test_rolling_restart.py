"""An upgrade: two gateways and two catalogs are replaced one after the other, and no request fails.

Before them stands what a platform has there: something that spreads connections over those that say they are ready.
"""

import asyncio
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo.api import PASSWORD, Api
from shared.runtime.process import Process, wait_until
from shared.runtime.stack import Stack, unready
from shared.runtime.state import checkout, free_port

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

DRAIN_S = 3.0
READERS, WRITERS = 3, 2


class Balancer(threading.Thread):
    """Passes each connection on to the next ready one of several processes."""

    def __init__(self, listen: int | Path, backends: dict[Path, int | Path]) -> None:
        """`backends`: where each answers /readyz → where it serves."""
        super().__init__(daemon=True)
        self._listen, self._backends = listen, backends
        self.ready: list[Path] = []
        self.refused = 0
        """Connections that a process did not take although it was held for ready."""
        self._turn = 0
        self.start()

    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        if isinstance(self._listen, Path):
            await asyncio.start_unix_server(self._pass_on, self._listen)
        else:
            await asyncio.start_server(self._pass_on, "127.0.0.1", self._listen)
        while True:
            states = await asyncio.gather(*(asyncio.to_thread(unready, probe) for probe in self._backends))
            self.ready = [probe for probe, missing in zip(self._backends, states, strict=True) if not missing]
            await asyncio.sleep(0.2)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await self._connect()
        await asyncio.gather(_copy(reader, back), _copy(there, writer))

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """To the one whose turn it is; where it refuses, nothing was sent yet, and the next one is taken."""
        while True:
            self._turn += 1
            place = self._backends[self.ready[self._turn % len(self.ready)]]
            with suppress(ConnectionRefusedError, FileNotFoundError):
                if isinstance(place, Path):
                    return await asyncio.open_unix_connection(place)
                return await asyncio.open_connection("127.0.0.1", place)
            self.refused += 1
            await asyncio.sleep(0)


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await source.read(65536):
            target.write(piece)
            await target.drain()
        if target.can_write_eof():
            target.write_eof()
    with suppress(OSError):
        target.close()


@dataclass
class Doubled:
    """A system with two gateways and two catalogs."""

    stack: Stack
    url: str
    start: dict[str, Callable[[], Process]]
    processes: dict[str, Process]
    balancers: tuple[Balancer, Balancer]


@dataclass
class Traffic:
    done: int = 0
    failed: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def go_on(self, ask: Callable[[int], httpx.Response]) -> None:
        number = 0
        while not self.stop.is_set():
            number += 1
            try:
                answer = ask(number)
                if answer.status_code >= 400:
                    self.failed.append(f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text[:99]}")
            except httpx.HTTPError as error:
                self.failed.append(f"{type(error).__name__}: {error}")
            self.done += 1
            time.sleep(0.01)


@pytest.fixture
def doubled() -> Iterator[Doubled]:
    stack = Stack(settings={"SYLLABUS_DRAIN_S": str(DRAIN_S), "SYLLABUS_CACHE_BYTES": "0"})
    extra: list[Process] = []
    try:
        stack.start_servers()
        run = stack.directory / "run"
        front = free_port()
        stack._settings |= {"SYLLABUS_CATALOG_URL": f"unix:{run}/catalog-any.sock"}
        stack.migrate()
        ports = {"gateway": stack.wiring.port, "gateway-2": free_port()}

        def starter(name: str) -> Callable[[], Process]:
            service = name.removesuffix("-2")
            environment = stack.environment(service)
            private = f"unix:{run}/{name}.sock"
            if service == "gateway":
                listen = {"SYLLABUS_LISTEN": f"127.0.0.1:{ports[name]}", "SYLLABUS_INTERNAL_LISTEN": private}
            else:
                listen = {"SYLLABUS_LISTEN": private}

            def start() -> Process:
                process = Process(
                    stack.command(service), log=stack.directory / f"logs/{name}.log", record=run / f"{name}.pid",
                    directory=checkout(), environment=environment | listen,
                )  # fmt: skip
                extra.append(process)
                assert wait_until(lambda: not unready(run / f"{name}.sock"), 60), process.tail()
                return process

            return start

        catalogs = Balancer(
            run / "catalog-any.sock", {run / f"{name}.sock": run / f"{name}.sock" for name in ("catalog", "catalog-2")}
        )
        gateways = Balancer(front, {run / f"{name}.sock": port for name, port in ports.items()})
        stack.start("enrollment", "assessment", "certificate")
        start = {name: starter(name) for name in ("catalog", "catalog-2", "gateway", "gateway-2")}
        processes = {name: begin() for name, begin in start.items()}
        assert wait_until(lambda: len(catalogs.ready) == len(gateways.ready) == 2, 10)
        yield Doubled(stack, f"http://127.0.0.1:{front}", start, processes, (catalogs, gateways))
    finally:
        for process in extra:
            process.kill() if process.exit_code is None else None
        stack.close()


def test_no_request_fails_while_every_process_is_replaced(doubled: Doubled) -> None:
    stack = doubled.stack
    subprocess.run(stack.command("gateway", "demo-accounts"), env=stack.environment("gateway"), check=True)
    with closing(Api(doubled.url)) as guest:
        course = _course(guest.log_in("instructor@example.com"))
    traffic = Traffic()
    threads = [threading.Thread(target=_read, args=(doubled.url, course, traffic)) for _ in range(READERS)]
    threads += [threading.Thread(target=_write, args=(doubled.url, course, traffic)) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    before_s = time.monotonic()
    for name in doubled.start:
        done = traffic.done
        doubled.processes[name].stop(limit=30)
        assert doubled.processes[name].exit_code in (0, -15)
        doubled.processes[name] = doubled.start[name]()
        assert wait_until(lambda: all(len(balancer.ready) == 2 for balancer in doubled.balancers), 20)
        assert traffic.done > done
    traffic.stop.set()
    for thread in threads:
        thread.join()
    refused = sum(balancer.refused for balancer in doubled.balancers)
    seconds = time.monotonic() - before_s
    print(f"{traffic.done} requests in {seconds:.0f} s, {refused} passed on to the other, {len(traffic.failed)} failed")
    assert sorted(set(traffic.failed)) == []
    assert traffic.done > 200


def _course(author: Api) -> dict[str, Any]:
    body = {
        "title": "Upgraded under its readers",
        "description": "A course that is read and written while every process is replaced.",
        "learning_objectives": ["Notice nothing"],
        "price": "0.00",
    }
    course = author.post("/courses/", body)
    module = author.post("/modules/", {"course": course["id"], "title": "Only module"})
    author.post("/lessons/", {"module": module["id"], "title": "One", "type": "reading", "content": "Words enough."})
    published: dict[str, Any] = author.put(f"/courses/{course['slug']}/publish/")
    return published


def _read(url: str, course: dict[str, Any], traffic: Traffic) -> None:
    with httpx.Client(base_url=url, timeout=30) as client:
        paths = ("/api/courses/", f"/api/courses/{course['slug']}/")
        traffic.go_on(lambda number: client.get(paths[number % 2]))


def _write(url: str, course: dict[str, Any], traffic: Traffic) -> None:
    with httpx.Client(base_url=url, timeout=30) as client:
        login = client.post("/api/auth/login/", json={"email": "instructor@example.com", "password": PASSWORD}).json()
        headers = {"Authorization": f"Token {login['token']}"}

        def change(number: int) -> httpx.Response:
            body = {
                "title": "Upgraded under its readers",
                "description": f"Read and written while every process is replaced: {number} times.",
            }
            return client.patch(f"/api/courses/{course['slug']}/", json=body, headers=headers)

        traffic.go_on(change)
