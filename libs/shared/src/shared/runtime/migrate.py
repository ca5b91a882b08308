"""`python -m shared.runtime.migrate`: the migrations of several services, each in a child of one process.

What the services have in common is imported once, here, and the children are forked from that: most of the time of a
migration that finds nothing to do is its imports. Standard input holds `{service: environment}` as JSON.
"""

import json
import os
import runpy
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from signal import SIGTERM
from tempfile import TemporaryFile
from types import ModuleType
from typing import IO

# For their import alone: all that `python -m <service> migrate` loads and that belongs to no service.
import shared.app
import shared.entry
import shared.jobs
import shared.migrations
import shared.pagination
from shared.runtime.process import end_with_parent

LOADED: tuple[ModuleType, ...] = (shared.app, shared.entry, shared.jobs, shared.migrations, shared.pagination)


@dataclass(frozen=True)
class Child:
    """One service's migration under way."""

    service: str
    pid: int
    said: IO[bytes]

    def failed(self) -> bool:
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1]) != 0

    def words(self) -> str:
        self.said.seek(0)
        return self.said.read().decode(errors="replace").strip()


def main() -> int:
    """1 when one of them failed; then all that the failed ones said is printed, and nothing of the others."""
    environments: dict[str, dict[str, str]] = json.load(sys.stdin)
    children = [_fork(service, environment) for service, environment in environments.items()]
    failed = [child for child in children if child.failed()]
    for child in failed:
        print(f"{child.service}: {child.words()}")
    return int(bool(failed))


def _fork(service: str, environment: Mapping[str, str]) -> Child:
    said = TemporaryFile()  # noqa: SIM115 - read after its child has ended
    arm = end_with_parent(SIGTERM)
    pid = os.fork()
    if pid:
        return Child(service, pid, said)
    arm()
    os.dup2(said.fileno(), 1)
    os.dup2(said.fileno(), 2)
    os._exit(_migrate(service, environment))


def _migrate(service: str, environment: Mapping[str, str]) -> int:
    """As `python -m <service> migrate` with exactly this environment."""
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [service, "migrate"]
    try:
        runpy.run_module(service, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code)
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
