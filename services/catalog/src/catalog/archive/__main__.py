"""`python -m catalog.archive ARCHIVE FOLDER`: read an archive as a process of its own, with bounds on what it takes.

Writes `FOLDER/read.json`. A refusal is `{"reason", "place"}` on standard output, with the exit code `REFUSED`.
"""

import json
import os
import resource
import sys
from pathlib import Path

from catalog.archive.draft import ReadArchive
from catalog.archive.limits import LARGEST_COURSE, MEBIBYTE
from catalog.archive.process import LARGEST_MEMORY, LONGEST_CPU_S, READ, REFUSED
from catalog.archive.reading import read_archive
from catalog.archive.refusal import Refused


def main(archive: Path, folder: Path) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (LARGEST_MEMORY, LARGEST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (LONGEST_CPU_S, LONGEST_CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(10)
    try:
        (folder / READ).write_bytes(told(read_archive(archive, folder)))
    except Refused as refused:
        sys.stdout.write(json.dumps({"reason": refused.reason, "place": refused.place}))
        return REFUSED
    return 0


def told(read: ReadArchive) -> bytes:
    """What the service is told. Raises Refused when that is more than it has room for."""
    text = read.model_dump_json().encode()
    if len(text) > LARGEST_COURSE:
        raise Refused(f"The course has more than {LARGEST_COURSE // MEBIBYTE} MB of text.")
    return text


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
