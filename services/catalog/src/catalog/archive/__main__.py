"""`python -m catalog.archive ARCHIVE FOLDER`: read an archive as a process of its own, with bounds on what it takes.

Writes `FOLDER/read.json`. A refusal is `{"reason", "place"}` on standard output, with the exit code `REFUSED`.
"""

import json
import os
import resource
import sys
from pathlib import Path

from catalog.archive.process import LARGEST_MEMORY, LONGEST_CPU_S, READ, REFUSED
from catalog.archive.reading import read_archive
from catalog.archive.refusal import Refused


def main(archive: Path, folder: Path) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (LARGEST_MEMORY, LARGEST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (LONGEST_CPU_S, LONGEST_CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(10)
    try:
        read = read_archive(archive, folder)
        (folder / READ).write_text(read.model_dump_json())
    except Refused as refused:
        sys.stdout.write(json.dumps({"reason": refused.reason, "place": refused.place}))
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
