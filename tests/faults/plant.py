"""The system under faults: each API and each worker a process of its own, and learners who work whatever happens."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from signal import SIGCONT, SIGSTOP
from typing import Any

import httpx
import psycopg
from psycopg.conninfo import make_conninfo

from demo.api import Api, Refused
from shared.runtime.process import Process
from shared.runtime.roles import SERVICES
from shared.runtime.stack import Stack
from shared.runtime.state import checkout

LEARNERS = 8
LESSONS = 4
STEPS = ({"progress_percentage": 40, "time_spent": 60}, {"time_spent": 120}, {"is_completed": True})
LIMIT_S = 120


def wait_for(condition: Callable[[], Any], limit_s: float = LIMIT_S) -> Any:
    """What it returns once it is true; fails after a limit that only a fault reaches."""
    deadline = time.monotonic() + limit_s
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {limit_s} s"
        time.sleep(0.05)
    return found


class Plant:
    """Five APIs and five workers on servers of their own, all of which a test may break and must heal."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.workers: dict[str, Process] = {}
        for service in SERVICES:
            self.start_worker(service)
        self.guest = Api(stack.url)
        subprocess.run(stack.command("gateway", "demo-accounts"), env=stack.environment("gateway"), check=True)
        self.instructor = self.guest.log_in("instructor@example.com")
        self.learners = [
            self.guest.register(f"learner-{number}@example.com", "Ada", f"Number{number}")[0]
            for number in range(LEARNERS)
        ]

    def close(self) -> None:
        for worker in self.workers.values():
            worker.ask_to_stop()
        for worker in self.workers.values():
            worker.stop()
        self.guest.close()

    def start_worker(self, service: str, name: str = "", *, sabotage: str = "", **settings: str) -> Process:
        """Start the worker of a service, or with a name one more beside it; or one that lacks a precaution."""
        name = name or service
        command = self.stack.command(service, "worker")
        if sabotage:
            command = [sys.executable, "-m", "tests.faults.sabotage", sabotage, service]
        self.workers[name] = Process(
            command,
            log=self.stack.directory / "logs" / f"{name}-worker.log",
            record=self.stack.directory / "run" / f"{name}-worker.pid",
            directory=checkout(),
            environment=self.stack.environment(service) | settings,
        )
        return self.workers[name]

    def freeze_worker(self, service: str) -> None:
        self.workers[service].send(SIGSTOP)

    def thaw_worker(self, service: str) -> None:
        self.workers[service].send(SIGCONT)

    def is_ready(self) -> bool:
        """Whether all services say so: a platform's probes, too, are the first to meet what a lost database left."""
        return not any(self.stack.missing(service) for service in SERVICES)

    def database(self, *, autocommit: bool = True) -> psycopg.Connection[Any]:
        """As superuser, across schemas."""
        url = make_conninfo(self.stack.database.url, dbname=self.stack.database_name)
        return psycopg.connect(url, autocommit=autocommit)

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self.database() as connection:
            return connection.execute(statement, values).fetchall()  # type: ignore[arg-type]

    def number(self, statement: str, *values: object) -> int:
        return int(self.rows(statement, *values)[0][0] or 0)

    def depths(self) -> dict[str, int]:
        """Messages in each queue that has some, given out or not."""
        lines = self.stack.broker.ctl("-q", "list_queues", "name", "messages").splitlines()
        pairs = (line.split("\t") for line in lines if line.count("\t") == 1)
        return {name: int(number) for name, number in pairs if number.isdecimal() and number != "0"}

    def depth(self, queue: str) -> int:
        return self.depths().get(queue, 0)

    @property
    def has_empty_queues(self) -> bool:
        """But for dead letters, and what nobody wants."""
        return all(name.endswith((".dlq", "unrouted")) for name in self.depths())

    def publish_course(self, title: str) -> dict[str, Any]:
        """A free course with a certificate."""
        body = {
            "title": title,
            "description": "A course whose learners go on while the system is broken under them.",
            "learning_objectives": ["Notice nothing"],
            "price": "0.00",
            "has_certificate": True,
        }
        course = self.instructor.post("/courses/", body)
        module = self.instructor.post("/modules/", {"course": course["id"], "title": "Only module"})
        for number in range(LESSONS):
            lesson = {
                "module": module["id"],
                "title": f"Lesson {number}",
                "type": "reading",
                "content": "Words enough.",
            }
            self.instructor.post("/lessons/", lesson)
        published: dict[str, Any] = self.instructor.put(f"/courses/{course['slug']}/publish/")
        return published


