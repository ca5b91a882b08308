"""Every operation of the public API stands in a service's table of who may do what, so that none is without a rule."""

import importlib.util
from pathlib import Path

import pytest
from docs.write import openapi

SERVICES = Path(__file__).parents[2] / "services"
TABLES = sorted(SERVICES.glob("*/tests/**/test_permissions.py"))
METHODS = ("get", "put", "post", "delete", "patch")


def rules_of(table: Path) -> set[tuple[str, str]]:
    spec = importlib.util.spec_from_file_location("_".join(table.with_suffix("").parts[-4:]), table)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {(rule[0], rule[1]) for rule in module.RULES}


@pytest.mark.parametrize("service", ["assessment", "catalog", "certificate", "enrollment", "gateway"])
def test_the_service_has_a_table(service: str) -> None:
    assert any(table.is_relative_to(SERVICES / service) for table in TABLES)


def test_every_operation_is_in_one() -> None:
    tested = {rule for table in TABLES for rule in rules_of(table)}
    documented = {
        (method.upper(), path) for path, item in openapi()["paths"].items() for method in METHODS if method in item
    }
    assert sorted(documented - tested) == []
