"""`python -m shared.runtime.within SERVICE -- COMMAND …`: run a command as a service of the local stack would be run.

With `./dev up` running, the command works on that stack. Without, PostgreSQL and RabbitMQ are started for it alone;
with `--up` before SERVICE, it is refused instead.
"""

import os
import subprocess
import sys

import psycopg

from shared.runtime.environment import service_environment
from shared.runtime.roles import SERVICES
from shared.runtime.running import Running
from shared.runtime.stack import Stack
from shared.runtime.state import Hold, InUse, state_dir


def main(arguments: list[str]) -> int:
    """The exit code of the command; 2 for wrong usage, 1 when there is no stack to run it in."""
    needs_up = arguments[:1] == ["--up"]
    arguments = arguments[needs_up:]
    if len(arguments) < 3 or arguments[0] not in SERVICES or arguments[1] != "--":
        print(f"usage: python -m shared.runtime.within [--up] {{{'|'.join(SERVICES)}}} -- COMMAND ...", file=sys.stderr)
        return 2
    service, command = arguments[0], arguments[2:]
    state = state_dir()
    if running := Running.read(state):
        return subprocess.call(command, env=os.environ | service_environment(service, running.wiring))
    if needs_up:
        print("this needs the running system: start it with `./dev up` in another terminal", file=sys.stderr)
        return 1
    try:
        with Hold(state):
            stack = Stack(state, durable=True)
            try:
                stack.start_servers()
                return subprocess.call(command, env=stack.environment(service))
            finally:
                stack.close()
    except InUse:
        print("`./dev up` is just starting; try again when it is ready", file=sys.stderr)
    except (RuntimeError, psycopg.Error) as error:
        print(f"could not start the servers: {error}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