class Traffic:
    """Every learner enrolls in a course and works through it in three steps a lesson, insisting where refused.

    Before the last lesson they spend time in it until `join`: whatever is broken, they are at work meanwhile.
    """

    def __init__(self, course: dict[str, Any], learners: Sequence[Api]) -> None:
        self.course = course
        self.total = len(learners) * (2 + 3 * LESSONS)
        self.done = 0
        self.refused: list[str] = []
        self.completed: list[int] = []
        """Rows of progress that learners were told are complete."""
        self.failure: Exception | None = None
        self.last = 0.0
        self._lock = threading.Lock()
        self._pause = threading.Event()
        self._may_finish = threading.Event()
        self._threads = [threading.Thread(target=self._learn, args=(learner,)) for learner in learners]
        for thread in self._threads:
            thread.start()

    def reach(self, share: float) -> None:
        """Wait until so much of the work is done."""
        wait_for(lambda: self.done >= self.total * share or self.failure is not None)

    def join(self) -> None:
        """Let them complete the course, and wait until they have."""
        self._may_finish.set()
        for thread in self._threads:
            thread.join(LIMIT_S)
        assert not self.is_running, "learners did not get through"
        if self.failure is not None:
            raise self.failure

    @property
    def is_running(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def _learn(self, learner: Api) -> None:
        try:
            slug = self.course["slug"]
            enroll = f"/courses/{slug}/enroll/"
            enrollment = self._insist(lambda: learner.post(enroll), or_find=lambda: self._own(learner))
            rows = self._insist(lambda: learner.get("/progress/", enrollment=enrollment["id"], page_size=100))
            for row in rows["results"]:
                seconds = 0
                while row is rows["results"][-1] and not self._may_finish.is_set():
                    seconds += 1
                    self._insist(lambda: learner.put(f"/progress/{row['id']}/", {"time_spent": seconds}))  # noqa: B023
                    self._pause.wait(0.1)
                for change in STEPS:
                    self._insist(lambda: learner.put(f"/progress/{row['id']}/", change))  # noqa: B023
                with self._lock:
                    self.completed.append(row["id"])
        except Exception as error:
            self.failure = error

    def _own(self, learner: Api) -> dict[str, Any]:
        found: dict[str, Any] = learner.get("/enrollments/", course=self.course["slug"])["results"][0]
        return found

    def _insist(self, request: Callable[[], Any], or_find: Callable[[], Any] | None = None) -> Any:
        """The answer, asked for again while a part of the system is away.

        A request that was refused may have been done all the same: who enrolls again is told so (409), and looks.
        """
        deadline = time.monotonic() + LIMIT_S
        while True:
            try:
                answer = request()
            except (Refused, httpx.TransportError) as refusal:
                status = re.search(r"was answered (\d+)", str(refusal))
                if status and status[1] == "409" and or_find is not None:
                    request = or_find
                    continue
                if (status and status[1][0] != "5") or time.monotonic() > deadline:
                    raise
                with self._lock:
                    self.refused.append(f"{type(refusal).__name__}: {refusal}"[:200])
                self._pause.wait(0.1)
            else:
                with self._lock:
                    self.done += 1
                    self.last = time.monotonic()
                self._pause.wait(0.02)
                return answer
