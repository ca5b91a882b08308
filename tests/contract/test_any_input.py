"""Whatever is sent to any operation, the answer is one that the document describes, and never a fault of ours.

Requests are made up from `docs/openapi.json` (schemathesis), good ones and bad ones, and sent to the whole running
system as an administrator, so that most of them get past the door.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from demo.api import Api
from demo.load import load
from shared.runtime.stack import Stack

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"
EXAMPLES = int(os.environ.get("SYLLABUS_FUZZ_EXAMPLES", "3"))
"""For each operation; more find more."""
END_WHAT_SIGNS_IN = ("/api/auth/logout/", "/api/auth/token/regenerate/", "/api/user/change-password/")
"""Sent by a guest, who has nothing to lose."""

pytestmark = pytest.mark.stack
schema = schemathesis.openapi.from_path(str(DOCUMENT)).exclude(path="/api/events/stream/")  # ends with the client
# Every boundary of every field at once: some 70 requests for an operation, minutes in all. Asked for by name.
schema.config.phases.coverage.enabled = "SYLLABUS_FUZZ_EXAMPLES" in os.environ


class Target:
    """A running system with something in it, and who asks."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.headers = {"Authorization": token}


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with Stack(settings={"SYLLABUS_RATE_LIMITS": "false", "SYLLABUS_DEMO": "true"}) as stack:
        subprocess.run(stack.command("gateway", "demo-accounts"), env=stack.environment("gateway"), check=True)
        guest = Api(stack.url)
        load(guest)
        admin = guest.log_in("admin@example.com")
        yield Target(stack.url, admin.headers["Authorization"])
        guest.close()


def with_rows_that_exist(case: Any) -> Any:
    """Every other time, ids in the path are of the first row, which the demonstration has made."""
    parameters = case.path_parameters or {}
    if sum(len(str(value)) for value in parameters.values()) % 2:
        case.path_parameters = {
            name: 1 if isinstance(value, int) or name == "ref" else value for name, value in parameters.items()
        }
    return case


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_answer_is_as_described(case: Any, target: Target) -> None:
    is_guest = case.path in END_WHAT_SIGNS_IN or (case.method, case.path) == ("DELETE", "/api/user/")
    headers = {} if is_guest else target.headers
    if case.path == "/api/events/":
        case.query = {**(case.query or {}), "wait": 0}
    case = with_rows_that_exist(case)
    case.headers = {name: value for name, value in (case.headers or {}).items() if name.lower() != "authorization"}
    case.cookies = {}
    case.call_and_validate(
        base_url=target.url, headers=headers, checks=[not_a_server_error, response_schema_conformance], timeout=30
    )
