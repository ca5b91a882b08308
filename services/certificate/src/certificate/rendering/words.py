"""Names and titles as they can be drawn: of what was typed, what the fonts have, and never wider than the page."""

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FONTS = Path(__file__).resolve().parents[3] / "fonts"

LONGEST_WORD = 24
"""Characters after which a longer word may be broken. No language needs it; what is typed may."""
BREAK = "\N{ZERO WIDTH SPACE}"
FIRST_JOINED = "\u0530"
"""Latin, Greek and Cyrillic come before it."""
UNKNOWN = "\N{WHITE SQUARE}"
"""Stands for a letter that no font has."""

_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
_LONG_WORD = re.compile(rf"\S{{{LONGEST_WORD + 1},}}")


@dataclass(frozen=True)
class Line:
    """Words to draw. `rtl`: they read from right to left, as their first letter tells. `spaced`: their letters stand
    apart, as Latin, Greek and Cyrillic do, and may be set wider, slanted, or as capitals.
    """

    text: str
    rtl: bool
    spaced: bool = True


def line(typed: str) -> Line:
    """The words of a name or title, as they can be drawn: a letter that no font has is a square, a sign nothing."""
    text = unicodedata.normalize("NFC", typed)
    text = "".join(_drawn(character) for character in text)
    if not text.strip(_JOINERS + " "):
        return Line("", rtl=False)
    text = _LONG_WORD.sub(lambda word: _breakable(word.group()), " ".join(text.split()))
    return Line(text, rtl=_is_rtl(text), spaced=all(each < FIRST_JOINED for each in text if each.isalpha()))


def _drawn(character: str) -> str:
    category = unicodedata.category(character)
    if character in _JOINERS:
        return character
    if character.isspace():
        return " "
    if category.startswith("C"):  # controls; among them those that would turn the direction of what follows
        return ""
    if is_covered(character):
        return character
    return UNKNOWN if category.startswith(("L", "N")) else ""


def _breakable(word: str) -> str:
    parts, since = [], 0
    for character in word:
        if since >= LONGEST_WORD and unicodedata.category(character)[0] in "LNP":
            parts.append(BREAK)
            since = 0
        parts.append(character)
        since += 1
    return "".join(parts)


def _is_rtl(text: str) -> bool:
    strong = (unicodedata.bidirectional(character) for character in text)
    return next((kind != "L" for kind in strong if kind in ("L", "R", "AL")), False)


def is_covered(character: str) -> bool:
    """Whether one of the fonts has a glyph for it."""
    starts, ends = _coverage()
    at = bisect_right(starts, ord(character)) - 1
    return at >= 0 and ord(character) <= ends[at]


@cache
def _coverage() -> tuple[list[int], list[int]]:
    ranges = [line.split("-") for line in (FONTS / "coverage.txt").read_text().split()]
    return [int(start, 16) for start, _ in ranges], [int(end, 16) for _, end in ranges]
