"""The signed record inside a PDF, found without trusting the file.

A file that somebody sends may be anything. So nothing of its structure is followed: what is marked as an attached file
is looked at where it stands, unpacked up to a limit, and taken only if it reads as a record. This finds it in any PDF
that is not encrypted, also when another program has saved it again.
"""

import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated

import rfc8785
from pydantic import BaseModel, StringConstraints, ValidationError

from shared.fields import Storable

LARGEST_RECORD = 64 * 1024
MOST_LOOKED_AT = 1000
_MARK = b"/EmbeddedFile"
_STREAM = re.compile(rb"stream\r?\n")
_LONGEST_DICTIONARY = 2000
"""Bytes between the mark and the stream that it belongs to."""

Line = Annotated[str, StringConstraints(max_length=1000), Storable]


class AttestedRecord(BaseModel):
    """The facts, as the file has them."""

    certificate_number: Annotated[str, StringConstraints(min_length=1, max_length=50), Storable]
    course_id: int
    course_title: Line
    user_id: int
    student_name: Line
    instructor_name: Line
    completion_date: Line
    issued_at: Line
    template_version: Line


class Record(BaseModel):
    """What a certificate's PDF carries: `certificate.json`."""

    attested: AttestedRecord
    signature: Line

    def canonical(self) -> bytes:
        """The bytes that were signed. Raises ValueError for an id of 2**53 or more."""
        return rfc8785.dumps(self.attested.model_dump())


def find_record(pdf: bytes) -> Record | None:
    """The record attached to a PDF; None when there is none. Takes some milliseconds for each megabyte."""
    for data in _attachments(pdf):
        try:
            return Record.model_validate_json(data)
        except ValidationError:
            continue
    return None


def _attachments(pdf: bytes) -> Iterator[bytes]:
    """What may be an attached file. The work is bounded whatever the file says."""
    at = 0
    for _ in range(MOST_LOOKED_AT):
        if (at := pdf.find(_MARK, at) + len(_MARK)) < len(_MARK):
            return
        if (start := _STREAM.search(pdf, at, at + _LONGEST_DICTIONARY)) is None:
            continue
        packed = pdf[start.end() : start.end() + LARGEST_RECORD]
        yield packed.partition(b"endstream")[0]
        with suppress(zlib.error):
            yield zlib.decompressobj().decompress(packed, LARGEST_RECORD)
