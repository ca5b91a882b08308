"""The line of a request, written by hand, is the line that structlog writes."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from shared import telemetry


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, lines = list(root.handlers), root.level, telemetry._json_lines
    yield
    root.handlers[:], telemetry._json_lines = handlers, lines
    root.setLevel(level)


@pytest.mark.parametrize("path", ["/api/courses/", '/a"b\\c\n\u2028é漢\x00\ud800', ""])
def test_same_fields_in_the_same_order(capsys: pytest.CaptureFixture[str], path: str) -> None:
    telemetry.configure_logging("catalog", form="json", level="info")
    telemetry.begin("abc-1")
    telemetry.log_request("shared.app", method="GET", path=path, status=200, seconds=0.01234)
    structlog.get_logger("shared.app").info("request", method="GET", path=path, status=200, ms=12.3)
    ours, theirs = [list(json.loads(line).items()) for line in capsys.readouterr().out.splitlines()]
    assert ours[:-1] == theirs[:-1]
    assert ours[-1][0] == theirs[-1][0] == "timestamp"
    assert len(ours[-1][1]) == len(theirs[-1][1])


def test_level_and_form_hold(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.configure_logging("catalog", form="json", level="warning")
    telemetry.log_request("shared.app", method="GET", path="/", status=200, seconds=0.01)
    assert capsys.readouterr().out == ""
    telemetry.configure_logging("catalog", form="console", level="info")
    telemetry.log_request("shared.app", method="GET", path="/", status=200, seconds=0.01)
    assert "path=/" in capsys.readouterr().out
