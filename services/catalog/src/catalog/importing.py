"""Imports as jobs: an archive is read beside the service, its files go to storage, and the course is made at once.

Nothing is in the database or named in storage before the archive was understood whole; what a broken attempt stored is
cleared away with all files that nothing names.
"""

import asyncio
import io
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from catalog.archive.draft import ReadArchive
from catalog.archive.process import read_beside
from catalog.archive.refusal import Refused
from catalog.archive.resources import FileFacts
from catalog.commands.copies import note_user
from catalog.commands.courses import NO_THUMBNAIL, Thumbnail
from catalog.commands.imports import ArchivedFile, import_course
from catalog.domain.media import LARGEST_THUMBNAIL
from catalog.images import thumbnails
from catalog.settings import Settings
from catalog.storage import NotStored, Storage, process_storage
from catalog.store.files import abandon_file, announce_file, announce_files, name_files, variant_of
from shared import jobs
from shared.auth import Identity
from shared.database import Database
from shared.errors import Invalid
from shared.jobs import Job, JobKind, JobStarted

KIND = "catalog.import"
LONGEST_S = 230
"""From an archive in storage to its files in storage. A job's preparation has 4 minutes."""
_WRITTEN_AT_ONCE = 8
_PIECE = 256 * 1024


@dataclass
class _Understood:
    """What preparing gives to the row."""

    read: ReadArchive
    files: dict[str, ArchivedFile]
    thumbnail: Thumbnail


async def start_import(session: AsyncSession, creator: Identity, *, key: str, size: int, name: str) -> JobStarted:
    """Have the archive with this key in storage made into a course that `creator` leads."""
    await note_user(session, creator)
    archive = {"archive": key, "size": size}
    return await jobs.start(session, kind=KIND, user_id=creator.user_id, params=archive, rows=[{"file": name}])


async def _prepare(database: Database, job: Job, rows: list[dict[str, Any]]) -> None:
    # by the upload's own name, not the job's number: another system on the same machine has jobs with that number too
    folder = Path(tempfile.gettempdir()) / f"syllabus-import-{job.params['archive']}"
    await asyncio.to_thread(_make_empty, folder)
    try:
        async with asyncio.timeout(LONGEST_S):
            job.params["understood"] = await _understand(database, process_storage(), job, folder)
    except Refused as refused:
        job.params["refused"] = refused
    except TimeoutError:
        job.params["refused"] = Refused(f"It takes more than {LONGEST_S} seconds to take in.")
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _understand(database: Database, storage: Storage, job: Job, folder: Path) -> _Understood:
    """Raises Refused."""
    archive, unpacked = folder / "archive", folder / "unpacked"
    await asyncio.to_thread(unpacked.mkdir)
    try:
        pieces = await storage.read(job.params["archive"], 0, job.params["size"])
    except NotStored:
        raise Refused("The upload waited too long and was cleared away. Send it anew.") from None
    with archive.open("xb") as out:
        async for piece in pieces:
            await asyncio.to_thread(out.write, piece)
    read = await read_beside(archive, unpacked)
    return _Understood(read, await _store(database, storage, read), await _thumbnail(database, storage, read))


async def _store(database: Database, storage: Storage, read: ReadArchive) -> dict[str, ArchivedFile]:
    """The files that the course needs, in storage, by their path in the archive."""
    keys = await announce_files(database, len(read.files), now=datetime.now(UTC))
    turns = asyncio.Semaphore(_WRITTEN_AT_ONCE)

    async def write(key: str, facts: FileFacts) -> ArchivedFile:
        async with turns:
            await storage.write(key, _pieces(Path(facts.at)))
        return ArchivedFile(key, facts)

    async with asyncio.TaskGroup() as group:
        tasks = {
            path: group.create_task(write(key, facts))
            for key, (path, facts) in zip(keys, read.files.items(), strict=True)
        }
    return {path: task.result() for path, task in tasks.items()}


async def _thumbnail(database: Database, storage: Storage, read: ReadArchive) -> Thumbnail:
    """The course's picture in its sizes; one that cannot be shown is left out, with a note."""
    if read.thumbnail is None:
        return NO_THUMBNAIL
    try:
        sizes = await thumbnails(io.BytesIO(await asyncio.to_thread(_head_of, Path(read.thumbnail))))
    except ValueError as error:
        read.report.note(read.course.thumbnail or "", "course_image", str(error))
        return NO_THUMBNAIL
    key = await announce_file(database, now=datetime.now(UTC), variants=list(sizes))
    for name, image in sizes.items():
        await storage.write(variant_of(key, name), _once(image))
    return Thumbnail(key, f"{Settings().public_url}/api/media/{key}/large.webp")


def _head_of(path: Path) -> bytes:
    """As much of a file as a thumbnail may have."""
    with path.open("rb") as file:
        return file.read(LARGEST_THUMBNAIL)


async def _once(piece: bytes) -> AsyncIterator[bytes]:
    yield piece


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece


def _make_empty(folder: Path) -> None:
    """What an attempt that was killed left there goes first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)


async def _make(session: AsyncSession, job: Job, row: dict[str, Any]) -> dict[str, Any]:
    if refused := job.params.get("refused"):
        raise Invalid(file=str(refused))
    understood: _Understood = job.params["understood"]
    keys = [file.storage_key for file in understood.files.values()]
    thumbnail = understood.thumbnail
    await name_files(session, keys + ([thumbnail.storage_key] if thumbnail.storage_key else []))
    draft = understood.read.course
    course = await import_course(
        session, job.user_id, draft, understood.files, thumbnail=thumbnail, now=datetime.now(UTC)
    )
    job.params["course"] = {"id": course.id, "slug": course.slug, "title": course.title}
    return {"course": course.id}


async def _finish(session: AsyncSession, job: Job) -> None:
    """Tell what became of it. The archive itself is of no more use."""
    await abandon_file(session, job.params["archive"])
    if refused := job.params.get("refused"):
        job.state, job.message = "failed", f"The archive was refused. {refused}"
        job.report |= {"refused": {"place": refused.place, "reason": refused.reason}}
    elif "course" in job.params:
        report = job.params["understood"].read.report
        job.message = f"The course '{job.params['course']['title']}' was made, as a draft."
        job.report = {"course": job.params["course"], **report.model_dump(mode="json")}


IMPORT = JobKind(KIND, row=_make, prepare=_prepare, finish=_finish, batch=1)
