"""`python -m shared.runtime.stop`: end what `./dev up` runs for this checkout, or what a killed one left behind."""

import os
import signal
import sys
from pathlib import Path

from shared.runtime.process import Identity, wait_until
from shared.runtime.running import Running
from shared.runtime.state import Hold, InUse, state_dir

_CLEAN_STOP_LIMIT = 60.0  # seconds; more than all layers of the supervisor may take


def main() -> int:
    state = state_dir()
    holder = _holder(state)
    if holder:
        print(f"stopping process {holder.pid} ...", flush=True)
        os.kill(holder.pid, signal.SIGTERM)
        if not wait_until(lambda: not holder.alive(), _CLEAN_STOP_LIMIT):
            print("it did not stop: killed", file=sys.stderr)
            holder.end(signal.SIGKILL)
    leftovers = {path: found for path in state.glob("*/*.pid") if (found := Identity.read(path)) and found.alive()}
    for path, leftover in leftovers.items():
        print(f"ending {path.parent.name}/{path.stem} (process {leftover.pid}), which was left behind", flush=True)
        leftover.end(signal.SIGINT if path.parent.name == "postgres" else signal.SIGTERM)
    if not holder and not leftovers:
        print("nothing is running")
    return 0


def _holder(state: Path) -> Identity | None:
    """The process that works in `state` now."""
    if running := Running.read(state):
        return running.supervisor
    try:
        Hold(state).close()
    except InUse as held:
        return Identity.of(held.pid)
    return None


if __name__ == "__main__":
    sys.exit(main())
