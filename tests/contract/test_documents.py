"""The documents in `docs/` say what the code says, so that a change of a contract shows in review."""

import json
from pathlib import Path
from typing import Any

import pytest
from docs.write import documents, openapi
from openapi_spec_validator import validate

from shared.contracts import EVENTS

DOCUMENTS = documents()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_is_up_to_date(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == DOCUMENTS[path], "stale: run `make openapi`"


def test_the_public_api_is_valid_openapi_and_shows_nothing_private() -> None:
    document = openapi()
    validate(document)
    assert document["openapi"].startswith("3.1")
    assert all(path.startswith("/api/") and path.endswith("/") for path in document["paths"])


@pytest.mark.parametrize("name", EVENTS)
class TestEveryEvent:
    def test_its_name_says_owner_aggregate_fact_and_version(self, name: str) -> None:
        owner, aggregate, fact, version = name.split(".")
        assert owner in ("gateway", "catalog", "enrollment", "assessment", "certificate")
        assert aggregate.isidentifier()
        assert fact.isidentifier()
        assert version.removeprefix("v").isdigit()

    def test_it_says_what_it_means_and_which_aggregate_it_is_about(self, name: str) -> None:
        event = EVENTS[name]
        assert event.__doc__
        assert event.KEY in event.model_fields

    def test_it_tells_no_address_and_no_secret(self, name: str) -> None:
        told = json.dumps(EVENTS[name].model_json_schema()["properties"]).lower()
        assert not [word for word in ("email", "password", "token", "is_correct") if word in told]


class TestThePublicApi:
    """What a frontend developer finds in the document."""

    def operations(self) -> list[tuple[str, dict[str, Any]]]:
        paths = openapi()["paths"]
        methods = ("get", "put", "post", "delete", "patch")
        return [(f"{m} {path}", item[m]) for path, item in paths.items() for m in methods if m in item]

    def test_every_group_says_what_it_is_about(self) -> None:
        assert [tag["name"] for tag in openapi()["tags"] if not tag.get("description")] == []

    def test_every_operation_has_a_sentence_a_name_of_its_own_and_the_shape_of_its_errors(self) -> None:
        found = self.operations()
        assert [name for name, operation in found if not operation.get("description")] == []
        names = [operation["operationId"] for _, operation in found]
        assert sorted(set(names)) == sorted(names)
        problem = {"$ref": "#/components/responses/Problem"}
        assert [name for name, operation in found if operation["responses"]["default"] != problem] == []
