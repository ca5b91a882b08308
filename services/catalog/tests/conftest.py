"""The catalog under test, and builders of what most tests begin with."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy

from catalog.consumers import HANDLERS
from catalog.main import create
from catalog.models import Course
from catalog.settings import Settings
from shared.auth import Identity
from shared.testing import Environment, ServiceUnderTest, serve_for_tests, user

TEACHER = user(7, "instructor", name="Grace Teacher")
Build = Callable[..., Awaitable[dict[str, Any]]]
Insert = Callable[[Sequence[dict[str, Any]]], Awaitable[None]]


@pytest.fixture
async def catalog(environment: Environment, tmp_path: Path) -> AsyncIterator[ServiceUnderTest]:
    async with serve_for_tests(Settings, create, HANDLERS, environment, files_dir=tmp_path) as service:
        yield service


@pytest.fixture
def teacher(catalog: ServiceUnderTest) -> httpx.AsyncClient:
    """An instructor: who makes the courses of the builders."""
    return catalog.client(TEACHER)


@pytest.fixture
def colleague(catalog: ServiceUnderTest) -> httpx.AsyncClient:
    """An instructor of other courses."""
    return catalog.client(user(8, "instructor", name="Alan Other"))


@pytest.fixture
def student(catalog: ServiceUnderTest) -> httpx.AsyncClient:
    return catalog.client(user(20))


@pytest.fixture
def admin(catalog: ServiceUnderTest) -> httpx.AsyncClient:
    return catalog.client(user(1, "administrator", name="Root"))


@pytest.fixture
def guest(catalog: ServiceUnderTest) -> httpx.AsyncClient:
    return catalog.client()


@pytest.fixture
def course(catalog: ServiceUnderTest) -> Build:
    """A draft with an objective, made through the API."""

    async def build(by: Identity = TEACHER, **fields: Any) -> dict[str, Any]:
        body = {"title": "Databases", "description": "d" * 60, "learning_objectives": ["Write queries"], **fields}
        return await made(catalog.client(by), "/api/courses/", body)

    return build


@pytest.fixture
def insert_courses(catalog: ServiceUnderTest) -> Insert:
    """Inserts many courses past the API: published ones, except where their columns say otherwise."""

    async def insert(rows: Sequence[dict[str, Any]]) -> None:
        now = datetime.now(UTC)
        plain = {
            "description": "", "price": 0, "is_draft": False, "is_published": True, "published_date": now,
            "created_date": now, "updated_date": now,
        }  # fmt: skip
        numbered = [
            plain | {"slug": f"course-{number}", "family_id": 1000 + number} | row for number, row in enumerate(rows)
        ]
        async with catalog.database.transaction() as session:
            await session.execute(sqlalchemy.insert(Course), numbered)

    return insert


@pytest.fixture
def teach_every_third(catalog: ServiceUnderTest) -> Callable[[int], Awaitable[None]]:
    """Has whoever teaches a course teach every third one of the others too."""

    async def teach(course_id: int) -> None:
        taught = sqlalchemy.text(
            "INSERT INTO course_instructors"
            " SELECT (jsonb_populate_record(taught, jsonb_build_object('course_id', courses.id))).*"
            " FROM course_instructors AS taught, courses WHERE taught.course_id = :course_id AND courses.id % 3 = 0"
            " AND courses.id <> :course_id"
        )
        async with catalog.database.transaction() as session:
            await session.execute(taught, {"course_id": course_id})

    return teach


@pytest.fixture
def module(catalog: ServiceUnderTest) -> Build:
    async def build(course_id: int, by: Identity = TEACHER, **fields: Any) -> dict[str, Any]:
        return await made(catalog.client(by), "/api/modules/", {"course": course_id, "title": "Tables", **fields})

    return build


@pytest.fixture
def lesson(catalog: ServiceUnderTest) -> Build:
    async def build(module_id: int, by: Identity = TEACHER, **fields: Any) -> dict[str, Any]:
        body = {"module": module_id, "title": "Keys", "content": "<p>The full content</p>", **fields}
        return await made(catalog.client(by), "/api/lessons/", body)

    return build


@pytest.fixture
def published(catalog: ServiceUnderTest, course: Build, module: Build, lesson: Build) -> Build:
    """A published course with one module of one lesson; `lesson` has the lesson's fields. Read as its staff."""

    async def build(lesson_fields: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
        draft = await course(**fields)
        section = await module(draft["id"])
        await lesson(section["id"], **(lesson_fields or {}))
        answer = await catalog.client(TEACHER).put(f"/api/courses/{draft['id']}/publish/")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    return build


async def made(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created
