"""The signed record inside a PDF: comment lines right before `startxref`, as its seal is one.

A file that somebody sends may be anything. So nothing of its structure is followed: the lines are looked for wherever
they stand, so many at most, and taken only if together they read as one record.
"""

import base64
import re
from itertools import islice
from typing import Annotated

import rfc8785
from pydantic import BaseModel, StringConstraints

from certificate.domain.signing import bytes_of
from shared.fields import Storable

MOST_LINES = 500
"""Thrice what the longest record takes."""
_WIDTH = 120
_LINE = re.compile(rb"\n%%SyllabusRecord ([A-Za-z0-9_-]{1,%d})(?=\n)" % _WIDTH)

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
    """What a certificate's PDF carries, of what is needed to check it."""

    attested: AttestedRecord
    signature: Line

    def canonical(self) -> bytes:
        """The bytes that were signed. Raises ValueError for an id of 2**53 or more."""
        return rfc8785.dumps(self.attested.model_dump())


def add_record(pdf: bytes, record: str) -> bytes:
    """The same PDF with a record in it: its JSON as base64url, over as many lines as that takes."""
    text = base64.urlsafe_b64encode(record.encode()).decode().rstrip("=")
    lines = "".join(f"%SyllabusRecord {text[at : at + _WIDTH]}\n" for at in range(0, len(text), _WIDTH))
    end = pdf.rindex(b"startxref")
    return pdf[:end] + lines.encode() + pdf[end:]


def find_record(pdf: bytes) -> Record | None:
    """The record in a PDF; None when there is none, or more than one. Takes some milliseconds for each megabyte."""
    lines = [line.group(1) for line in islice(_LINE.finditer(pdf), MOST_LINES + 1)]
    if len(lines) > MOST_LINES:
        return None
    try:
        return Record.model_validate_json(bytes_of(b"".join(lines).decode()))
    except ValueError:  # among them pydantic's
        return None
