"""Files attached to answers: sent along with one, and fetched again."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse
from pydantic import ValidationError
from starlette.datastructures import UploadFile

from assessment.commands.answers import Stored
from assessment.domain.attachments import HEAD, LARGEST_ATTACHMENT, TAKEN, mime_type_of, safe_name
from assessment.files import Files
from assessment.learn import learn_staff_of_attempt_answer
from assessment.queries.attempts import get_attachment
from assessment.routes.inputs import AskOwners
from assessment.schemas.attempts import Attachment, AttemptAnswerSave
from shared.auth import SignedIn
from shared.database import Reading
from shared.errors import Invalid, NotFound, PayloadTooLarge
from shared.fields import PathId

router = APIRouter(tags=["attempts"])

LISTS = ("selected_answer_ids", "response")
"""Fields that a form sends as JSON."""


def _with_parts(schema: Any, parts: dict[str, Any]) -> Any:
    """A schema that stands by itself: what it refers to is put in place."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _with_parts(parts[schema["$ref"].rpartition("/")[2]], parts)
        return {name: _with_parts(value, parts) for name, value in schema.items() if name != "$defs"}
    return [_with_parts(value, parts) for value in schema] if isinstance(schema, list) else schema


_WHOLE = AttemptAnswerSave.model_json_schema()
_JSON = _with_parts(_WHOLE, _WHOLE["$defs"])
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": _JSON},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["attempt_id", "question_id"],
                    "properties": {
                        "attempt_id": {"type": "integer"},
                        "question_id": {"type": "integer"},
                        "text_answer": {"type": "string"},
                        "attachment": {"type": "string", "format": "binary"},
                    },
                }
            },
        },
    }
}


@dataclass(frozen=True)
class Sent:
    """An answer as it was sent, and the file sent along, in storage."""

    answer: AttemptAnswerSave
    attachment: Stored | None = None


async def _files(request: Request) -> Files:
    return Files(request.app.state.settings.files_dir)


OpenFiles = Annotated[Files, Depends(_files)]


async def _sent(request: Request, learner: SignedIn, files: OpenFiles) -> AsyncIterator[Sent]:
    """The body, JSON or a form. A file that no answer came to name is deleted again."""
    if not request.headers.get("Content-Type", "").startswith("multipart/form-data"):
        yield Sent(_parsed(await _json(request)))
        return
    async with request.form(max_files=1, max_fields=10, max_part_size=1024 * 1024) as form:
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        answer = _parsed({name: _of_form(name, value) for name, value in fields.items()})
        file = form.get("attachment")
        stored = await _store(files, file) if isinstance(file, UploadFile) else None
        if stored is not None and answer.text_answer is None:
            answer = answer.model_copy(update={"text_answer": ""})
    try:
        yield Sent(answer, stored)
    except BaseException:
        if stored is not None:
            await files.delete(stored.key)
        raise


SentAnswer = Annotated[Sent, Depends(_sent, scope="function")]


async def _json(request: Request) -> Any:
    try:
        return await request.json()
    except (ValueError, RecursionError) as error:
        raise RequestValidationError([{"type": "json_invalid", "loc": ("body", 0), "msg": str(error)}]) from error


def _parsed(body: Any) -> AttemptAnswerSave:
    try:
        return AttemptAnswerSave.model_validate(body)
    except ValidationError as error:
        raise RequestValidationError([fault | {"loc": ("body", *fault["loc"])} for fault in error.errors()]) from error


def _of_form(name: str, value: str) -> Any:
    if name not in LISTS:
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise Invalid({name: ["Send this as JSON."]}) from None


async def _store(files: Files, file: UploadFile) -> Stored:
    """Raises Invalid or PayloadTooLarge."""
    size = file.size or 0
    if size > LARGEST_ATTACHMENT:
        raise PayloadTooLarge(f"The attachment is larger than {LARGEST_ATTACHMENT} bytes.", limit=LARGEST_ATTACHMENT)
    name = safe_name(file.filename or "")
    head = await file.read(HEAD)
    mime_type = mime_type_of(head, name)
    if mime_type is None:
        raise Invalid(attachment=f"Files that can be attached are {TAKEN}.")
    await file.seek(0)
    return Stored(await files.store(file.file), Attachment(file_name=name, mime_type=mime_type, file_size=size))


@router.get(
    "/api/attempt-answers/{answer_id}/attachment/",
    response_class=FileResponse,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
async def download_attachment(
    answer_id: PathId, user: SignedIn, session: Reading, owners: AskOwners, files: OpenFiles
) -> FileResponse:
    """The file attached to an answer, for who attached it and the course's staff. Browsers are told to save it."""
    await learn_staff_of_attempt_answer(owners, user, answer_id)
    key, told = await get_attachment(session, user, answer_id)
    path = files.path(key)
    if not await asyncio.to_thread(path.is_file):
        raise NotFound
    safe = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox", "Cache-Control": "private"}
    return FileResponse(path, media_type=told.mime_type, filename=told.file_name, headers=safe)
