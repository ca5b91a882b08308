"""The gateway at a real address, and clients with real sockets."""

import asyncio
import itertools
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from gateway.main import create
from gateway.server import public_listener
from gateway.settings import Settings
from shared.contracts.assessment.events import AttemptGraded, AttemptStarted, AttemptState
from shared.contracts.catalog.events import CategoryRef, CourseEvent, CoursePublished, StaffMember
from shared.contracts.enrollment.events import EnrollmentCreated, EnrollmentEvent, ProgressUpdated
from shared.testing import ServiceUnderTest

LIMIT_S = 20
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
_versions = itertools.count(1)


@dataclass
class Client:
    """One open socket."""

    socket: ClientConnection

    async def say(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def hear(self, *types: str) -> dict[str, Any]:
        """The next message, of these types or any, that is no ping."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                message: dict[str, Any] = json.loads(await self.socket.recv())
                if message["type"] != "ping" and (not types or message["type"] in types):
                    return message

    async def closing(self) -> int:
        """The code that the server closes with."""
        async with asyncio.timeout(LIMIT_S):
            try:
                while True:
                    await self.socket.recv()
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else 0


@dataclass
class Live:
    """The public address of one process."""

    url: str

    @asynccontextmanager
    async def open(
        self, path: str, token: str | None = None, *, resume: int | None = None, **options: Any
    ) -> AsyncIterator[Client]:
        """A socket; with a token, one that is signed in."""
        async with connect(self.url.replace("http", "ws") + path, proxy=None, **options) as made:
            client = Client(made)
            if token is not None:
                await client.say(type="authenticate", token=token)
                if resume is not None:
                    await client.say(type="resume", last_event_id=resume)
                assert (await client.hear())["type"] == "authenticated"
            yield client

    async def code(self, path: str, token: str | None = None, **options: Any) -> int:
        """The code that it closes with by itself."""
        async with connect(self.url.replace("http", "ws") + path, proxy=None, **options) as made:
            client = Client(made)
            if token is not None:
                await client.say(type="authenticate", token=token)
            return await client.closing()


@asynccontextmanager
async def served_live(app: Any) -> AsyncIterator[Live]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    listener = public_listener(app, f"127.0.0.1:{port}")
    serving = asyncio.create_task(listener.serve())
    async with asyncio.timeout(LIMIT_S):
        while not listener.started:
            await asyncio.sleep(0.01)
    try:
        yield Live(f"http://127.0.0.1:{port}")
    finally:
        await app.state.push.hub.stop()
        listener.should_exit = True
        await serving


@pytest.fixture
async def live(gateway: ServiceUnderTest) -> AsyncIterator[Live]:
    async with served_live(gateway.app) as served:
        yield served


MakeProcess = Callable[..., Awaitable[Live]]


@pytest.fixture
async def another_process(gateway: ServiceUnderTest) -> AsyncIterator[MakeProcess]:
    """One more gateway on the same database, which shares nothing else with the first; settings may differ."""
    async with AsyncExitStack() as stack:

        async def make(**changes: Any) -> Live:
            settings: Settings = gateway.settings.model_copy(update=changes)  # type: ignore[assignment]
            app = create(settings)
            app.state.peers = gateway.peers
            await stack.enter_async_context(app.router.lifespan_context(app))
            app.state.authentication.vault = gateway.app.state.authentication.vault
            return await stack.enter_async_context(served_live(app))

        yield make


@pytest.fixture
async def web(live: Live) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=live.url, timeout=LIMIT_S) as client:
        yield client


def course(course_id: int, staff: list[int], kind: type[CourseEvent] = CoursePublished, **changes: Any) -> CourseEvent:
    fields: dict[str, Any] = {
        "version": next(_versions),
        "course_id": course_id,
        "slug": f"course-{course_id}",
        "title": f"Course {course_id}",
        "category": CategoryRef(id=1, name="General", slug="general"),
        "level": "beginner",
        "language": "en",
        "price": Decimal(0),
        "has_certificate": True,
        "is_draft": False,
        "is_published": True,
        "is_deleted": False,
        "staff": [StaffMember(user_id=one, name="Ines", is_lead=one == staff[0]) for one in staff],
        "modules": [],
    }
    return kind(**fields | changes)


def enrollment(
    user_id: int, course_id: int, kind: type[EnrollmentEvent] = EnrollmentCreated, **changes: Any
) -> EnrollmentEvent:
    return kind(**enrollment_fields(user_id, course_id) | changes)


def enrollment_fields(user_id: int, course_id: int) -> dict[str, Any]:
    return {
        "version": next(_versions),
        "enrollment_id": user_id * 1000 + course_id,
        "user_id": user_id,
        "course_id": course_id,
        "status": "active",
        "progress_percentage": 0,
        "completed_lessons": 0,
        "total_lessons": 4,
        "created_date": NOW,
    }


def progress(user_id: int, course_id: int, lesson_id: int = 123, **changes: Any) -> ProgressUpdated:
    fields = {
        **enrollment_fields(user_id, course_id),
        "progress_id": 9,
        "lesson_id": lesson_id,
        "is_completed": False,
        "lesson_percentage": 75,
        "time_spent": 0,
    }
    return ProgressUpdated(**fields | changes)


def attempt(
    user_id: int, course_id: int, kind: type[AttemptState] = AttemptStarted, assessment_id: int = 30, **changes: Any
) -> Any:
    fields: dict[str, Any] = {
        "version": next(_versions),
        "attempt_id": 77,
        "attempt_number": 1,
        "assessment_id": assessment_id,
        "course_id": course_id,
        "lesson_id": 123,
        "user_id": user_id,
        "status": "graded" if kind is AttemptGraded else "in_progress",
        "max_score": 4.0,
        "has_passed": False,
        "start_time": NOW,
    }
    return kind(**fields | changes)


@pytest.fixture
def make() -> Any:
    """Events: `make.course(...)`, `make.enrollment(...)`, `make.progress(...)`, `make.attempt(...)`."""

    class Make:
        course = staticmethod(course)
        enrollment = staticmethod(enrollment)
        enrollment_fields = staticmethod(enrollment_fields)
        progress = staticmethod(progress)
        attempt = staticmethod(attempt)
        next_version = staticmethod(lambda: next(_versions))

    return Make
