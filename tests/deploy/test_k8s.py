"""The manifests for a cluster say what the code says: there is no cluster in CI to find out."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.deploy.test_compose import COMPOSE, settings_of

from shared.runtime.roles import SERVICES

FOLDER = Path(__file__).parents[2] / "deploy/k8s"
CONFIG: dict[str, str] = yaml.safe_load((FOLDER / "servers/config.yaml").read_text())["data"]
FILES = sorted(FOLDER.glob("*/*.yaml"))


def objects(*kinds: str) -> Iterator[dict[str, Any]]:
    for file in FILES:
        for found in yaml.safe_load_all(file.read_text()):
            if found["kind"] in kinds or not kinds:
                yield found


WORKLOADS = {found["metadata"]["name"]: found for found in objects("Deployment", "Job")}
APIS = [(service, WORKLOADS[service]) for service in SERVICES]


def pod(workload: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = workload["spec"]["template"]["spec"]
    return spec


def variables(workload: dict[str, Any]) -> dict[str, Any]:
    (container,) = pod(workload)["containers"]
    return CONFIG | {entry["name"]: entry.get("value") for entry in container["env"]}


def service_of(workload: dict[str, Any]) -> str:
    name: str = workload["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"]
    return name


def test_every_service_has_api_worker_and_migration() -> None:
    assert set(WORKLOADS) == {f"{service}{role}" for service in SERVICES for role in ("", "-worker", "-migrate")}


@pytest.mark.parametrize("part", ["servers", "migrate", "services"])
def test_a_kustomization_takes_every_file_of_its_folder(part: str) -> None:
    said = yaml.safe_load((FOLDER / part / "kustomization.yaml").read_text())
    assert set(said["resources"]) == {file.name for file in (FOLDER / part).glob("*.yaml")} - {"kustomization.yaml"}
    assert {image["name"] for image in said.get("images", [])} in ({f"syllabus-{s}" for s in SERVICES}, set())


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS)
class TestWorkloads:
    def test_every_variable_is_a_setting_and_its_plain_values_are_accepted(self, workload: dict[str, Any]) -> None:
        settings = settings_of(service_of(workload))
        for name, value in variables(workload).items():
            field = name.removeprefix("SYLLABUS_").lower()
            assert field in settings.model_fields, name
            if value is not None and not field.endswith("_file"):
                settings.model_validate({"database_url": "", field: value})

    def test_nothing_secret_stands_in_it(self, workload: dict[str, Any]) -> None:
        (container,) = pod(workload)["containers"]
        for entry in container["env"]:
            if re.search(r"DATABASE_URL|AMQP|SMTP|REDIS|_KEY$|PASSWORD", entry["name"]):
                assert "value" not in entry, entry["name"]
                assert entry["valueFrom"]["secretKeyRef"]

    def test_it_has_no_rights_and_writes_nowhere_but_to_its_volumes(self, workload: dict[str, Any]) -> None:
        spec = pod(workload)
        (container,) = spec["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is False
        assert "memory" in container["resources"]["limits"]

    def test_what_it_mounts_is_there_and_holds_the_files_it_reads(self, workload: dict[str, Any]) -> None:
        spec, (container,) = pod(workload), pod(workload)["containers"]
        mounted = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        assert set(mounted) == {volume["name"] for volume in spec["volumes"]}
        for name, value in variables(workload).items():
            if name.endswith("_FILE"):
                assert str(value).startswith(mounted["keys"] + "/")
        claims = {found["metadata"]["name"] for found in objects("PersistentVolumeClaim")}
        for volume in spec["volumes"]:
            if "persistentVolumeClaim" in volume:
                assert volume["persistentVolumeClaim"]["claimName"] in claims

    def test_it_is_given_what_compose_gives_it_too(self, workload: dict[str, Any]) -> None:
        left_to_default = {"SYLLABUS_TRUSTED_PROXIES", "SYLLABUS_MAIL_SENDER", "SYLLABUS_S3_REGION"}
        name = workload["metadata"]["name"]
        given = set(COMPOSE["services"][name]["environment"]) - left_to_default
        if name.endswith("-migrate"):
            given -= {"SYLLABUS_FILES_DIR", "SYLLABUS_EXPORTS_DIR"}
        assert given <= variables(workload).keys()


@pytest.mark.parametrize(("service", "api"), APIS)
class TestServices:
    def test_peers_and_probes_find_it_where_it_listens(self, service: str, api: dict[str, Any]) -> None:
        told, (container,) = variables(api), pod(api)["containers"]
        private = told["SYLLABUS_INTERNAL_LISTEN" if service == "gateway" else "SYLLABUS_LISTEN"].rpartition(":")[2]
        ports = {port["name"]: str(port["containerPort"]) for port in container["ports"]}
        assert ports["private"] == private
        assert told[f"SYLLABUS_{service.upper()}_URL"] == f"http://{service}:{private}"
        (inside,) = [found for found in objects("Service") if found["metadata"]["name"] == service]
        assert inside["spec"]["ports"] == [{"name": "private", "port": int(private), "targetPort": "private"}]
        assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "private"}
        worker = WORKLOADS[f"{service}-worker"]
        listen = variables(worker)["SYLLABUS_WORKER_LISTEN"].rpartition(":")[2]
        assert pod(worker)["containers"][0]["ports"] == [{"name": "private", "containerPort": int(listen)}]

    def test_it_stops_being_ready_before_it_stops_serving(self, service: str, api: dict[str, Any]) -> None:
        probe = pod(api)["containers"][0]["readinessProbe"]
        drain_s = float(CONFIG["SYLLABUS_DRAIN_S"])
        assert drain_s > probe["periodSeconds"] * probe["failureThreshold"]
        assert pod(api)["terminationGracePeriodSeconds"] > drain_s + 8
        assert api["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0

    def test_both_are_more_than_one_and_kept_so_and_grow(self, service: str, api: dict[str, Any]) -> None:
        budgets = {found["metadata"]["name"] for found in objects("PodDisruptionBudget")}
        assert {service, f"{service}-worker"} <= budgets
        scaled = {
            found["spec"]["scaleTargetRef"]["name"] for found in objects("HorizontalPodAutoscaler", "ScaledObject")
        }
        assert {service, f"{service}-worker"} <= scaled


def test_only_the_gateways_public_port_is_open_to_everybody() -> None:
    open_to_all = [
        (policy["spec"]["podSelector"]["matchLabels"], rule["ports"])
        for policy in objects("NetworkPolicy")
        for rule in policy["spec"].get("ingress", [])
        if "from" not in rule
    ]
    selected = {"app.kubernetes.io/name": "gateway", "app.kubernetes.io/component": "api"}
    assert open_to_all == [(selected, [{"port": 8000}])]
    (ingress,) = objects("Ingress")
    backend = ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
    assert backend == {"name": "gateway-public", "port": {"name": "public"}}
    for workload in WORKLOADS.values():
        assert workload["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/part-of"] == "syllabus"


def test_the_depth_of_queues_is_asked_for_main_queues_only() -> None:
    for found in objects("ScaledObject"):
        service = found["spec"]["scaleTargetRef"]["name"].removesuffix("-worker")
        pattern = found["spec"]["triggers"][0]["metadata"]["queueName"]
        assert re.search(pattern, f"{service}.catalog-course")
        assert not re.search(pattern, f"{service}.catalog-course.dlq")
        assert not re.search(pattern, f"{service}.catalog-course.retry.5s")
