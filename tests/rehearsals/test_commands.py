"""Every command that docs/operations.md and docs/faults.md give an operator does its work on a running system."""

import re
import subprocess

import pytest

from shared.runtime.stack import Stack
from shared.runtime.state import checkout

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

STANDS_FOR = {
    "SERVICE": "catalog",
    "OWNER": "enrollment",
    "CONSUMER": "catalog",
    "QUEUE": "catalog.enrollment-enrollment",
    "COPY": "enrollments",
    "TIME": "2026-01-01T00:00:00+00:00",
    "ID": "00000000-0000-7000-8000-000000000001",
}
LEFT_OUT = {"catalog …", "certificate rotate-key NEW.pem"}
"""The second is run by test_rotation.py."""


def commands() -> list[str]:
    text = "".join((checkout() / "docs" / name).read_text() for name in ("operations.md", "faults.md"))
    found = re.findall(r"(?:`|^ {4})python -m ([^`\n]+?)(?:`| {2,}|$)", text, re.MULTILINE)
    filled = {re.sub(r"\b[A-Z]+\b", lambda word: STANDS_FOR.get(word[0], word[0]), command) for command in found}
    return sorted(filled - LEFT_OUT)


def test_each() -> None:
    with Stack() as stack:
        for command in commands():
            service, *arguments = command.split()
            print(f"python -m {command}")
            line = [*stack.command(service)[:-1], *arguments]
            subprocess.run(line, env=stack.environment(service), cwd=checkout(), check=True, timeout=120)
