"""The whole system as real processes, for the tests that need it. They run one after the other, on one worker."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from demo.api import Api
from shared.runtime.stack import Stack

collect_ignore = [] if os.environ.get("SYLLABUS_REHEARSE") else ["rehearsals"]
"""Whole operations take minutes: `./dev rehearse` runs them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("stack"):
            item.add_marker(pytest.mark.xdist_group("stack"))
            if not item.get_closest_marker("timeout"):
                item.add_marker(pytest.mark.timeout(300))


class Running:
    """A running system: the API as its users see it, and its insides as only a test may."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.guest = Api(stack.url)
        subprocess.run(stack.command("gateway", "demo-accounts"), env=stack.environment("gateway"), check=True)
        self.admin = self.guest.log_in("admin@example.com")
        self.instructor = self.guest.log_in("instructor@example.com")
        self.student = self.guest.log_in("student@example.com")
        self.premium = self.guest.log_in("premium@example.com")

    def close(self) -> None:
        self.guest.close()

    def rows(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Rows of the database, across schemas."""
        with self.connection() as connection:
            return connection.execute(statement, values).fetchall()  # type: ignore[arg-type]

    def connection(self) -> psycopg.Connection[tuple[object, ...]]:
        """As superuser, across schemas."""
        return psycopg.connect(make_conninfo(self.stack.database.url, dbname=self.stack.database_name))

    def log(self, service: str) -> str:
        """What a service has written since its last start."""
        return Path(self.stack.directory / "logs" / f"{service}.log").read_text()


@pytest.fixture(scope="session")
def system() -> Iterator[Running]:
    """A running system that the tests share: leave every part running."""
    with Stack() as stack, closing(Running(stack)) as running:
        yield running
