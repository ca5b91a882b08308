"""wrk, the load generator: found, or taken out of Debian's packages; and one run of it."""

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.runtime.debian import unpacked_wrk
from shared.runtime.process import StartFailed

SCRIPTS = Path(__file__).parent / "peers" / "drf" / "wrk"


@dataclass(frozen=True)
class Load:
    """What one run came to. Times in milliseconds; `failed` counts answers that were not 2xx, and broken requests."""

    rate: float
    p50: float
    p99: float
    size: float
    requests: int
    failed: int


@functools.cache
def program() -> tuple[str, dict[str, str]]:
    """The program, and the environment that it needs. Raises StartFailed when this machine has no way to get it."""
    if found := shutil.which("wrk"):
        return found, {}
    root = unpacked_wrk()
    if root is None:
        raise StartFailed("wrk is needed for the benchmarks, and neither it nor apt-get was found")
    libraries = {str(file.parent) for file in root.glob("usr/lib/**/*.so*")}
    return str(root / "usr/bin/wrk"), {"LD_LIBRARY_PATH": ":".join(sorted(libraries))}


def run(url: str, script: str, *, clients: int = 16, seconds: int = 3, settings: Mapping[str, str]) -> Load:
    """Closed loop: each client asks again as soon as it is answered."""
    path, environment = program()
    answer = subprocess.run(
        [path, "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "30s", "-s", SCRIPTS / f"{script}.lua", url],
        env=os.environ | environment | {"WRK_LIB": str(SCRIPTS)} | dict(settings),
        capture_output=True,
        text=True,
        timeout=seconds + 90,
        check=False,
    )
    found = re.search(r"RESULT (.*)", answer.stdout)
    if not found:
        raise RuntimeError(f"wrk failed on {url}: {answer.stdout}{answer.stderr}")
    told = {name: float(value) for name, value in (pair.split("=") for pair in found[1].split())}
    return Load(
        told["rps"], told["p50"], told["p99"], told["bytes"], int(told["n"]), int(told["non2xx"] + told["errors"])
    )
