"""The examples in the description of the API are what their schemas allow, and none is missing."""

from collections.abc import Iterator
from typing import Any

import pytest
from docs.write import openapi
from jsonschema import Draft202012Validator

METHODS = ("get", "put", "post", "delete", "patch")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        yield from ((method, path, item[method]) for method in METHODS if method in item)


def bodies(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every JSON body that is asked for or answered with success, and its name."""
    for method, path, operation in operations(document):
        found = {"request": operation.get("requestBody", {})}
        found |= {status: body for status, body in operation["responses"].items() if status.startswith("2")}
        for which, body in found.items():
            media = body.get("content", {}).get("application/json")
            if media and "schema" in media:
                yield f"{method} {path} {which}", media


def shown(media: dict[str, Any]) -> list[Any]:
    several = [each["value"] for each in media.get("examples", {}).values()]
    return [*several, *([media["example"]] if "example" in media else [])]


def faults(document: dict[str, Any], named: Iterator[tuple[str, dict[str, Any]]]) -> list[str]:
    found = []
    for name, media in named:
        # the references of a schema are looked up in the document: it is the schema's root
        whole = {"components": document["components"], "allOf": [media["schema"]]}
        validator = Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)
        for value in shown(media):
            found += [f"{name}: {error.json_path} {error.message[:200]}" for error in validator.iter_errors(value)]
    return found


def test_every_json_body_has_an_example(document: dict[str, Any]) -> None:
    assert [name for name, media in bodies(document) if not shown(media)] == []


def test_every_example_is_as_its_schema_says(document: dict[str, Any]) -> None:
    assert faults(document, bodies(document)) == []


def test_so_are_those_of_errors(document: dict[str, Any]) -> None:
    responses = document["components"]["responses"]
    named = ((name, said["content"]["application/json"]) for name, said in responses.items())
    assert faults(document, named) == []


def test_no_example_of_a_request_is_empty_where_it_could_say_something(document: dict[str, Any]) -> None:
    empty = [name for name, media in bodies(document) if name.endswith(" request") and shown(media) in ([{}], [[]])]
    assert empty == []


def test_every_operation_refers_to_the_errors_it_can_answer_with(document: dict[str, Any]) -> None:
    known = {f"#/components/responses/{name}" for name in document["components"]["responses"]}
    for method, path, operation in operations(document):
        said = operation["responses"]
        assert {"401", "403", "429", "503", "default"} <= said.keys(), (method, path)
        assert "400" in said or "requestBody" not in operation, (method, path)
        assert "404" in said or "{" not in path, (method, path)
        assert "412" in said or method in ("get", "post"), (method, path)
        references = {answer["$ref"] for answer in said.values() if "$ref" in answer}
        assert references <= known, (method, path)


def test_the_ways_to_sign_in_are_described(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    assert {name: (said["in"], said["name"]) for name, said in schemes.items()} == {
        "Token": ("header", "Authorization"),
        "Session": ("cookie", "sessionid"),
    }
    assert document["security"] == [{"Token": []}, {"Session": []}, {}]
