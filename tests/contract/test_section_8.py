"""CONTRACT.md, section 8, line by line, through the gateway.

`tests/e2e/test_independence.py`, which stops a service, has that health is `degraded` then.
"""

import json
import re
from typing import Any

import httpx
import pytest
from docs.write import DOCS

pytestmark = pytest.mark.stack

SERVICES = {"gateway", "catalog", "enrollment", "assessment", "certificate"}


class TestHealth:
    def test_it_tells_of_every_service_and_how_long_it_took(self, world) -> None:
        answer = world.ask("GET", "/health/")
        health = answer.json()
        assert (answer.status_code, health["status"]) == (200, "healthy")
        assert health.keys() >= {"status", "timestamp", "version", "services"}
        assert health["timestamp"].endswith("Z")
        assert health["services"].keys() == SERVICES
        assert all(each["status"] == "healthy" and each["latency_ms"] >= 0 for each in health["services"].values())


class TestDescriptions:
    def test_the_schema_is_the_whole_public_api_as_it_is_in_the_tree(self, world) -> None:
        served = world.guest.get("/schema/")
        kept = json.loads((DOCS / "openapi.json").read_text())
        assert served["openapi"].startswith("3.1")
        assert served.keys() == kept.keys()
        assert served["paths"] == kept["paths"]
        assert served["components"] == kept["components"]

    def test_the_page_works_with_no_internet(self, world) -> None:
        answer = world.ask("GET", "/docs/")
        assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, "text/html")
        assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]+"|url\(\s*["\']?https?:|@import', answer.text) == []

    def test_the_events_are_described_as_asyncapi_3(self, world) -> None:
        assert world.guest.get("/events/schema/")["asyncapi"].startswith("3.")


class TestFeed:
    def test_it_is_for_administrators(self, world) -> None:
        assert world.ask("GET", "/events/").status_code == 401
        for who in (world.learner, world.instructor):
            assert world.ask("GET", "/events/", who).json()["code"] == "ROLE_REQUIRED"

    def test_it_is_replayable_by_an_opaque_cursor(self, world) -> None:
        first = world.admin.get("/events/", page_size=3)
        assert first["results"][0].keys() >= {"id", "type", "source", "subject", "time", "sequence", "data"}
        second = world.admin.get("/events/", page_size=3, after=first["next"])
        ids = {event["id"] for event in first["results"]} & {event["id"] for event in second["results"]}
        assert ids == set()
        assert world.admin.get("/events/", page_size=3, after=first["next"])["results"] == second["results"]
        assert world.ask("GET", "/events/?after=no-cursor", world.admin).status_code == 400

    def test_it_is_in_order_per_aggregate_and_narrowed_by_type_and_source(self, world, until) -> None:
        subject, kind = f"course/{world.course['id']}", "catalog.course.published.v1"

        def told() -> list[Any]:
            found, after = [], ""
            while page := world.admin.get("/events/", source="catalog", after=after):
                found += [event for event in page["results"] if event["subject"] == subject]
                after = page["next"]
                if len(page["results"]) < 100:
                    break
            return found if any(event["type"] == kind for event in found) else []

        numbers = [event["sequence"] for event in until(told)]
        assert numbers == sorted(numbers)
        only = world.admin.get("/events/", type=kind)["results"]
        assert {event["type"] for event in only} == {kind}
        assert {event["source"] for event in world.admin.get("/events/", source="enrollment")["results"]} != set()

    def test_it_waits_for_an_event_when_asked_to(self, world) -> None:
        after, page = "", world.admin.get("/events/", source="certificate")
        while page["results"]:
            after, page = page["next"], world.admin.get("/events/", source="certificate", after=page["next"])
        waited = world.ask("GET", f"/events/?source=certificate&after={after}&wait=0.5", world.admin)
        assert waited.json()["results"] == []
        assert waited.elapsed.total_seconds() >= 0.4

    def test_it_comes_as_server_sent_events_too(self, world) -> None:
        headers = world.admin.headers | {"Accept": "text/event-stream"}
        url = f"{world.system.stack.url}/api/events/"
        with httpx.stream("GET", url, headers=headers, timeout=30) as answer:
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            data = next(line for line in answer.iter_lines() if line.startswith("data:"))
        assert json.loads(data.removeprefix("data:")).keys() >= {"id", "type", "subject"}


@pytest.mark.parametrize("path", ["/metrics", "/livez", "/readyz", "/internal/openapi.json", "/api/metrics/"])
def test_what_is_private_is_not_served_through_the_gateway(world, path: str) -> None:
    assert world.http.get(path).status_code == 404
