"""Each service runs on its own requirements alone, and no requirement names the host of an index."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.runtime.roles import SERVICES

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("service", SERVICES)
def test_its_app_imports_with_nothing_else_installed(service: str, tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    requirements = ROOT / "requirements" / f"{service}.txt"
    install(packages, requirements)
    sources = [ROOT / "libs/shared/src", ROOT / "services" / service / "src"]
    path = os.pathsep.join(map(str, [packages, *sources]))
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import {service}.main; {service}.main.create()"],
        env={"PYTHONPATH": path, "PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def install(target: Path, requirements: Path) -> None:
    """With uv where it can reach the index, else with pip."""
    wanted = ["--require-hashes", "--requirement", str(requirements), "--target", str(target), "--quiet"]
    uv = Path(sys.executable).with_name("uv")
    if uv.exists() and not subprocess.run([uv, "pip", "install", "--python", sys.executable, *wanted]).returncode:
        return
    subprocess.run([sys.executable, "-m", "pip", "install", "--no-deps", *wanted], check=True)


@pytest.mark.parametrize("file", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda file: file.name)
def test_no_requirement_names_a_host(file: Path) -> None:
    assert "://" not in file.read_text()
