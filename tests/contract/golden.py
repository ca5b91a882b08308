"""Golden samples of all that services say to each other: `python -m tests.contract.golden` writes those missing.

A sample is never written anew. It stands for messages that are under way, in outboxes and in other services' code:
inside a major version whatever was said once must stay readable, with the same meaning.
"""

import importlib
import inspect
import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from shared.contracts import EVENTS
from shared.runtime.roles import SERVICES

FOLDER = Path(__file__).parent / "samples"
_OF_FORMAT = {
    "date-time": "2026-01-02T03:04:05Z",
    "date": "2026-01-02",
    "uuid": "0198c5a0-0000-7000-8000-000000000001",
    "uri": "https://example.com/",
}


def models() -> dict[str, type[BaseModel]]:
    """Every event by its type, and every answer between services as `<owner>.http.<Class>`."""
    found: dict[str, type[BaseModel]] = dict(EVENTS)
    for owner in SERVICES:
        module = importlib.import_module(f"shared.contracts.{owner}.http")
        for name, model in inspect.getmembers(module, inspect.isclass):
            if issubclass(model, BaseModel) and model.__module__ == module.__name__:
                found[f"{owner}.http.{name}"] = model
    return found


def example(schema: dict[str, Any], defs: dict[str, Any]) -> Any:
    """A value that fits, with every field given."""
    if "$ref" in schema:
        return example(defs[schema["$ref"].rpartition("/")[2]], defs)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return example(schema[several][0], defs)
    kind = schema.get("type")
    if kind == "object":
        return {name: example(field, defs) for name, field in schema.get("properties", {}).items()}
    if kind == "array":
        return [example(schema.get("items", {}), defs)]
    if kind == "string":
        return _OF_FORMAT.get(schema.get("format", ""), "12.50" if "pattern" in schema else "words")
    return {"integer": 7, "number": 7, "boolean": True}.get(str(kind))


def main() -> None:
    for name, model in models().items():
        file = FOLDER / f"{name}.json"
        if not file.exists():
            schema = model.model_json_schema(mode="validation")
            sample = example(schema, schema.get("$defs", {}))
            said = model.model_validate(sample).model_dump(mode="json")
            file.write_text(json.dumps(said, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
