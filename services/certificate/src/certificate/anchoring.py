"""Clock entrance: signed checkpoints of the public log are kept outside of the service. Off unless a place is named.

Who holds an older checkpoint can prove that the log was made anew. An anchor is where the service itself leaves them
for others: a file on another machine's volume, a timestamping service, a chain. One function is all that another kind
needs.
"""

import asyncio
import fcntl
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from certificate.issuer import issuer
from certificate.queries.log import get_checkpoint
from certificate.schemas import Checkpoint
from certificate.settings import process_settings
from shared.database import Database
from shared.worker import Schedule

LONGEST_TAIL = 64 * 1024
"""Of the file, where the last checkpoint is looked for."""


class Anchor(Protocol):
    """A place outside where checkpoints are kept for good."""

    async def keep(self, checkpoint: Checkpoint) -> bool:
        """Keep it, unless one of its size or above is there. False when it was. Safe for several at once."""


class FileAnchor:
    """A file with one checkpoint as JSON on each line; lines are only ever appended."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def keep(self, checkpoint: Checkpoint) -> bool:
        return await asyncio.to_thread(self._append, checkpoint)

    def _append(self, checkpoint: Checkpoint) -> bool:
        with self._path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - LONGEST_TAIL))
            whole, size = _last(file.read())
            if size >= checkpoint.tree_size:
                return False
            line = json.dumps(checkpoint.model_dump(), separators=(",", ":")) + "\n"
            file.write((b"" if whole else b"\n") + line.encode())
            file.flush()
            os.fsync(file.fileno())
        return True


def _last(content: bytes) -> tuple[bool, int]:
    """Whether the last line was written to its end, and the size of the last checkpoint that can be read."""
    for line in reversed(content.splitlines()):
        try:
            return content.endswith(b"\n"), int(json.loads(line)["tree_size"])
        except (ValueError, KeyError, TypeError):
            continue
    return not content or content.endswith(b"\n"), 0


async def anchor(database: Database, place: Anchor) -> bool:
    """Keep the log's present checkpoint. False when it has not grown since the last."""
    async with database.reading() as session:
        checkpoint = await get_checkpoint(session, issuer(), now=datetime.now(UTC))
    return await place.keep(checkpoint)


async def anchor_if_told(database: Database) -> None:
    """Where the settings name a file."""
    path = process_settings().anchor_file
    if path is not None:
        await anchor(database, FileAnchor(path))


ANCHORING = (Schedule(60, anchor_if_told),)
