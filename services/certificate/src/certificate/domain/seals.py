"""The seal of a PDF: a line in it that signs all its other bytes, so that none can be changed unseen.

It is a comment right before `startxref`, where it moves nothing that the file's tables count.
"""

import hashlib
import re
from dataclasses import dataclass

from certificate.domain.signing import SigningKey

_LINE = re.compile(rb"%SyllabusSeal ([A-Za-z0-9_-]{43}) ([A-Za-z0-9_-]{86})\n(?=startxref\b)")
_PURPOSE = b"syllabus-pdf\0"
"""So that no other signature of the key is one of a file."""


@dataclass(frozen=True)
class Seal:
    """What a file is sealed with; `data` is what `signature` must cover."""

    kid: str
    signature: str
    data: bytes


def seal(pdf: bytes, key: SigningKey) -> bytes:
    """The same PDF, sealed."""
    at = pdf.rindex(b"startxref")
    line = f"%SyllabusSeal {key.kid} {key.sign(_data(pdf))}\n"
    return pdf[:at] + line.encode() + pdf[at:]


def find_seal(pdf: bytes) -> Seal | None:
    """None in a file that was never sealed, or has been written anew since."""
    found = _LINE.search(pdf)
    if found is None:
        return None
    kid, signature = found.group(1).decode(), found.group(2).decode()
    return Seal(kid, signature, _data(pdf[: found.start()] + pdf[found.end() :]))


def _data(pdf: bytes) -> bytes:
    return _PURPOSE + hashlib.sha256(pdf).digest()
