"""Archives of certificates on disk: a job's PDFs as files, then one ZIP of them, kept for a day.

A worker that is killed leaves whole files or none: each is written beside its place and moved there.
"""

import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

KEPT = timedelta(days=1)


def parts_of(folder: Path, job_id: int) -> Path:
    """Where a job's PDFs are until it is finished."""
    return folder / str(job_id)


def archive_of(folder: Path, job_id: int) -> Path:
    return folder / f"{job_id}.zip"


def write_part(folder: Path, job_id: int, name: str, content: bytes) -> None:
    parts = parts_of(folder, job_id)
    parts.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, unfinished = tempfile.mkstemp(dir=parts, prefix=".")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    os.replace(unfinished, parts / name)


def missing(folder: Path, job_id: int, names: Iterable[str]) -> list[str]:
    """Which of these files are not there."""
    parts = parts_of(folder, job_id)
    return [name for name in names if not (parts / name).exists()]


def pack(folder: Path, job_id: int, names: Iterable[str]) -> None:
    """Put the files into the archive, stored and not deflated: a PDF is packed already. Reads one file at a time."""
    parts = parts_of(folder, job_id)
    unfinished = folder / f".{job_id}.zip"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as archive:
        for name in names:
            archive.write(parts / name, name)
    os.replace(unfinished, archive_of(folder, job_id))


def forget_parts(folder: Path, job_id: int) -> None:
    shutil.rmtree(parts_of(folder, job_id), ignore_errors=True)


def forget_old(folder: Path, *, now: datetime) -> None:
    """Remove what was last written more than a day ago. Safe to do by several at once."""
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        try:
            is_old = path.stat().st_mtime < (now - KEPT).timestamp()
        except FileNotFoundError:
            continue
        if is_old and path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif is_old:
            path.unlink(missing_ok=True)
