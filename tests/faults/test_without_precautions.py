"""Faults that must cost something: each takes one precaution away, and demands that the accounting sees it.

Afterwards it is put right as an operator would do it, and nothing must be left.
"""

import subprocess

import pytest
from tests.faults.accounting import count_doubled, count_lost, find_inconsistent, queues_of, unsettled
from tests.faults.plant import LEARNERS, Plant, Traffic, wait_for

from shared.runtime.roles import SERVICES

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900), pytest.mark.whole]

UNPUBLISHED = "SELECT count(*) FROM enrollment.outbox WHERE published_at IS NULL"


def replay(plant: Plant, queue: str) -> None:
    command = [*plant.stack.command("enrollment", "replay"), "--queue", queue]
    subprocess.run(command, env=plant.stack.environment("enrollment"), check=True, capture_output=True)


def reconcile(plant: Plant, service: str) -> None:
    command = [*plant.stack.command(service, "reconcile"), "--repair"]
    subprocess.run(command, env=plant.stack.environment(service), check=True, capture_output=True)


def test_a_relay_that_does_not_wait_for_confirms_loses(plant: Plant) -> None:
    traffic = Traffic(plant.publish_course("control: no confirms"), plant.learners)
    plant.workers["enrollment"].stop()
    plant.start_worker("enrollment", sabotage="publish_without_confirms")
    traffic.reach(0.3)
    plant.stack.broker.kill()
    traffic.join()
    wait_for(lambda: plant.number(UNPUBLISHED) == 0)
    plant.workers["enrollment"].stop()
    plant.stack.broker.start_again()
    plant.start_worker("enrollment")
    wait_for(lambda: plant.has_empty_queues)
    assert any("misses" in missing for missing in unsettled(plant))
    assert count_lost(plant, traffic) == LEARNERS
    assert find_inconsistent(plant) != []

    for service in SERVICES:
        for queue, key in queues_of(service).items():
            if key.startswith("enrollment."):
                replay(plant, queue)
    wait_for(lambda: unsettled(plant) == [])
    assert (count_lost(plant, traffic), count_doubled(plant), find_inconsistent(plant)) == (0, 0, [])


def test_a_consumer_without_inbox_and_versions_doubles(plant: Plant) -> None:
    traffic = Traffic(plant.publish_course("control: no inbox"), plant.learners)
    plant.workers["catalog"].stop()
    plant.start_worker("catalog", sabotage="handle_without_inbox")
    traffic.join()
    wait_for(lambda: plant.has_empty_queues)
    replay(plant, "catalog.enrollment-enrollment")
    wait_for(lambda: plant.has_empty_queues)
    plant.workers["catalog"].stop()
    plant.start_worker("catalog")
    assert count_doubled(plant) >= LEARNERS
    assert find_inconsistent(plant) != []

    reconcile(plant, "catalog")
    replay(plant, "catalog.enrollment-enrollment")  # what it handled, it did not note
    wait_for(lambda: unsettled(plant) == [])
    assert (count_lost(plant, traffic), count_doubled(plant), find_inconsistent(plant)) == (0, 0, [])
