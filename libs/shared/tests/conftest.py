"""A database with nothing but the tables of the bus and of jobs, and one table for effects."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Protocol

import psycopg
import pytest
from sqlalchemy import text

from shared import inbox, jobs, outbox
from shared.contracts.enrollment.events import EnrollmentCreated
from shared.database import Database
from shared.runtime.roles import SERVICES, prepare_database
from shared.testing import Environment


@pytest.fixture(scope="session")
def bus_database_url(environment: Environment) -> str:
    """A database of the enrollment service with the tables `outbox`, `inbox`, `jobs` and `effects`."""
    urls = prepare_database(
        environment.admin_url, database=f"test_{environment.process}_bus", passwords=dict.fromkeys(SERVICES, "test")
    )
    with psycopg.connect(urls["enrollment"], autocommit=True) as connection:
        for statement in (*outbox.CREATE_TABLES, *inbox.CREATE_TABLES, *jobs.create_tables("enrollment")):
            connection.execute(statement)
        connection.execute("CREATE TABLE effects (place bigserial, aggregate_id bigint, version bigint)")
    return urls["enrollment"]


@pytest.fixture
async def database(bus_database_url: str) -> AsyncIterator[Database]:
    opened = Database(bus_database_url, pool_size=4, name="test")
    async with opened.transaction() as session:
        for table in ("outbox", "inbox", "effects", "jobs"):
            await session.execute(text(f"DELETE FROM {table}"))
    yield opened
    await opened.close()


class Enrolled(Protocol):
    def __call__(self, number: int, version: int = 1) -> EnrollmentCreated: ...


@pytest.fixture
def enrolled() -> Enrolled:
    """Makes an event of the enrollment with that number."""

    def make(number: int, version: int = 1) -> EnrollmentCreated:
        return EnrollmentCreated(
            version=version, enrollment_id=number, user_id=7, course_id=3, status="active", progress_percentage=0,
            completed_lessons=0, total_lessons=4, created_date=datetime(2026, 1, 1, tzinfo=UTC),
        )  # fmt: skip

    return make
