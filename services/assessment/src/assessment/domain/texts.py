"""Comparing texts: normalised, exactly, by pattern, by keyword.

Patterns are written by teachers and run over learners' texts, so either could try to hang the service. They run in RE2,
which takes time linear in the text whatever the pattern, and has no backtracking to explode; how large a compiled
pattern may be is bounded too. (Python's own `re` can take years for `(a+)+b`, and cannot be interrupted.)
"""

import unicodedata
from functools import lru_cache
from typing import Protocol

import re2  # type: ignore[import-untyped]

from assessment.schemas.configs import Match

LARGEST_PATTERN_BYTES = 256 * 1024
LARGEST_PROGRAM = 2_600
"""Instructions of a compiled pattern; a match costs at most these times the characters of the text."""

WITHOUT_SPACES = ("CJK ", "HIRAGANA ", "KATAKANA ", "THAI ", "LAO ", "KHMER ", "MYANMAR ", "TIBETAN ")
"""How the names of characters begin in scripts that write no spaces between words."""


class Compiled(Protocol):
    """A pattern, ready to run."""

    programsize: int

    def fullmatch(self, text: str) -> object | None: ...


class BadPattern(ValueError):
    """The pattern is not one of RE2's, or too large."""


def normalise(text: str) -> str:
    """Composed (NFC) and trimmed: what looks the same is the same."""
    return unicodedata.normalize("NFC", text).strip()


def folded(text: str, *, case_sensitive: bool) -> str:
    """Normalised, and without regard to case unless it counts."""
    text = normalise(text)
    return text if case_sensitive else unicodedata.normalize("NFC", text.casefold())


def compile_pattern(pattern: str, match: Match, *, case_sensitive: bool) -> Compiled:
    """A `regex` or `wildcard`, for the whole of a text. Raises BadPattern."""
    return _compile(normalise(pattern), match == "wildcard", case_sensitive)


def is_match(text: str, accepted: str, match: Match, *, case_sensitive: bool) -> bool:
    """Whether the whole text is what is accepted."""
    if match == "exact":
        return folded(text, case_sensitive=case_sensitive) == folded(accepted, case_sensitive=case_sensitive)
    pattern = compile_pattern(accepted, match, case_sensitive=case_sensitive)
    return pattern.fullmatch(normalise(text)) is not None


def has_keyword(text: str, keyword: str, *, case_sensitive: bool) -> bool:
    """Whether the keyword stands in the text as words of its own: `art` is not in `start`.

    In scripts that write no spaces between words it may stand anywhere.
    """
    text, keyword = (" ".join(folded(each, case_sensitive=case_sensitive).split()) for each in (text, keyword))
    at = text.find(keyword)
    while at >= 0:
        before, after = text[at - 1 : at] if at else "", text[at + len(keyword) : at + len(keyword) + 1]
        if not (_goes_on(before) and _goes_on(keyword[0])) and not (_goes_on(after) and _goes_on(keyword[-1])):
            return True
        at = text.find(keyword, at + 1)
    return False


def _goes_on(character: str) -> bool:
    """Whether a word may go on with this character: a letter, a digit, or a mark on one."""
    if not character or unicodedata.category(character)[0] not in "LMN":
        return False
    return not unicodedata.name(character, "").startswith(WITHOUT_SPACES)


def count_words(text: str) -> int:
    return len(text.split())


@lru_cache(maxsize=256)
def _compile(pattern: str, is_wildcard: bool, case_sensitive: bool) -> Compiled:
    options = re2.Options()
    options.max_mem = LARGEST_PATTERN_BYTES
    options.log_errors = False
    options.case_sensitive = case_sensitive
    options.dot_nl = True
    try:
        compiled: Compiled = re2.compile(_of_wildcard(pattern) if is_wildcard else pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        raise BadPattern(reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)) from error
    if compiled.programsize > LARGEST_PROGRAM:
        raise BadPattern("the pattern is too large")
    return compiled


def _of_wildcard(text: str) -> str:
    """`*` is any text and `?` any character; a backslash before them takes that away."""
    parts, escaped = [], False
    for character in text:
        if escaped or character not in "*?\\":
            parts.append(re2.escape(character))
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            parts.append(".*" if character == "*" else ".")
    return "".join(parts) + ("\\\\" if escaped else "")
