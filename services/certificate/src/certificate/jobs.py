"""The clock's other entrance: bulk work, row after row, by the worker (`shared.jobs`)."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from certificate import exports, learn
from certificate.commands import bulk
from certificate.commands.log import enter_missing
from certificate.domain.verification import status_at
from certificate.issuer import issuer
from certificate.models import Certificate, Completion
from certificate.queries.bulk import get_newest, list_completions, list_newest, list_numbered
from certificate.queries.templates import get_looks
from certificate.rendering.document import Drawing, Look
from certificate.rendering.renderer import Renderer
from certificate.schedules import owners
from certificate.settings import process_settings
from shared.contracts.assessment.http import CourseStanding
from shared.database import Database
from shared.jobs import Job, JobKind, schedule
from shared.peers import ask_about_all

BATCH = 50

Row = dict[str, Any]

_WORDS = "words"
"""Where in a batch's `job.params` assessment's words are kept, from `prepare` to its rows. Nothing writes it back."""


async def _ask_for_issue(database: Database, job: Job, rows: list[Row]) -> None:
    """Before a batch: the log gets what the batch before issued, and the owners are asked what copies lack."""
    await _enter_log(database, job, rows)
    async with database.reading() as session:
        course_id = job.params["course"]
        completions = await list_completions(session, course_id, [row["enrollment"] for row in rows])
    if any(each.state == "not_applicable" for each in completions):
        await learn.learn_course(database, owners(), course_id)

    async def ask(completion: Completion) -> tuple[int, CourseStanding | None]:
        await learn.learn_missing(database, owners(), completion)
        return completion.enrollment_id, await learn.ask_word(owners(), completion)

    job.params[_WORDS] = dict(await ask_about_all(completions, ask))


async def _enter_log(database: Database, _job: Job, _rows: list[Row]) -> None:
    async with database.transaction() as session:
        await enter_missing(session, limit=2 * BATCH, now=datetime.now(UTC))


async def _enter_last(session: AsyncSession, job: Job) -> None:
    """With the last batch: its own entries of the log. What another transaction holds, the next upkeep enters."""
    await enter_missing(session, limit=2 * BATCH, now=datetime.now(UTC))
    job.message = f"{job.done - job.failed} of {job.total} certificates {_DONE[job.kind]}."


async def _issue(session: AsyncSession, job: Job, row: Row) -> Row:
    word = job.params[_WORDS].get(row["enrollment"])
    course_id = job.params["course"]
    return await bulk.issue_one(session, course_id, row["enrollment"], word, issuer(), now=datetime.now(UTC))


async def _reissue(session: AsyncSession, job: Job, row: Row) -> Row:
    return await bulk.reissue_one(session, job.params["course"], row["enrollment"], issuer(), now=datetime.now(UTC))


async def _revoke(session: AsyncSession, job: Job, row: Row) -> Row:
    course_id, reason = job.params["course"], job.params["reason"]
    public_url = issuer().public_url
    return await bulk.revoke_one(session, course_id, row["enrollment"], reason, public_url, now=datetime.now(UTC))


async def _draw(database: Database, job: Job, rows: list[Row]) -> None:
    """Draw a batch's PDFs into files, those that are not there yet."""
    async with database.reading() as session:
        certificates = await list_newest(session, job.params["course"], [row["enrollment"] for row in rows])
        looks = await get_looks(session, {each.template_version for each in certificates})
    await _write(job, certificates, looks)


async def _write(job: Job, certificates: Sequence[Certificate], looks: Mapping[str, Look]) -> None:
    folder, now = process_settings().exports_dir, datetime.now(UTC)
    names = {_filename(each): each for each in certificates}
    for name in await asyncio.to_thread(exports.missing, folder, job.id, names):
        certificate = names[name]
        drawing = Drawing.of(
            certificate,
            looks[certificate.template_version],
            status=status_at(certificate.status, certificate.expires_at, now=now),
            public_url=issuer().public_url,
            paper=job.params["paper"],
        )
        pdf = await _press().sealed(drawing, issuer().key)
        await asyncio.to_thread(exports.write_part, folder, job.id, name, pdf)


async def _render(session: AsyncSession, job: Job, row: Row) -> Row:
    """The file was drawn before: this tells which."""
    return bulk.told(await get_newest(session, job.params["course"], row["enrollment"]))


_DRAWN = text("""
    SELECT result ->> 'certificate_number' AS number FROM job_rows
    WHERE job_id = :id AND state = 'succeeded' ORDER BY number
""")


async def _pack(session: AsyncSession, job: Job) -> None:
    """One archive of all. What was lost with its folder, or reissued meanwhile, is drawn now."""
    folder = process_settings().exports_dir
    names = [f"{row.number}.pdf" for row in await session.execute(_DRAWN, {"id": job.id})]
    lost = await asyncio.to_thread(exports.missing, folder, job.id, names)
    for start in range(0, len(lost), BATCH):
        numbers = [name.removesuffix(".pdf") for name in lost[start : start + BATCH]]
        certificates = await list_numbered(session, numbers)
        looks = await get_looks(session, {each.template_version for each in certificates})
        await _write(job, certificates, looks)
    await asyncio.to_thread(exports.pack, folder, job.id, names)
    await asyncio.to_thread(exports.forget_parts, folder, job.id)
    job.download_url = f"{issuer().public_url}/api/certificates/bulk/{job.id}/download/"
    job.message = f"{len(names)} of {job.total} certificates {_DONE[job.kind]}. The archive is kept for a day."


def _filename(certificate: Certificate) -> str:
    return f"{certificate.certificate_number}.pdf"


@cache
def _press() -> Renderer:
    """The worker's own, so that bulk work takes no turns from those who wait for one page."""
    return Renderer(at_once=1)


ISSUE = JobKind("certificates.issue", row=_issue, prepare=_ask_for_issue, finish=_enter_last, batch=BATCH)
REISSUE = JobKind("certificates.reissue", row=_reissue, prepare=_enter_log, finish=_enter_last, batch=BATCH)
REVOKE = JobKind("certificates.revoke", row=_revoke, prepare=_enter_log, finish=_enter_last, batch=BATCH)
RENDER = JobKind("certificates.render", row=_render, prepare=_draw, finish=_pack, batch=BATCH)

KINDS = {kind.name: kind for kind in (ISSUE, REISSUE, REVOKE, RENDER)}
_DONE = {ISSUE.name: "issued", REISSUE.name: "reissued", REVOKE.name: "revoked", RENDER.name: "drawn"}

JOBS = (schedule(KINDS),)
