"""`python -m docs.write`: the documents that are made from the code, written to `docs/`."""

import importlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from gateway.aggregate.openapi import merge
from shared import asyncapi
from shared.runtime.roles import SERVICES

DOCS = Path(__file__).parent
PUBLIC_URL = "http://127.0.0.1:8000"


def documents() -> dict[Path, str]:
    """What belongs in `docs/`, by path."""
    return {
        DOCS / "openapi.json": _json(openapi()),
        DOCS / "asyncapi.json": _json(asyncapi.document()),
        DOCS / "events.md": asyncapi.table(),
    }


@cache
def openapi() -> dict[str, Any]:
    """The public API: as the gateway merges it when every service is up."""
    parts = {service: importlib.import_module(f"{service}.main").create().openapi() for service in SERVICES}
    return merge(parts, [], PUBLIC_URL)  # type: ignore[arg-type]


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for path, content in documents().items():
        path.write_text(content, encoding="utf-8")
