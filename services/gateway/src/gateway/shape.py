"""The form of a request: what is not even looked at, and the one form that the rest is brought into."""

import base64
import json
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from starlette.responses import JSONResponse
from starlette.types import Scope

from gateway.upstream.proxy import Incoming
from shared import problems
from shared.app import is_request_id
from shared.auth import HEADER

LONGEST_ADDRESS = 8 * 1024
LARGEST_HEADERS = 32 * 1024
IS_HEAD = "syllabus.is_head"
"""In the scope: whether only the headers are wanted. For answers that have no end."""
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))

_UNSEEN = re.compile(r"[\x00-\x1f\x7f\\]")
_PATH_CHARACTERS = "/:@!$&'()*+,;=~"
_QUERY_CHARACTERS = "/:@!$&'()*+,;=~?%[]"


def sent_id(headers: Sequence[tuple[bytes, bytes]]) -> str | None:
    """The client's own request id, if it can be one."""
    for name, value in headers:
        if name == b"x-request-id" and is_request_id(sent := value.decode("latin-1")):
            return sent
    return None


def unacceptable(scope: Scope) -> JSONResponse | None:
    """Why this request is not even looked at."""
    if scope["method"] not in METHODS:
        return problems.problem(405, "METHOD_NOT_ALLOWED", "This method is not allowed here.")
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > LONGEST_ADDRESS:
        return problems.problem(414, "MALFORMED_REQUEST", f"The address is longer than {LONGEST_ADDRESS} bytes.")
    if sum(len(name) + len(value) for name, value in scope["headers"]) > LARGEST_HEADERS:
        return problems.problem(431, "MALFORMED_REQUEST", f"The headers are larger than {LARGEST_HEADERS} bytes.")
    return None


def canonical(path: str) -> str:
    """Paths of the API end in a slash; one that does not is served as if it did."""
    return path if path.endswith("/") or not path.startswith("/api/") else f"{path}/"


def target(path: str, query: bytes) -> str:
    """Path and query as they go on a request line: encoded anew, so that the service decodes what was routed."""
    encoded = quote(path, safe=_PATH_CHARACTERS)
    return f"{encoded}?{quote(query, safe=_QUERY_CHARACTERS)}" if query else encoded


def leads_nowhere(path: str) -> bool:
    """Whether a path has what no resource's has: control characters, empty segments, steps up or in place."""
    return bool(_UNSEEN.search(path)) or not {"", ".", ".."}.isdisjoint(path.strip("/").split("/")[1:])


@lru_cache(16_384)
def user_in(signature: str) -> int:
    """The user for whom a signature speaks. Only for those that this process has just made: nothing is verified."""
    return int(_claims_in(signature)["sub"])


@lru_cache(16_384)
def role_in(signature: str) -> str:
    """That user's role. Only for signatures that this process has just made, too."""
    return str(_claims_in(signature)["role"])


def _claims_in(signature: str) -> dict[str, Any]:
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(signature.split(".")[1] + "=="))
    return claims


def own_scope(scope: Scope, path: str, request: Incoming, identifier: str) -> Scope:
    """The request as the gateway's own app sees it: like a service would."""
    headers = [(name, value) for name, value in request.headers if name != b"x-request-id"]
    headers.append((b"x-request-id", identifier.encode()))
    if request.signature is not None:
        headers.append((HEADER.lower().encode(), request.signature.encode()))
    return {
        **scope,
        "method": "GET" if request.method == "HEAD" else request.method,
        IS_HEAD: request.method == "HEAD",
        "path": path,
        "raw_path": quote(path).encode(),
        "headers": headers,
        "client": (request.client, 0) if request.client else None,
    }


def email_in(body: bytes) -> str | None:
    """The address of somebody who logs in; None where there is none."""
    try:
        email = json.loads(body)["email"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return email if isinstance(email, str) else None
