"""`python -m enrollment recount --check`: whether every counter is what its rows come to."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from enrollment.queries.recount import find_differences
from enrollment.settings import Settings
from shared.database import Database

SHOWN = 100


def recount(settings: Settings, argv: Sequence[str]) -> int:
    """Say what is wrong, the first hundred; the exit status: 0 when nothing is, 1 when something is."""
    parser = argparse.ArgumentParser(prog="python -m enrollment recount", description=__doc__)
    parser.add_argument("--check", action="store_true", required=True, help="say what is wrong, and change nothing")
    parser.parse_args(argv)
    return asyncio.run(_check(settings))


async def _check(settings: Settings) -> int:
    database = Database(settings.database_url, pool_size=1, name=settings.SERVICE)
    number = 0
    try:
        async for found in find_differences(database):
            number += 1
            if number <= SHOWN:
                place = f"{found.table} {found.row}: {found.column}"
                sys.stdout.write(f"{place} is {found.stands}, its rows come to {found.counted}\n")
    finally:
        await database.close()
    sys.stdout.write(f"{number} differences\n")
    return 1 if number else 0
