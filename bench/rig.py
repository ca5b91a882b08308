"""The system and its yardsticks, running, on the same data."""

import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import psycopg
from psycopg.conninfo import make_conninfo

from bench import memory, paced, seed
from bench.peer import Peer
from bench.report import Figure
from bench.side_by_side import Server, Starts
from shared.runtime.process import Process, wait_until
from shared.runtime.stack import Stack, unready
from shared.runtime.state import checkout, free_port, is_free

_SETTINGS = {
    "SYLLABUS_LOG_FORMAT": "json",
    "SYLLABUS_RATE_LIMITS": "false",
    "SYLLABUS_PUSH_CONNECTIONS_USER": "10000",
}
BUFFERS = {"shared_buffers": "1GB"}
"""They hold the data, as on a server. What `make up` starts makes do with less."""
_WAITING = "SELECT count(*) FROM enrollment.outbox WHERE published_at IS NULL"
_MET_A_SECOND = 800
"""Requests, below what every machine measured could do."""
_BEHIND = ("catalog", "enrollment", "assessment", "certificate")


class Rig:
    """`ours` keeps guests' pages, `uncached` is another gateway of the same system that keeps none.

    `whole`: `apart` runs too, a gateway and an enrollment whose events nobody publishes while `undelivered` lasts;
    PostgreSQL notes the time of each commit, and the services are started one by one, with a watch.
    """

    ours: Server
    uncached: Server
    apart: Server
    drf: Server

    def __init__(self, *, courses: int, users: int, whole: bool = False) -> None:
        self.courses, self.users = courses, users
        self.starts = Starts()
        of_postgres = BUFFERS | ({"track_commit_timestamp": "on"} if whole else {})
        self.stack = Stack(durable=True, settings=_SETTINGS, of_postgres=of_postgres)
        self._whole = whole
        self._others: list[Process] = []
        self.peer: Peer | None = None
        self._statics: dict[int, Server] = {}
        self._took: dict[str, float] = {}

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self) -> None:
        stack = self.stack
        stack.start_servers()
        self.peer = Peer(stack)
        with ThreadPoolExecutor(1) as beside:
            filled = beside.submit(self.peer.fill, self.courses, self.users)
            stack.migrate()
        filled.result()
        seed.fill(stack)
        self.check()
        lists = stack.directory / "lists"
        lists.mkdir()
        seed.write_lists(stack, lists)
        self.peer.start()
        if self._whole:
            self._took = memory.start_one_by_one(stack, (*_BEHIND, "gateway"))
        else:
            stack.start(*_BEHIND, "gateway")
        behind = [stack.process(service).pid for service in _BEHIND]
        self.drf = Server("drf", self.peer.url, self._settings("drf"), [self.peer.pid])
        ours = self._settings("ours") | {"LOGIN": '{"email": "user%d@example.org", "password": "password"}'}
        self.ours = Server("ours", stack.url, ours, [stack.process("gateway").pid, *behind])
        url, process = self._gateway("uncached", {"SYLLABUS_CACHE_BYTES": "0"})
        self.uncached = Server("uncached", url, ours, [process.pid, *behind])
        if self._whole:
            self._start_apart()

    def _start_apart(self) -> None:
        stack = self.stack
        socket = stack.directory / "run" / "apart-enrollment.sock"
        alone = {"SYLLABUS_LISTEN": f"unix:{socket}", "SYLLABUS_RUN_WORKER": "false"}
        enrollment = self._process(
            "apart-enrollment", stack.command("enrollment"), stack.environment("enrollment") | alone
        )
        if not wait_until(lambda: not unready(socket), 60.0):
            raise RuntimeError(f"the second enrollment did not start\n{enrollment.tail()}")
        url, process = self._gateway("apart", {"SYLLABUS_ENROLLMENT_URL": f"unix:{socket}"})
        self.apart = Server("apart", url, self.ours.settings, [process.pid, enrollment.pid, *self.ours.pids[1:]])

    def close(self) -> None:
        for process in self._others:
            process.stop()
        if self.peer is not None:
            self.peer.close()
        self.stack.close()

    def check(self) -> None:
        """Every counter of enrollment against its rows."""
        seed.check(self.stack)

    @contextmanager
    def undelivered(self) -> Iterator[None]:
        """Events stay in enrollment's outbox meanwhile, as its one relay is halted. Afterwards they are published."""
        relay = self.stack.process("enrollment").pid
        os.kill(relay, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(relay, signal.SIGCONT)
        with psycopg.connect(
            make_conninfo(self.stack.database.url, dbname=self.stack.database_name), autocommit=True
        ) as admin:
            if not wait_until(lambda: admin.execute(_WAITING).fetchone() == (0,), 120.0):
                raise RuntimeError("enrollment's outbox is not empty after 120 s")

    def memory(self) -> tuple[Figure, list[str]]:
        assert self.peer is not None
        return memory.measure(self.stack, self._took, self.peer.pid)

    def size_of(self, path: str) -> int:
        """Bytes of our answer."""
        return len(httpx.get(self.ours.url + path).raise_for_status().content)

    def fill_cache(self) -> None:
        """Have the gateway keep every course's page: a first second of load would leave some out."""
        with httpx.Client(base_url=self.ours.url, timeout=30) as guest:
            for number in range(self.courses):
                guest.get(f"/api/courses/course-{number + 1}/").raise_for_status()

    def meet_everyone(self, server: Server) -> None:
        """Have each user that the load scripts draw ask for a course and for a lesson, once.

        Whom it knows a gateway remembers for a minute, and a signature is good for half of one. Rounds of two seconds
        after a start would measure little but first requests; after half a minute of the same load there are few.
        """

        def make(number: int) -> paced.Request:
            user, second = 1 + number // 2, number % 2
            course = (user * 13 + self.courses // 10) % self.courses
            path = f"/api/lessons/{course * 48 + 1}/" if second else f"/api/courses/course-{course + 1}/"
            return "GET", path, {"Authorization": f"Token {seed.token_of(user)}"}, None

        seconds = 2 * self.drawn_users / _MET_A_SECOND
        met = paced.send(server.url, make, rate=_MET_A_SECOND, seconds=seconds, warm_up=0.0)
        if met.failed:
            raise RuntimeError(f"{server.name}: answers that were not 2xx: {dict(met.failed)}")

    def static(self, size: int) -> Server:
        """The limit: a static answer of so many bytes."""
        if size not in self._statics:
            port = free_port()
            process = self._process(f"static-{size}", [sys.executable, "-m", "bench.static", str(port), str(size)], {})
            assert wait_until(lambda: not is_free(port), 20.0), process.tail()
            self._statics[size] = Server("static", f"http://127.0.0.1:{port}", self._settings("ours"), [process.pid])
        return self._statics[size]

    @property
    def drawn_users(self) -> int:
        """How many users the load scripts know."""
        return min(self.users, seed.MOST_DRAWN)

    @property
    def teacher_and_course(self) -> tuple[str, str]:
        """The token of who leads a course, and the course."""
        return seed.token_of(8), "course-1"

    def _settings(self, side: str) -> dict[str, str]:
        return {"DATA_DIR": str(self.stack.directory / "lists"), "DB": side, "COURSES": str(self.courses)}

    def _gateway(self, name: str, settings: dict[str, str]) -> tuple[str, Process]:
        """Another gateway, without a worker; its address."""
        port = free_port()
        private = self.stack.directory / "run" / f"{name}.sock"
        own = {
            "SYLLABUS_RUN_WORKER": "false",
            "SYLLABUS_LISTEN": f"127.0.0.1:{port}",
            "SYLLABUS_INTERNAL_LISTEN": f"unix:{private}",
        }
        process = self._process(name, self.stack.command("gateway"), self.stack.environment("gateway") | own | settings)
        if not wait_until(lambda: not is_free(port), 60.0):
            raise RuntimeError(f"the gateway {name} did not start\n{process.tail()}")
        return f"http://127.0.0.1:{port}", process

    def _process(self, name: str, command: list[str], environment: dict[str, str]) -> Process:
        logs: Path = self.stack.directory / "logs"
        process = Process(
            command,
            log=logs / f"{name}.log",
            record=self.stack.directory / "run" / f"{name}.pid",
            directory=checkout(),
            environment=environment or {"PATH": "/usr/bin:/bin"},
        )
        self._others.append(process)
        return process
