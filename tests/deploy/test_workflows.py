"""Each service has a workflow of its own, which runs for what the service is made of and for nothing of the others."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.runtime.roles import SERVICES

FOLDER = Path(__file__).parents[2] / ".github/workflows"


@pytest.mark.parametrize("service", SERVICES)
def test_it_is_tested_and_built_alone(service: str) -> None:
    workflow: dict[Any, Any] = yaml.safe_load((FOLDER / f"{service}.yml").read_text())
    paths = workflow[True]["push"]["paths"]  # YAML 1.1 reads `on` as true
    assert {f"services/{service}/**", "libs/shared/**", "tests/contract/**"} <= set(paths)
    assert not [path for path in paths for other in SERVICES if other != service and f"services/{other}/" in path]
    steps = [step.get("run", "") for job in workflow["jobs"].values() for step in job["steps"]]
    for command in ("lint", "types", "test", "audit"):
        assert f"./dev {command} S={service}" in steps
    assert "./dev test tests/contract" in steps
    assert [step for step in steps if f"--build-arg SERVICE={service}" in step]
