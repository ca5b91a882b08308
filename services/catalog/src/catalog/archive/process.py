"""Reading an archive beside the service: in a process that may take so much time and memory, and no more."""

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

import structlog

from catalog.archive.draft import ReadArchive
from catalog.archive.refusal import Refused

READ = "read.json"
REFUSED = 3
LARGEST_MEMORY = 1024 * 1024 * 1024
LONGEST_CPU_S = 15
LONGEST_S = 120
"""By the clock, which also runs while others use the processor."""

log = structlog.get_logger()


async def read_beside(archive: Path, folder: Path) -> ReadArchive:
    """Unpack an archive into an empty folder and understand it. Raises Refused."""
    reading = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", "catalog.archive", str(archive), str(folder),
        stdin=DEVNULL, stdout=PIPE, stderr=PIPE, env={},
    )  # fmt: skip
    try:
        async with asyncio.timeout(LONGEST_S):
            said, complaint = await reading.communicate()
    except TimeoutError:
        raise Refused(f"It takes more than {LONGEST_S} seconds to read.") from None
    finally:
        if reading.returncode is None:
            reading.kill()
            await reading.wait()
    if reading.returncode == REFUSED:
        raise Refused(**json.loads(said))
    if reading.returncode != 0:
        log.error(
            "archive not read", returncode=reading.returncode, complaint=complaint[-2000:].decode(errors="replace")
        )
        raise Refused("It could not be read; it takes too much time or memory, or is not as expected.")
    return await asyncio.to_thread(lambda: ReadArchive.model_validate_json((folder / READ).read_bytes()))
