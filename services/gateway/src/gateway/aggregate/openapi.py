"""One OpenAPI document of the whole public API, merged from what each service says of itself.

Each service's document counts as far as its paths are under `/api/`. Schemas of the same name with another content, and
operations of the same name, get the service's name in front. What all operations have in common (the token, the two
formats of errors) is said once, here.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from gateway import VERSION
from gateway.aggregate.additions import add_to
from gateway.aggregate.examples import add_examples
from gateway.aggregate.refusals import ERROR_RESPONSES, ERROR_SCHEMAS, errors_of
from gateway.aggregate.tags import TAGS
from gateway.bodies.intake import LARGEST_OWN_BODY
from gateway.bodies.nesting import DEEPEST
from gateway.shape import LARGEST_HEADERS, LONGEST_ADDRESS
from shared.app import LARGEST_BODY
from shared.pagination import LARGEST_SIZE
from shared.settings import ServiceName

Document = dict[str, Any]

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
MEBIBYTE = 1024 * 1024
_FRAMEWORK_SCHEMAS = ("HTTPValidationError", "ValidationError")


DESCRIPTION = f"""\
The public API of the Syllabus course platform. A path without its slash at the end is served as with it. Every answer
carries `X-Request-ID`, and `RateLimit-Limit`, `-Remaining` and `-Reset` of the limit that is nearest; beyond it
requests are 429 `RATE_LIMITED` with `Retry-After`. A signed-in user's POST with the header `Idempotency-Key` is done
once: for 24 hours, the same request with the same key gets the first answer again, with `Idempotent-Replayed: true`.

Limits: an address has at most {LONGEST_ADDRESS:,} bytes, its query included (414); headers, together,
{LARGEST_HEADERS:,} bytes (431); a body {LARGEST_BODY // MEBIBYTE} MiB, one for accounts, webhooks or notifications
{LARGEST_OWN_BODY // MEBIBYTE} MiB (413 `PAYLOAD_TOO_LARGE`; files have limits of their own, told where they are sent);
JSON is nested {DEEPEST} levels deep at most (400 `MALFORMED_REQUEST`); a page of a list has at most {LARGEST_SIZE}
rows, and more is served as that.
"""


def merge(parts: Mapping[ServiceName, Document], missing: list[str], public_url: str) -> Document:
    """One document of several; `missing` services are named in `x-degraded`."""
    schemas = dict(ERROR_SCHEMAS)
    paths: Document = {}
    parts = {service: _plainly_named(part) for service, part in parts.items()}
    # A path that several services have (jobs) is described once.
    once = {path: item for part in parts.values() for path, item in _public_paths(part).items()}
    operations = Counter(operation.get("operationId") for operation in _operations(once))
    clashing = _clashing(parts)
    for service, part in parts.items():
        names = _new_names(service, part, clashing)
        schemas |= {names[name]: _renamed(schema, names) for name, schema in _own_schemas(part).items()}
        for path, item in _public_paths(part).items():
            item = _renamed(item, names)
            for method in (method for method in _METHODS if method in item):
                _complete(item[method], method, path, service, operations)
            paths[path] = item
    add_to(paths, schemas)
    add_examples(paths, schemas)
    document: Document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Syllabus",
            "version": VERSION,
            "description": DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": public_url}],
        "security": [{"Token": []}, {"Session": []}, {}],
        "tags": [{"name": name, **_described(name)} for name in _tags(paths)],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "responses": ERROR_RESPONSES,
            "securitySchemes": {
                "Token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`Token <value>`, with the value that login gives.",
                },
                "Session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "sessionid",
                    "description": "For browsers, by login with `session: true`. Requests other than GET also need"
                    " the header `X-CSRFToken`, with the value of the cookie `csrftoken`.",
                },
            },
        },
    }
    return document | {"x-degraded": missing} if missing else document


def _plainly_named(part: Document) -> Document:
    """With names that generators of clients can make types of: what FastAPI calls `X-Output` is X, `X-Input` XInput."""
    schemas = part.get("components", {}).get("schemas", {})
    names = {name: name.removesuffix("-Output").replace("-", "") for name in schemas if "-" in name}
    if not names:
        return part
    named = {names.get(name, name): schema for name, schema in schemas.items()}
    named |= {new: {**schemas[old], "title": new} for old, new in names.items()}
    plain: Document = _renamed(part | {"components": part["components"] | {"schemas": named}}, names)
    return plain


def _public_paths(part: Document) -> Document:
    return {path: item for path, item in part.get("paths", {}).items() if path.startswith("/api/")}


def _own_schemas(part: Document) -> Document:
    schemas: Document = part.get("components", {}).get("schemas", {})
    return {name: schema for name, schema in schemas.items() if name not in _FRAMEWORK_SCHEMAS}


def _operations(paths: Document) -> list[Document]:
    return [item[method] for item in paths.values() for method in _METHODS if method in item]


def _clashing(parts: Mapping[ServiceName, Document]) -> set[str]:
    """Names by which services mean different things, be it only by referring to something of a name that clashes."""
    clashing: set[str] = set()
    while True:
        meanings: dict[str, Any] = dict(ERROR_SCHEMAS)
        found = set()
        for service, part in parts.items():
            names = _new_names(service, part, clashing)
            for name, schema in _own_schemas(part).items():
                schema = _renamed(schema, names)
                if meanings.setdefault(name, schema) != schema:
                    found.add(name)
        if found <= clashing:
            return clashing
        clashing |= found


def _new_names(service: str, part: Document, clashing: set[str]) -> dict[str, str]:
    """Each schema's name in the merged document."""
    return {name: f"{service.capitalize()}{name}" if name in clashing else name for name in _own_schemas(part)}


def _renamed(node: Any, names: Mapping[str, str]) -> Any:
    """A copy of `node` whose references follow the new names."""
    if isinstance(node, list):
        return [_renamed(entry, names) for entry in node]
    if not isinstance(node, dict):
        return _renamed_reference(node, names)
    return {key: _renamed(value, names) for key, value in node.items()}


def _renamed_reference(value: Any, names: Mapping[str, str]) -> Any:
    prefix = "#/components/schemas/"
    if isinstance(value, str) and value.startswith(prefix):
        name = value.removeprefix(prefix)
        return prefix + names.get(name, name)
    return value


def _complete(operation: Document, method: str, path: str, service: str, operations: Counter[str | None]) -> None:
    """What is the same of every operation; FastAPI's 422 is this API's 400."""
    operation["tags"] = operation.get("tags") or [service.capitalize()]
    if operations[operation.get("operationId")] > 1:
        operation["operationId"] = f"{service}_{operation['operationId']}"
    responses = operation.setdefault("responses", {})
    errors = errors_of(method, path, operation)
    responses.pop("422", None)
    responses |= errors | {status: said for status, said in responses.items() if status != "400"}


def _described(tag: str) -> Document:
    return {"description": TAGS[tag]} if tag in TAGS else {}


def _tags(paths: Document) -> list[str]:
    return sorted({tag for operation in _operations(paths) for tag in operation["tags"]})
