"""Versions of a course: their numbers and titles."""

import re
from decimal import Decimal

LONGEST_TITLE = 160
_STEP = Decimal("0.1")
_MARK = re.compile(r" \(v\d{1,5}\.\d\)$")


def next_version(highest: Decimal) -> Decimal:
    """The number after the highest of a family: 1.0, 1.1 … 1.9, 2.0."""
    return highest + _STEP


def versioned_title(title: str, version: Decimal) -> str:
    """The title of a version that is given none: its source's, with its own number in the place of the source's."""
    mark = f" (v{version})"
    return _MARK.sub("", title)[: LONGEST_TITLE - len(mark)].rstrip() + mark
