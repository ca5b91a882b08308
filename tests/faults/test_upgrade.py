"""Releases change under load."""

import subprocess
from contextlib import suppress
from typing import Any

import psycopg
import pytest

from shared.runtime.roles import SERVICES

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900), pytest.mark.whole]

EXPAND = (
    "ALTER TABLE enrollment.enrollments ADD COLUMN mood text",
    "ALTER TABLE catalog.courses ADD COLUMN mood text NOT NULL DEFAULT 'calm'",
    "ALTER TABLE certificate.completions ADD COLUMN mood text",
    "CREATE INDEX CONCURRENTLY ix_mood ON enrollment.enrollments (mood)",
)
CONTRACT = (
    "DROP INDEX CONCURRENTLY enrollment.ix_mood",
    "ALTER TABLE enrollment.enrollments DROP COLUMN mood",
    "ALTER TABLE catalog.courses DROP COLUMN mood",
    "ALTER TABLE certificate.completions DROP COLUMN mood",
)


def test_a_migration_while_learners_work(plant, suffer) -> None:
    """Columns and an index come and go under running processes; `migrate` of all services runs beside them."""

    def migrate(traffic) -> None:
        traffic.reach(0.1)
        with plant.database() as connection:
            for statement in EXPAND:
                change(connection, statement)
        for service in SERVICES:
            environment = plant.stack.environment(service)
            subprocess.run(plant.stack.command(service, "migrate"), env=environment, check=True, capture_output=True)
        with plant.database() as connection:
            for statement in CONTRACT:
                change(connection, statement)

    suffer("columns and an index come and go, `migrate` of all", migrate)


def change(connection: psycopg.Connection[Any], statement: str) -> None:
    """Learners wait two seconds at most for a change that waits for its lock; then it is tried again."""
    holds_up_nobody = "CONCURRENTLY" in statement
    connection.execute(f"SET lock_timeout = '{0 if holds_up_nobody else 2}s'")  # type: ignore[arg-type]
    while True:
        with suppress(psycopg.errors.LockNotAvailable):
            connection.execute(statement)  # type: ignore[arg-type]
            return


def test_workers_are_exchanged_one_after_the_other(plant, suffer) -> None:
    """Of each service the new worker stands beside the old one before that ends: two releases at once."""

    def roll(traffic) -> None:
        for number, service in enumerate(SERVICES):
            traffic.reach(0.1 + 0.15 * number)
            old = plant.workers[service]
            plant.start_worker(service, f"next-{service}")
            old.stop()
            plant.workers[service] = plant.workers.pop(f"next-{service}")

    suffer("all workers exchanged, new beside old", roll)
