"""Breaking the system under load. `make faults` runs everything and writes docs/faults.md; CI a short form."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest
from tests.faults.accounting import (
    Cost,
    count_doubled,
    count_lost,
    dead_letters,
    find_inconsistent,
    unsettled,
)
from tests.faults.plant import Plant, Traffic, wait_for

from shared.runtime.roles import SERVICES
from shared.runtime.stack import Stack
from shared.runtime.state import checkout

IS_WHOLE = os.environ.get("SYLLABUS_FAULTS") == "all"
COSTS: list[Cost] = []
DOCUMENT = checkout() / "docs" / "faults.md"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave what only `make faults` tries out of an ordinary run."""
    left_out = [] if IS_WHOLE else [item for item in items if item.get_closest_marker("whole")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session" if IS_WHOLE else "module")
def plant() -> Iterator[Plant]:
    with Stack(durable=True, settings={"SYLLABUS_RUN_WORKER": "false"}) as stack, closing(Plant(stack)) as plant:
        wait_for(lambda: unsettled(plant) == [])
        yield plant


Break = Callable[[Traffic], None]


@pytest.fixture
def suffer(plant: Plant) -> Callable[..., Cost]:
    """`suffer("what is broken", breaking)`: learners work, `breaking(traffic)` breaks something and heals it.

    Then everything comes to rest, and what it cost is counted: refusals at most, and those only where `may_refuse`.
    """

    def run(fault: str, breaking: Break, *, may_refuse: bool = False, dead: int = 0) -> Cost:
        before = dead_letters(plant)
        traffic = Traffic(plant.publish_course(fault), plant.learners)
        try:
            breaking(traffic)
        finally:
            healed = time.monotonic()
            traffic.join()
        wait_for(lambda: unsettled(plant) == [])
        wait_for(plant.is_ready)
        recovery = time.monotonic() - max(healed, traffic.last)
        inconsistent = find_inconsistent(plant)
        cost = Cost(
            fault=fault,
            operations=traffic.done,
            refused=len(traffic.refused),
            lost=count_lost(plant, traffic),
            doubled=count_doubled(plant),
            inconsistent=len(inconsistent),
            recovery_s=recovery,
        )
        COSTS.append(cost)
        assert inconsistent == []
        assert (cost.lost, cost.doubled) == (0, 0)
        assert may_refuse or traffic.refused == []
        assert (dead_letters(plant) - before).total() == dead
        assert all(plant.workers[service].exit_code is None for service in SERVICES)
        return cost

    return run


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not COSTS:
        return
    table = "\n".join([Cost.HEAD, "|---|" + "--:|" * 6, *map(str, COSTS)])
    terminalreporter.write_sep("=", "faults")
    terminalreporter.write_line(table)
    stats = terminalreporter.stats
    if IS_WHOLE and not (stats.get("failed") or stats.get("error") or stats.get("deselected")):
        text = DOCUMENT.read_text()
        head, _, rest = text.partition("<!-- table -->\n")
        tail = rest.partition("<!-- end -->")[2]
        day = datetime.now(UTC).date()
        DOCUMENT.write_text(f"{head}<!-- table -->\n{table}\n\nMeasured on {day}.\n<!-- end -->{tail}")
