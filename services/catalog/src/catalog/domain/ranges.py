"""Which part of a file a request asks for (RFC 9110, 14). Pure."""

import re
from dataclasses import dataclass

_ONE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.IGNORECASE)


class NotSatisfiable(Exception):
    """The file ends before what is asked for begins."""


@dataclass(frozen=True)
class Part:
    start: int
    size: int


def part_of(header: str | None, size: int) -> Part | None:
    """The part that a `Range` header asks for; None for the whole file: without one, or with one that makes no sense,
    or asks for several parts at once, which a server need not give. Raises NotSatisfiable."""
    found = _ONE.fullmatch(header or "")
    if found is None or found[1] == found[2] == "":
        return None
    if found[1] == "":
        start, end = max(0, size - int(found[2])), size - 1
    else:
        start, end = int(found[1]), min(int(found[2] or size), size - 1)
        if found[2] and int(found[2]) < start:
            return None
    if start >= size or (found[1] == "" and int(found[2]) == 0):
        raise NotSatisfiable
    return Part(start, end - start + 1)


def same_file(if_range: str | None, etag: str) -> bool:
    """Whether what the sender of `If-Range` has is this file. We give no dates, so a date is of another."""
    return if_range is None or if_range.strip() == etag
