"""A course's learners, for its staff."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import UploadFile

from enrollment.commands.bulk import start_bulk
from enrollment.commands.management import restore, suspend
from enrollment.domain.addresses import decode, distinct, read_addresses
from enrollment.learn import learn_course_to_manage
from enrollment.queries.enrollments import get_learner, list_learners
from enrollment.routes.enrollments import StatusFilter
from enrollment.schemas.bulk import LONGEST_CSV, BulkEnroll
from enrollment.schemas.enrollments import EnrollmentManage, LearnerView
from shared.auth import Instructor
from shared.database import OpenDatabase, Reading, Transaction
from shared.errors import Invalid, PayloadTooLarge
from shared.fields import PathId, PathRef
from shared.jobs import JobStarted
from shared.pagination import Page, Paging
from shared.peers import AskPeers

router = APIRouter(tags=["enrollments"])

_FILE = {"type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": BulkEnroll.model_json_schema()},
            "multipart/form-data": {"schema": _FILE},
            "text/csv": {"schema": {"type": "string", "maxLength": LONGEST_CSV}},
            "text/plain": {"schema": {"type": "string", "maxLength": LONGEST_CSV}},
        },
    }
}


@router.get("/api/courses/{ref}/enrollments/")
async def list_course_enrollments(
    ref: PathRef,
    caller: Instructor,
    database: OpenDatabase,
    peers: AskPeers,
    session: Reading,
    paging: Paging,
    status: StatusFilter = None,
) -> Page[LearnerView]:
    """The course's learners and how far they are, newest first; for its staff and administrators.

    `ordering`: `created_date`, `last_accessed`, `progress_percentage`.
    """
    course_id = await learn_course_to_manage(database, peers, ref, caller, now=datetime.now(UTC))
    return await list_learners(session, caller, course_id, paging, status=status)


@router.post("/api/courses/{ref}/enrollments/bulk/", status_code=202, openapi_extra=_BODY)
async def enroll_many(
    ref: PathRef, request: Request, caller: Instructor, database: OpenDatabase, peers: AskPeers
) -> JobStarted:
    """Enroll up to 10,000 registered users by their addresses; for the course's staff and administrators.

    JSON with `emails` or `csv`, a CSV file as multipart `file`, or the CSV itself as `text/csv` (UTF-8, 2 MB; the
    column `email`, else the first one). Each address counts once. The job at `url` tells what became of each: who is
    enrolled already, addresses with which nobody is registered and deactivated accounts fail, alone. Staff enroll
    without a subscription of the learner's; who gave the course up is taken up again, a suspension is not lifted.
    The course must be published (400 `COURSE_NOT_AVAILABLE`).
    """
    course_id = await learn_course_to_manage(database, peers, ref, caller, now=datetime.now(UTC))
    addresses = await _addresses(request)
    async with database.transaction() as session:
        return await start_bulk(session, caller, course_id, addresses)


async def _addresses(request: Request) -> list[str]:
    """What was sent. Raises Invalid, PayloadTooLarge."""
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        async with request.form(max_files=1, max_fields=10) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise Invalid(file="Send the file in this field.")
            sent = await file.read(LONGEST_CSV + 1)
    else:
        sent = await request.body()
    if kind not in ("text/csv", "text/plain", "multipart/form-data"):
        return await asyncio.to_thread(_addresses_of_json, sent)
    if len(sent) > LONGEST_CSV:
        raise PayloadTooLarge(f"The file is larger than {LONGEST_CSV} bytes.", limit=LONGEST_CSV)
    return await asyncio.to_thread(lambda: read_addresses(decode(sent)))


def _addresses_of_json(sent: bytes) -> list[str]:
    try:
        body = BulkEnroll.model_validate_json(sent)
    except ValidationError as error:
        raise RequestValidationError(
            [{**found, "loc": ("body", *found["loc"])} for found in error.errors(include_url=False)]
        ) from error
    if (body.emails is None) is (body.csv is None):
        raise Invalid({"non_field_errors": ["Send either `emails` or `csv`."]})
    return read_addresses(body.csv, "csv") if body.emails is None else distinct(body.emails, "emails")


@router.patch("/api/courses/{ref}/enrollments/{enrollment_id}/")
async def update_course_enrollment(
    ref: PathRef,
    enrollment_id: PathId,
    body: EnrollmentManage,
    caller: Instructor,
    database: OpenDatabase,
    peers: AskPeers,
    session: Transaction,
) -> LearnerView:
    """Suspend a learner (`status: "suspended"`) or let them back in (`status: "active"`); for the course's staff.

    A suspended learner keeps the enrollment and its progress, reads no content and writes no progress. An enrollment
    that was complete is complete again when restored. One that the learner gave up is 400.
    """
    now = datetime.now(UTC)
    course_id = await learn_course_to_manage(database, peers, ref, caller, now=now)
    change = suspend if body.status == "suspended" else restore
    enrollment = await change(session, caller, course_id, enrollment_id, now=now)
    return await get_learner(session, enrollment.id)
