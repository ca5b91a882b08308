"""`/api/question-banks/`: questions that assessments draw from."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from starlette.datastructures import UploadFile

from assessment.commands import banks as commands
from assessment.domain.describing import describe_bank
from assessment.domain.gift.reading import read_gift
from assessment.domain.gift.writing import write_gift
from assessment.learn import learn_course, learn_staff_of_bank
from assessment.queries import banks as queries
from assessment.routes.inputs import AskOwners
from assessment.schemas.banks import BankCreate, BankPatch, BankPut, BankView, Imported, Skipped
from shared.auth import Instructor
from shared.database import Reading, Transaction
from shared.errors import Invalid, PayloadTooLarge
from shared.fields import PathId, QueryRef
from shared.pagination import Page, Paging

LARGEST_FILE = 1024 * 1024

router = APIRouter(prefix="/api/question-banks", tags=["question banks"])

Format = Annotated[Literal["gift"], Query(description="The format of the file: Moodle's GIFT.")]

_GIFT = {"type": "string", "maxLength": LARGEST_FILE}
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/plain": {"schema": _GIFT},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}


@router.get("/")
async def list_banks(
    user: Instructor, session: Reading, owners: AskOwners, paging: Paging, course: QueryRef = None
) -> Page[BankView]:
    """Question banks of the courses that you teach, newest first; administrators see all.

    `ordering` by `title` or `created_date`. The questions are at `/api/questions/?bank=`.
    """
    if course is not None:
        await learn_course(owners, user, course)
    return await queries.list_banks(session, user, paging, course=course)


@router.post("/", status_code=201)
async def create_bank(wanted: BankCreate, user: Instructor, session: Transaction, owners: AskOwners) -> BankView:
    """Make an empty question bank in a course that you teach. Assessments draw from it by their `draws`."""
    await learn_course(owners, user, wanted.course)
    return describe_bank(await commands.create_bank(session, user, wanted, now=datetime.now(UTC)), 0)


@router.get("/{bank_id}/")
async def get_bank(bank_id: PathId, user: Instructor, session: Reading, owners: AskOwners) -> BankView:
    """A question bank of a course that you teach."""
    await learn_staff_of_bank(owners, user, bank_id)
    return await queries.get_bank(session, user, bank_id)


@router.put("/{bank_id}/")
async def replace_bank(
    bank_id: PathId, wanted: BankPut, user: Instructor, session: Transaction, owners: AskOwners
) -> BankView:
    """Rename a question bank; it stays in its course."""
    await learn_staff_of_bank(owners, user, bank_id)
    await commands.rename_bank(session, user, bank_id, wanted, now=datetime.now(UTC))
    return await queries.get_bank(session, user, bank_id)


@router.patch("/{bank_id}/")
async def update_bank(
    bank_id: PathId, wanted: BankPatch, user: Instructor, session: Transaction, owners: AskOwners
) -> BankView:
    """Rename a question bank; as PUT, with nothing required."""
    await learn_staff_of_bank(owners, user, bank_id)
    await commands.rename_bank(session, user, bank_id, wanted, now=datetime.now(UTC))
    return await queries.get_bank(session, user, bank_id)


@router.delete("/{bank_id}/", status_code=204)
async def delete_bank(bank_id: PathId, user: Instructor, session: Transaction, owners: AskOwners) -> Response:
    """Take a question bank away. Nothing more is drawn from it; attempts keep what was."""
    await learn_staff_of_bank(owners, user, bank_id)
    await commands.delete_bank(session, user, bank_id, now=datetime.now(UTC))
    return Response(status_code=204)


@router.post("/{bank_id}/import/", openapi_extra=_FILE)
async def import_questions(
    bank_id: PathId,
    request: Request,
    user: Instructor,
    session: Transaction,
    owners: AskOwners,
    format: Format = "gift",
) -> Imported:
    """Add the questions of a file in Moodle's GIFT to a bank: multipart `file`, or the text as `text/plain`.

    UTF-8, 1 MB and 1,000 questions at most. What cannot be taken is skipped, with its line and the reason.
    """
    await learn_staff_of_bank(owners, user, bank_id)
    await queries.get_bank(session, user, bank_id)
    questions, skipped = await asyncio.to_thread(read_gift, await _text_of(request))
    await commands.add_questions(session, user, bank_id, questions, now=datetime.now(UTC))
    return Imported(imported=len(questions), skipped=[Skipped(line=line, reason=reason) for line, reason in skipped])


@router.get("/{bank_id}/export/", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def export_questions(
    bank_id: PathId, user: Instructor, session: Reading, owners: AskOwners, format: Format = "gift"
) -> Response:
    """The questions of a bank as a file in Moodle's GIFT. What GIFT cannot say is named in a comment."""
    await learn_staff_of_bank(owners, user, bank_id)
    questions = await queries.list_bank_questions(session, user, bank_id)
    text = await asyncio.to_thread(write_gift, questions)
    name = f'attachment; filename="question-bank-{bank_id}.gift.txt"'
    return Response(text, media_type="text/plain", headers={"Content-Disposition": name})


async def _text_of(request: Request) -> str:
    """The file that was sent. Raises Invalid or PayloadTooLarge."""
    if request.headers.get("Content-Type", "").startswith("multipart/form-data"):
        async with request.form(max_files=1, max_fields=10) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise Invalid(file="Send the file in this field.")
            sent = await file.read(LARGEST_FILE + 1)
    else:
        sent = await request.body()
    if len(sent) > LARGEST_FILE:
        raise PayloadTooLarge(f"The file is larger than {LARGEST_FILE} bytes.", limit=LARGEST_FILE)
    try:
        return sent.decode()
    except UnicodeDecodeError as error:
        raise Invalid(file="The file is not text in UTF-8.") from error
