"""A typed client generates from the description of the API, whole, and understands what the description shows."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from docs.write import DOCS

DOCUMENT = DOCS / "openapi.json"
AS_BYTES = (
    "application/gzip",
    "application/pdf",
    "application/zip",
    "image/png",
    "image/webp",
    "text/csv",
    "text/plain",
)
"""Kinds of files: the generator has to be told that they are not read."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a client made anew; the generator leaves out what it does not understand, and warns."""
    folder = tmp_path_factory.mktemp("client")
    kinds = dict.fromkeys(AS_BYTES, "application/octet-stream") | {"application/vc": "application/json"}
    settings = {"content_type_overrides": kinds, "post_hooks": []}
    (folder / "settings.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--path", str(DOCUMENT)]
    command += ["--config", str(folder / "settings.json"), "--output-path", str(folder / "made_client")]
    made = subprocess.run([*command, "--meta", "none", "--fail-on-warning"], capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    return folder


def test_it_compiles_and_has_every_operation(client: Path) -> None:
    for path in (client / "made_client").rglob("*.py"):
        compile(path.read_text(), str(path), "exec")
    paths = json.loads(DOCUMENT.read_text())["paths"]
    names = [path.stem for path in (client / "made_client" / "api").rglob("*.py") if path.stem != "__init__"]
    assert len(names) == sum(len(item.keys() & {"get", "put", "post", "delete", "patch"}) for item in paths.values())


def test_it_reads_and_writes_what_the_description_shows(client: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(client)
    models: Any = importlib.import_module("made_client.models")
    paths = json.loads(DOCUMENT.read_text())["paths"]
    for path, name in (("/api/courses/{ref}/", "CoursePage"), ("/api/user/", "UserView")):
        shown = paths[path]["get"]["responses"]["200"]["content"]["application/json"]["example"]
        read = getattr(models, name).from_dict(shown)
        assert read.id == shown["id"]
        assert read.to_dict().keys() == shown.keys()
