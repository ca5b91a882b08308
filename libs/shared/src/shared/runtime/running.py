"""What a running `./dev up` tells other commands: its process and how to reach its parts, in `stack.json`."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shared.runtime.environment import Wiring
from shared.runtime.process import Identity
from shared.runtime.state import write_private


@dataclass(frozen=True)
class Running:
    """The supervisor's process and its wiring."""

    supervisor: Identity
    wiring: Wiring

    @classmethod
    def read(cls, state: Path) -> "Running | None":
        """The stack that runs on the state directory `state` now; None when there is none, or it still starts."""
        try:
            found = json.loads((state / "stack.json").read_text())
            supervisor = Identity(**found["supervisor"])
            wiring = Wiring(state, found["port"], found["database_urls"], found["amqp_url"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return cls(supervisor, wiring) if supervisor.alive() else None


@contextmanager
def published(wiring: Wiring) -> Iterator[None]:
    """Tell that this process runs the stack of `wiring`, until the block ends. The file holds passwords: mode 0600."""
    file = wiring.directory / "stack.json"
    told = {
        "supervisor": vars(Identity.of(os.getpid()) or Identity(os.getpid(), 0)),
        "port": wiring.port,
        "database_urls": dict(wiring.database_urls),
        "amqp_url": wiring.amqp_url,
    }
    write_private(file, json.dumps(told, indent=2).encode())
    try:
        yield
    finally:
        file.unlink(missing_ok=True)
