"""What a request and an event cost, measured beside what the same machine does at best at that moment.

Absolute figures of a shared machine move by half between minutes; the ratios hold. Each figure is the median of
several rounds, in which the system and its yardstick take turns.
"""

import asyncio
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from bench import events, requests
from demo.api import Api
from shared.runtime.stack import Stack

ROUNDS = 5
REPORT = Path(__file__).parent / "README.md"


def main() -> None:
    stack = Stack(durable=True, settings={"SYLLABUS_RATE_LIMITS": "false"})
    try:
        stack.start_servers()
        events.keep_commit_times(stack)
        stack.migrate()
        stack.start("gateway", "catalog", "enrollment", "assessment", "certificate")
        subprocess.run(stack.command("gateway", "demo-accounts"), env=stack.environment("gateway"), check=True)
        guest = Api(stack.url)
        lines = [*asyncio.run(requests.measure(stack, guest, ROUNDS)), "", *events.measure(stack, guest)]
        guest.close()
    finally:
        stack.close()
    text = HEAD.format(
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        cores=os.cpu_count(),
        python=platform.python_version(),
    )
    REPORT.write_text(text + "\n".join(lines) + "\n")
    print("\n".join(lines))


HEAD = """# Benchmarks

`make bench` starts a private system (durable commits, everything on loopback, load generator on the same cores),
measures, and writes this page. Trust the ratios: each is the median over rounds in which the system and its yardstick
take turns. Absolute figures are beside them for orders of size only.

Last run {date}: {cores} cores, Python {python}.

"""

if __name__ == "__main__":
    main()
