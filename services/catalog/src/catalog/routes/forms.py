"""Bodies that may bring a file: JSON, or multipart/form-data read as it arrives, the file straight into storage.

FastAPI's own forms would first put all of a body into a temporary file, before anyone asked who sends it.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from email.message import Message
from typing import Any, ClassVar, Generic, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from python_multipart.multipart import MultipartParser
from starlette.requests import ClientDisconnect

from catalog.domain.media import LARGEST_FORM
from catalog.schemas.fields import Input
from shared.errors import Invalid, PayloadTooLarge, Refusal

MOST_PARTS = 100
LONGEST_PART_HEADER = 8 * 1024

F = TypeVar("F")
D = TypeVar("D", bound=Input)
Pieces = AsyncIterator[bytes]


class Malformed(Refusal):
    code: ClassVar[str] = "MALFORMED_REQUEST"
    message = "The body is not valid multipart/form-data."


@dataclass(frozen=True)
class SentFile:
    """A file on its way in. `fields`: those that came before it."""

    name: str
    fields: dict[str, str]
    pieces: Pieces


@dataclass(frozen=True)
class Form(Generic[F]):
    """A body: its fields, and what was made of its file."""

    fields: dict[str, Any]
    file: F | None

    def as_model(self, model: type[D]) -> D:
        """Raises RequestValidationError, as FastAPI does for bodies it reads itself."""
        try:
            return model.model_validate(self.fields)
        except ValidationError as error:
            errors = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
            raise RequestValidationError(errors) from None


async def read_form(
    request: Request,
    file_field: str,
    take: Callable[[SentFile], Awaitable[F]],
    discard: Callable[[F], Awaitable[None]],
) -> Form[F]:
    """The body; `take` is handed the file and reads it to its end. When the body turns out broken after the file,
    `discard` undoes that.

    Raises Malformed, PayloadTooLarge, Invalid and what `take` raises.
    """
    kind = _content_type(request)
    if kind.get_content_type() != "multipart/form-data":
        return Form(await _json(request), None)
    boundary = kind.get_param("boundary")
    if not isinstance(boundary, str) or not 0 < len(boundary) <= 200:
        raise Malformed("The Content-Type of multipart/form-data needs a boundary.")
    reading = _Reading(request, boundary.encode("utf-8", "replace"))
    fields: dict[str, str] = {}
    file: F | None = None
    try:
        async for part in reading.parts():
            if part.file_name is None:
                fields[part.name] = await _text(part, reading)
            elif part.name == file_field and part.file_name and file is None:
                file = await take(SentFile(part.file_name, dict(fields), reading.pieces()))
            elif part.file_name:
                raise Invalid({part.name or file_field: [f"One file can be sent, as '{file_field}'."]})
    except BaseException:
        if file is not None:
            await discard(file)
        raise
    return Form(fields, file)


def _content_type(request: Request) -> Message:
    message = Message()
    message["content-type"] = request.headers.get("content-type", "application/json")
    return message


async def _json(request: Request) -> dict[str, Any]:
    body = bytearray()
    async for piece in _stream(request):
        body += piece
        if len(body) > LARGEST_FORM:
            raise PayloadTooLarge(f"A JSON body can have at most {LARGEST_FORM} bytes here.", limit=LARGEST_FORM)
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("The body is not valid JSON.") from None
    if not isinstance(value, dict):
        raise Invalid({"non_field_errors": ["Expected a JSON object."]})
    return value


async def _stream(request: Request) -> Pieces:
    try:
        async for piece in request.stream():
            yield piece
    except ClientDisconnect:
        raise Malformed("The body broke off.") from None


async def _text(part: "_Part", reading: "_Reading") -> str:
    held = bytearray()
    async for piece in reading.pieces():
        held += piece
        reading.count(len(piece))
    try:
        return held.decode()
    except UnicodeDecodeError:
        raise Invalid({part.name: ["Text must be UTF-8."]}) from None


@dataclass
class _Part:
    name: str
    file_name: str | None


@dataclass
class _Reading:
    """A multipart body as a row of parts, each with its pieces. Nothing is held but what just arrived."""

    request: Request
    boundary: bytes
    _events: list[_Part | bytes | None] = field(default_factory=list)
    """What the parser found: a part's beginning, its bytes, its end (None)."""
    _header: bytearray = field(default_factory=bytearray)
    _headers: list[bytes] = field(default_factory=list)
    _parts: int = 0
    _form_bytes: int = 0
    _is_whole: bool = False

    def __post_init__(self) -> None:
        self._source = _stream(self.request)
        self._parser = MultipartParser(
            self.boundary,
            {
                "on_header_field": self._on_header,
                "on_header_value": self._on_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_part,
                "on_part_data": lambda data, start, end: self._events.append(data[start:end]),
                "on_part_end": lambda: self._events.append(None),
                "on_end": self._on_end,
            },
        )

    async def parts(self) -> AsyncIterator[_Part]:
        """Each part; its pieces, as far as nobody read them, are skipped. Raises Malformed."""
        while True:
            event = await self._next()
            if event is _END:
                return
            if isinstance(event, _Part):
                yield event

    async def pieces(self) -> Pieces:
        """Of the part that was given last, up to its end."""
        while (event := await self._next()) is not None:
            if event is _END or isinstance(event, _Part):
                raise Malformed
            assert isinstance(event, bytes)
            yield event

    def count(self, size: int) -> None:
        self._form_bytes += size
        if self._form_bytes > LARGEST_FORM:
            raise PayloadTooLarge(
                f"Without its file, a form can have at most {LARGEST_FORM} bytes.", limit=LARGEST_FORM
            )

    async def _next(self) -> object:
        while not self._events:
            piece = await anext(self._source, b"")
            if not piece:
                if not self._is_whole:
                    raise Malformed("The body ends before its last boundary.")
                return _END
            try:
                self._parser.write(piece)
            except (ValueError, Refusal) as error:  # MultipartParseError is a ValueError
                raise error if isinstance(error, Refusal) else Malformed() from None
        return self._events.pop(0)

    def _on_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]
        if len(self._header) > LONGEST_PART_HEADER:
            raise Malformed(f"The headers of a part can have at most {LONGEST_PART_HEADER} bytes.")

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        if b":" not in self._header:
            self._header += b":"
        self._on_header(data, start, end)

    def _on_header_end(self) -> None:
        self._headers.append(bytes(self._header))
        self._header.clear()
        if len(self._headers) > 20:
            raise Malformed("A part can have at most 20 headers.")

    def _on_part(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise Malformed(f"A form can have at most {MOST_PARTS} parts.")
        message = Message()
        for header in self._headers:
            name, _, value = header.decode("utf-8", "replace").partition(":")
            if name.strip().lower() == "content-disposition":
                message["content-disposition"] = " ".join(value.split())
        self._headers.clear()
        said = message.get_param("name", header="content-disposition")
        if message.get_content_disposition() != "form-data" or not isinstance(said, str):
            raise Malformed('Each part needs the header Content-Disposition: form-data; name="…".')
        self._events.append(_Part(said, message.get_filename()))

    def _on_end(self) -> None:
        self._is_whole = True


_END = object()
