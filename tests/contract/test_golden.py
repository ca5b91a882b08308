"""What services have said to each other once stays readable: a change that breaks a consumer fails here, by name."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from tests.contract.golden import FOLDER, models

from shared.contracts import EVENTS
from shared.runtime.roles import SERVICES

MODELS = models()
SAMPLES = sorted(FOLDER.glob("*.json"))


def test_everything_said_has_a_sample() -> None:
    missing = MODELS.keys() - {file.stem for file in SAMPLES}
    assert not missing, "run `python -m tests.contract.golden`, and commit what it writes"


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.stem)
def test_a_sample_is_read_as_it_was_written(file: Path) -> None:
    """A field that went, changed its name or type, or became required breaks it: make a new major version instead."""
    assert file.stem in MODELS, f"{file.stem} was published once: it stays until no outbox and no consumer has it"
    sample: dict[str, Any] = json.loads(file.read_text())
    read = MODELS[file.stem].model_validate(sample).model_dump(mode="json")
    assert _pruned(read, sample) == sample


@pytest.mark.parametrize("file", [file for file in SAMPLES if file.stem in EVENTS], ids=lambda file: file.stem)
def test_what_a_later_version_adds_does_not_disturb(file: Path) -> None:
    sample = json.loads(file.read_text())
    assert MODELS[file.stem].model_validate(sample | {"added_later": {"deep": [1]}})


@pytest.mark.parametrize("consumer", SERVICES)
def test_every_event_that_a_service_handles_is_one_that_another_publishes(consumer: str) -> None:
    handlers = importlib.import_module(f"{consumer}.consumers").HANDLERS
    for event in handlers:
        assert EVENTS[event.TYPE] is event
        assert (FOLDER / f"{event.TYPE}.json").exists()


def _pruned(read: Any, sample: Any) -> Any:
    """Without the optional fields that were added since."""
    if isinstance(read, dict) and isinstance(sample, dict):
        return {name: _pruned(value, sample[name]) for name, value in read.items() if name in sample}
    if isinstance(read, list) and isinstance(sample, list) and len(read) == len(sample):
        return [_pruned(value, said) for value, said in zip(read, sample, strict=True)]
    return read
