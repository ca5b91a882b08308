"""Alerts and dashboards ask for metrics that exist; every process is scraped; every alert is in the runbook."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import gateway.front  # for its metrics
from shared.runtime.roles import SERVICES
from shared.telemetry import METRICS

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/observability"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OVERLAY: dict[str, Any] = yaml.safe_load((FOLDER / "docker-compose.yml").read_text())
ALERTS = [rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
DASHBOARDS = sorted((FOLDER / "dashboards").glob("*.json"))
OF_OTHERS = {"up", "rabbitmq_alarms_memory_used_watermark", "rabbitmq_alarms_free_disk_space_watermark"}
_WORDS = {"sum", "by", "rate", "max", "le", "and", "or", "delta", "increase", "topk", "histogram_quantile"}
assert gateway.front


def known() -> dict[str, set[str]]:
    """Name of every series → its labels; those of the scrape included."""
    names: dict[str, set[str]] = {}
    for collector in METRICS._collector_to_names:
        for name in METRICS._collector_to_names[collector]:
            names[name] = {*getattr(collector, "_labelnames", ()), "le", "service", "job", "instance"}
    return names


def asked(expression: str) -> tuple[set[str], set[str]]:
    """Series and labels that an expression names."""
    labels = {label.strip() for found in re.findall(r"by \(([^)]*)\)", expression) for label in found.split(",")}
    labels |= set(re.findall(r"([a-z_]+)\s*=~?\s*\"", expression))
    bare = re.sub(r"\{[^}]*\}|\[[^]]*\]|by \([^)]*\)|\"[^\"]*\"", "", expression)
    return set(re.findall(r"[a-z_]{2,}", bare)) - _WORDS, labels


def expressions() -> list[str]:
    boards = [json.loads(file.read_text()) for file in DASHBOARDS]
    shown = [target["expr"] for board in boards for panel in board["panels"] for target in panel["targets"]]
    return [rule["expr"] for rule in ALERTS] + shown


@pytest.mark.parametrize("expression", expressions())
def test_every_series_and_label_exists(expression: str) -> None:
    names, labels = asked(expression)
    series = known()
    assert names
    assert names <= series.keys() | OF_OTHERS
    for name in names - OF_OTHERS:
        assert labels <= series[name], name


def test_the_reading_of_expressions_finds_what_is_wrong() -> None:
    names, labels = asked('sum by (queue) (rate(syllabus_no_such{colour="red"}[5m]))')
    assert names == {"syllabus_no_such"}
    assert labels == {"queue", "colour"}


def test_every_metric_of_the_bus_is_shown() -> None:
    shown = " ".join(expressions())
    ours = {
        name.removesuffix("_created") for name in known() if name.startswith("syllabus_") and name.endswith("_total")
    }
    internal = {"syllabus_spans_lost_total", "syllabus_push_messages_total"}
    assert {name for name in ours if name not in shown} <= internal


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_every_alert_says_how_urgent_it_is_and_has_its_section_in_the_runbook(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"]
    assert f"### {rule['alert']}\n" in (ROOT / "docs/operations.md").read_text()


def test_every_process_is_scraped_where_it_listens() -> None:
    jobs = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]
    scraped = {
        job["job_name"]: {part["labels"]["service"]: part["targets"][0] for part in job["static_configs"]}
        for job in jobs if job["job_name"] != "rabbitmq"
    }  # fmt: skip
    for service in SERVICES:
        environment = COMPOSE["services"][service]["environment"]
        private = environment["SYLLABUS_INTERNAL_LISTEN" if service == "gateway" else "SYLLABUS_LISTEN"]
        assert scraped["syllabus-api"][service] == f"{service}:{private.rpartition(':')[2]}"
        assert scraped["syllabus-worker"][service] == f"{service}-worker:{_port(environment['SYLLABUS_WORKER_LISTEN'])}"


def test_the_overlay_traces_every_process_and_its_images_are_pinned() -> None:
    added = {name for name in OVERLAY["services"] if name not in COMPOSE["services"]}
    assert set(OVERLAY["services"]) - added == {f"{service}{role}" for service in SERVICES for role in ("", "-worker")}
    for name in added:
        assert re.search(r":v?\d+\.\d+", OVERLAY["services"][name]["image"])
        assert all(port.startswith("127.0.0.1:") for port in OVERLAY["services"][name]["ports"])


def _port(listen: str) -> str:
    return listen.rpartition(":")[2]
