"""`/api/certificates/bulk/`"""

import asyncio
from typing import Any

from fastapi import APIRouter
from sqlalchemy import text
from starlette.responses import FileResponse, Response

from certificate import exports, learn
from certificate.domain.rights import check_may_fetch
from certificate.queries.bulk import list_enrollments
from certificate.routes.access import check_may_edit
from certificate.routes.parameters import ExportsFolder
from certificate.schemas import Bulk
from shared import jobs
from shared.auth import Instructor, SignedIn
from shared.database import OpenDatabase
from shared.errors import Invalid, NotFound
from shared.fields import PathId
from shared.jobs import JobStarted
from shared.peers import AskPeers

router = APIRouter(tags=["certificates"])

_OWNER = text("SELECT user_id FROM jobs WHERE id = :id AND kind = 'certificates.render' AND state = 'completed'")


@router.post("/api/certificates/bulk/", status_code=202)
async def start_bulk_certificates(
    body: Bulk, identity: Instructor, database: OpenDatabase, peers: AskPeers
) -> JobStarted:
    """Issue, reissue, revoke or draw many certificates of a course: a job, at most 10,000 enrollments in one.

    For the course's staff and administrators. `issue`: those of completed enrollments that have none; what is not
    earned fails with its reason, what was issued stays. `reissue`: under the holders' present names and the present
    template. `revoke`: needs `reason`. `render`: a ZIP of PDFs, at the job's `download_url` for a day. How it goes is
    at `url`, with the rows that failed in `results`.
    """
    course_id = await learn.find_course_id(database, peers, body.course)
    if not (course_id and await learn.is_course(database, peers, course_id)):
        raise Invalid(course="There is no such course.")
    await check_may_edit(database, peers, identity, course_id)
    params: dict[str, Any] = {"course": course_id}
    if body.action == "revoke":
        if body.reason is None:
            raise Invalid(reason="Whoever verifies the certificates is told this reason: it is required.")
        params["reason"] = body.reason
    elif body.action == "render":
        params["paper"] = body.paper
    async with database.transaction() as session:
        ids = body.enrollment_ids or await list_enrollments(session, course_id, body.action)
        # In one order, so that two jobs at once cannot wait for each other.
        rows = [{"enrollment": enrollment_id} for enrollment_id in sorted(set(ids))]
        return await jobs.start(
            session, kind=f"certificates.{body.action}", user_id=identity.user_id, params=params, rows=rows
        )


@router.get(
    "/api/certificates/bulk/{job_id}/download/",
    response_class=Response,
    responses={200: {"content": {"application/zip": {}}, "description": "The archive."}},
)
async def download_bulk_certificates(
    job_id: PathId, identity: SignedIn, database: OpenDatabase, folder: ExportsFolder
) -> Response:
    """The ZIP of PDFs that a job has made. For who started it and administrators; 404 once it is a day old."""
    async with database.reading() as session:
        owner = await session.scalar(_OWNER, {"id": job_id})
    if owner is None:
        raise NotFound
    check_may_fetch(identity, owner)
    archive = exports.archive_of(folder, job_id)
    if not await asyncio.to_thread(archive.is_file):
        raise NotFound("The archive was kept for a day, and is gone. Start another.")
    headers = {"Cache-Control": "private, no-store"}
    return FileResponse(archive, media_type="application/zip", filename=f"certificates-{job_id}.zip", headers=headers)
