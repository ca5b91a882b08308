"""`/api/courses/import/` and `/api/courses/{ref}/export/`: courses as archives."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from catalog.archive.limits import LARGEST_ARCHIVE, MEBIBYTE
from catalog.domain.access import check_staff
from catalog.domain.media import safe_name
from catalog.domain.slugs import parse_ref
from catalog.importing import start_import
from catalog.queries.awaited import awaited_assessments
from catalog.queries.exports import get_outline, pack
from catalog.routes.forms import Pieces, SentFile, read_form
from catalog.schemas.archives import CourseAssessments
from catalog.schemas.fields import Ref
from catalog.storage import UseStorage
from catalog.store.files import discard_file, keep
from catalog.store.visibility import find_course
from shared.auth import Instructor
from shared.database import OpenDatabase
from shared.errors import Invalid, PayloadTooLarge, ServiceUnavailable
from shared.jobs import JobStarted
from shared.peers import AskPeers

router = APIRouter(prefix="/api/courses", tags=["archives"])

GZIP = "application/gzip"
_FILE = {"type": "string", "contentMediaType": GZIP, "description": "The archive."}
_TAKES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": {"type": "object", "properties": {"file": _FILE}, "required": ["file"]}}
        },
    }
}


@router.post("/import/", status_code=202, openapi_extra=_TAKES)
async def import_course(
    request: Request, database: OpenDatabase, storage: UseStorage, caller: Instructor
) -> JobStarted:
    """Make a draft course from an archive: a `.tar.gz` of at most 200 MB, in Open edX OLX or exported here.

    Chapters become modules, sequentials lessons, problems assessments, and the static files that lessons refer to their
    resources. The job's `report` has the `course {id, slug, title}`, how much was taken over, and in `notes` what was
    not, or not as it was: `{place, element, left_out, reason}`. An archive that is broken, too large (1 GB or 20,000
    files unpacked, 32 MB of text) or could do harm is refused whole: its row in `results` has failed,
    `report.refused` tells `{place, reason}`, and nothing is left of it.
    """

    async def take(sent: SentFile) -> tuple[str, int, str]:
        pieces = _limited(sent.pieces)
        key, size = await keep(database, storage, pieces, now=datetime.now(UTC))
        return key, size, safe_name(sent.name)

    async def discard(archive: tuple[str, int, str]) -> None:
        await discard_file(database, storage, archive[0])

    form = await read_form(request, "file", take, discard)
    if form.file is None:
        raise Invalid(file="Send the archive as multipart/form-data, in the field 'file'.")
    key, size, name = form.file
    try:
        if not size:
            raise Invalid(file="The archive is empty.")
        async with database.transaction() as session:
            return await start_import(session, caller, key=key, size=size, name=name)
    except BaseException:
        await discard(form.file)
        raise


async def _limited(pieces: Pieces) -> AsyncIterator[bytes]:
    """Raises PayloadTooLarge."""
    size = 0
    async for piece in pieces:
        size += len(piece)
        if size > LARGEST_ARCHIVE:
            message = f"An archive can have at most {LARGEST_ARCHIVE // MEBIBYTE} MB."
            raise PayloadTooLarge(message, limit=LARGEST_ARCHIVE)
        yield piece


@router.get(
    "/{ref}/export/",
    response_class=StreamingResponse,
    responses={200: {"content": {GZIP: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def export_course(
    ref: Ref, database: OpenDatabase, storage: UseStorage, peers: AskPeers, caller: Instructor
) -> StreamingResponse:
    """The whole course as one `.tar.gz`, for its staff: outline, content of all tiers, resources with their files, and
    assessments with their right answers.

    It imports again here to the same course, and other platforms can read it as Open edX OLX. People (instructors,
    learners), dates, versions and questions drawn from banks stay behind. The same course gives the same bytes. An
    answer that breaks off is of a course that was changed meanwhile: ask again. While the assessments of a course that
    was just imported or cloned are being made, 503.
    """
    async with database.reading() as session:
        found = await find_course(session, caller, parse_ref(ref))
        check_staff(found.visibility, found.standing)
        outline = await get_outline(session, found.course_id)
        # Before their owner is asked: what it makes in between it tells.
        awaited = await awaited_assessments(session, found.course_id, now=datetime.now(UTC))
    path = f"/internal/courses/{found.course_id}/assessments/"
    known = await peers.get("assessment", path, CourseAssessments)
    contents = known.root if known is not None else []
    if awaited - {content.lesson_id for content in contents}:
        raise ServiceUnavailable("The assessments of this course are being made. Ask again in some seconds.")
    return StreamingResponse(
        pack(database, storage, outline, found.course_id, contents),
        media_type=GZIP,
        headers={"Content-Disposition": f'attachment; filename="{outline.slug}.tar.gz"', "Cache-Control": "no-store"},
    )
