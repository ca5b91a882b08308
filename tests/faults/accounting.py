"""What a fault cost, counted from the owners' tables and not from counters of the code under test."""

import asyncio
import importlib
from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.faults.plant import Plant, Traffic

from shared.auth import Signer
from shared.broker import Topology
from shared.database import Database
from shared.inbox import Handlers
from shared.peers import Peers
from shared.reconcile import reconcile
from shared.runtime.roles import SERVICES


@dataclass(frozen=True)
class Cost:
    """Of one fault."""

    fault: str
    operations: int
    refused: int
    lost: int
    doubled: int
    inconsistent: int
    recovery_s: float

    HEAD = "| fault | operations done | refused, then done | lost | doubled | inconsistent | recovery, s |"

    def __str__(self) -> str:
        return (
            f"| {self.fault} | {self.operations} | {self.refused} | {self.lost} | {self.doubled} |"
            f" {self.inconsistent} | {self.recovery_s:.1f} |"
        )


def unsettled(plant: Plant) -> list[str]:
    """What has not had its effect yet: unpublished events, events that a service wants and has not handled, and
    completions without a certificate."""
    with plant.database() as connection:

        def number(statement: str, *values: object) -> int:
            row = connection.execute(statement, values).fetchone()  # type: ignore[arg-type]
            return int(row[0]) if row else 0

        ends = [
            f"{owner}: {waiting} unpublished"
            for owner in SERVICES
            if (waiting := number(f"SELECT count(*) FROM {owner}.outbox WHERE published_at IS NULL"))
        ]
        for consumer in SERVICES:
            for owner, types in wanted(consumer).items():
                missing = number(
                    f"SELECT count(*) FROM {owner}.outbox o WHERE o.type = ANY(%s) AND NOT EXISTS"
                    f" (SELECT 1 FROM {consumer}.inbox i WHERE i.event_id = o.event_id)",
                    types,
                )
                if missing:
                    ends.append(f"{consumer} misses {missing} events of {owner}")
        done = number("SELECT count(*) FROM enrollment.enrollments WHERE completion_date IS NOT NULL")
        issued = number("SELECT count(DISTINCT enrollment_id) FROM certificate.certificates")
        return ends + ([] if done == issued else [f"{done - issued} certificates to come"])


def wanted(consumer: str) -> dict[str, list[str]]:
    """Types of events that a service handles, by owner."""
    types: dict[str, list[str]] = {}
    for event in handlers_of(consumer):
        types.setdefault(event.owner(), []).append(event.TYPE)
    return types


def queues_of(service: str) -> dict[str, str]:
    """The queues of a service, each with the start of the types that it gets."""
    topology = Topology(service, tuple(handlers_of(service)))
    return {queue: key.removesuffix("#") for queue, key in topology.queues.items()}


def handlers_of(service: str) -> Handlers:
    """What it does about which event."""
    handlers: Handlers = importlib.import_module(f"{service}.consumers").HANDLERS
    return handlers


def count_lost(plant: Plant, traffic: Traffic) -> int:
    """Work that a learner was told is done and is not, and what should have followed from it and did not."""
    kept = plant.number(
        "SELECT count(*) FROM enrollment.progress WHERE id = ANY(%s) AND is_completed AND time_spent > 0",
        traffic.completed,
    )
    incomplete = plant.number(
        "SELECT count(*) FROM enrollment.enrollments e WHERE course_id = %s AND (status <> 'completed' OR NOT EXISTS"
        " (SELECT 1 FROM certificate.certificates c WHERE c.enrollment_id = e.id))",
        traffic.course["id"],
    )
    return len(traffic.completed) - kept + incomplete


def count_doubled(plant: Plant) -> int:
    """What happens once for each enrollment and happened more often, and learners counted more than once."""
    events = "SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM {} WHERE type = %s GROUP BY {}) AS times"
    once = (
        ("enrollment.outbox", "enrollment.enrollment.created.v1", "aggregate_id"),
        ("enrollment.outbox", "enrollment.enrollment.completed.v1", "aggregate_id"),
        ("certificate.outbox", "certificate.certificate.issued.v1", "data ->> 'enrollment_id'"),
    )
    doubled = sum(plant.number(events.format(table, key), kind) for table, kind, key in once)
    counted = plant.number(
        "SELECT coalesce(sum(greatest(0, enrolled_students_count - (SELECT count(*) FROM enrollment.enrollments e"
        " WHERE e.course_id = courses.id))), 0) FROM catalog.courses"
    )
    certificates = plant.number("SELECT count(*) - count(DISTINCT enrollment_id) FROM certificate.certificates")
    return doubled + counted + certificates


def find_inconsistent(plant: Plant) -> list[str]:
    """What `python -m SERVICE reconcile` finds, of all services."""

    async def of(service: str) -> list[str]:
        told = {
            name.removeprefix("SYLLABUS_").lower(): value
            for name, value in plant.stack.environment(service).items()
            if name.startswith("SYLLABUS_")
        }
        settings: Any = importlib.import_module(f"{service}.settings").Settings(**told)
        database = Database(settings.database_url, pool_size=1, name="reconcile")
        owners = Peers(settings, Signer(service, settings.identity_key_file))
        try:
            reconciliation = importlib.import_module(f"{service}.reconciliation").RECONCILIATION
            report = await reconcile(reconciliation, database, owners)
            assert report.compared
            return [f"{service}: {difference}" for difference in report.left]
        finally:
            await owners.close()
            await database.close()

    async def of_all() -> list[str]:
        return [found for service in SERVICES for found in await of(service)]

    return asyncio.run(of_all())


def dead_letters(plant: Plant) -> Counter[str]:
    """How many stand in which queue of dead letters."""
    return Counter({name: number for name, number in plant.depths().items() if name.endswith(".dlq")})
